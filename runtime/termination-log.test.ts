import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parseTermination, TERMINATION_MAX_BYTES, type Termination } from '../contract/termination.js';
import { writeTermination } from './termination-log.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-termination-'));
const refused: Termination = { code: 'MODEL_INVALID', stage: 'load', message: 'ONNX Runtime refused the model: Protobuf parsing failed' };

afterAll(() => rmSync(folder, { recursive: true }));

describe('writeTermination', () => {
  test('writes one JSON object over what the file held', () => {
    const path = join(folder, 'log');
    writeFileSync(path, 'x'.repeat(500));
    writeTermination(refused, path);
    expect(parseTermination(readFileSync(path, 'utf8'))).toEqual(refused);
  });
  test('stays within what Kubernetes keeps', () => {
    const path = join(folder, 'long');
    writeFileSync(path, '');
    writeTermination({ ...refused, message: 'ß'.repeat(10_000) }, path);
    expect(readFileSync(path).byteLength).toBeLessThanOrEqual(TERMINATION_MAX_BYTES);
    expect(parseTermination(readFileSync(path, 'utf8'))?.code).toBe('MODEL_INVALID');
  });
  test('makes no file outside a pod', () => {
    writeTermination(refused, join(folder, 'absent'));
    expect(existsSync(join(folder, 'absent'))).toBe(false);
  });
  test('does not throw where the path cannot be written', () => {
    expect(() => writeTermination(refused, folder)).not.toThrow();
  });
});
