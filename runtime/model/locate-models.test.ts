import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocateOptions, locateModels } from './locate-models.js';

const root = mkdtempSync(join(tmpdir(), 'slipway-locate-'));

beforeAll(() => {
  for (const folder of ['reader/1', 'reader/12', 'reader/latest', 'judge/3', '.cache/1', 'empty/1'])
    mkdirSync(join(root, folder), { recursive: true });
  for (const folder of ['reader/1', 'reader/12', 'reader/latest', 'judge/3', '.cache/1']) writeFileSync(join(root, folder, 'model.onnx'), '');
});
afterAll(() => rmSync(root, { recursive: true }));

const names = (path: string, options: LocateOptions = {}) => {
  const found = locateModels(path, options);
  return typeof found === 'string' ? found : found.map((model) => `${model.name}:${model.version}`);
};

describe('locateModels', () => {
  test('every model and numbered version of a folder', () => expect(names(root)).toEqual(['judge:3', 'reader:1', 'reader:12']));
  test('one model of a folder', () => expect(names(root, { name: 'reader' })).toEqual(['reader:1', 'reader:12']));
  test('one version', () => expect(names(root, { name: 'reader', version: '12' })).toEqual(['reader:12']));
  test('a file takes its name, and version 1', () => expect(names(join(root, 'reader/1/model.onnx'))).toEqual(['model:1']));
  test('a file under another name', () => expect(names(join(root, 'reader/1/model.onnx'), { name: 'r', version: '7' })).toEqual(['r:7']));
  test.each([
    { name: 'a version that is no integer', path: root, options: { version: 'v2' }, want: /--model-version "v2" is not a positive integer/ },
    { name: 'a path that is not', path: join(root, 'nope'), options: {}, want: /does not exist/ },
    { name: 'a model that is not there', path: root, options: { name: 'absent' }, want: /holds no absent\/<version>\/model\.onnx/ },
  ])('refuses $name', ({ path, options, want }) => expect(names(path, options)).toMatch(want));
});
