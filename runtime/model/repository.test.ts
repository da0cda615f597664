import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isModelName, Repository, type RepositoryOptions } from './repository.js';

const root = mkdtempSync(join(tmpdir(), 'slipway-locate-'));

beforeAll(() => {
  for (const folder of ['reader/1', 'reader/12', 'reader/latest', 'judge/3', '.cache/1', 'empty/1', 'named/2'])
    mkdirSync(join(root, folder), { recursive: true });
  for (const folder of ['reader/1', 'reader/12', 'reader/latest', 'judge/3', '.cache/1']) writeFileSync(join(root, folder, 'model.onnx'), '');
  writeFileSync(join(root, 'named/2/net.onnx'), '');
  writeFileSync(join(root, 'named/config.pbtxt'), 'default_model_filename: "net.onnx"');
});
afterAll(() => rmSync(root, { recursive: true }));

const names = (path: string, options: Omit<RepositoryOptions, 'path'> = {}) => {
  const repository = new Repository({ path, ...options });
  return (
    repository.findProblem() ?? repository.names().flatMap((name) => repository.read(name).versions.map((model) => `${model.name}:${model.version}`))
  );
};

describe('Repository', () => {
  test('every model and numbered version of a folder', () => expect(names(root)).toEqual(['judge:3', 'named:2', 'reader:1', 'reader:12']));
  test('one model of a folder', () => expect(names(root, { name: 'reader' })).toEqual(['reader:1', 'reader:12']));
  test('one version', () => expect(names(root, { name: 'reader', version: '12' })).toEqual(['reader:12']));
  test('a file takes its name, and version 1', () => expect(names(join(root, 'reader/1/model.onnx'))).toEqual(['model:1']));
  test('a file under another name', () => expect(names(join(root, 'reader/1/model.onnx'), { name: 'r', version: '7' })).toEqual(['r:7']));
  test.each([
    { name: 'a version that is no integer', path: root, options: { version: 'v2' }, want: /--model-version "v2" is not a positive integer/ },
    { name: 'a path that is not', path: join(root, 'nope'), options: {}, want: /does not exist/ },
    { name: 'a model that is not there', path: root, options: { name: 'absent' }, want: /holds no absent\/<version>\/model\.onnx/ },
    { name: 'a version that is not there', path: root, options: { name: 'reader', version: '4' }, want: /holds no reader\/4\/model\.onnx/ },
    {
      name: 'settings of a model that is not there',
      path: root,
      options: { layers: new Map([['raeder', { kind: 'Message', place: '', form: 'Json', fields: [] } as const]]) },
      want: /settings for the model "raeder", which .* does not hold; did you mean "reader"\?/,
    },
  ])('refuses $name', ({ path, options, want }) => expect(names(path, options)).toMatch(want));
});

test.each(['', '.', '..', '../m', 'a/b', 'a\\b', '.hidden', 'a\0', 'x'.repeat(300)])('%j is no model name', (name) =>
  expect(isModelName(name)).toBe(false),
);
