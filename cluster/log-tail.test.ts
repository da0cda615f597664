import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { tailFile } from './log-tail.js';

const folder = mkdtempSync(join(tmpdir(), 'tail-'));
const file = join(folder, 'some.log');

afterAll(() => rmSync(folder, { recursive: true }));

test('the last lines, indented', () => {
  writeFileSync(file, 'one\ntwo\nthree\n\n');
  expect(tailFile(file, 2)).toBe('    two\n    three');
});

test('a log of many megabytes', () => {
  writeFileSync(file, `${'x'.repeat(120)}\n`.repeat(50_000));
  expect(tailFile(file, 3)).toBe(
    Array(3)
      .fill(`    ${'x'.repeat(120)}`)
      .join('\n'),
  );
});

test('no log', () => {
  expect(tailFile(join(folder, 'absent'), 3)).toBe('    (no log)');
});
