import { describe, expect, test } from '@jest/globals';
import { checkFolder as check, type Folder, namesOf, tidyDeps, type World } from './check-folder.js';

const WORLD: World = {
  folders: new Set(['lib', 'lib/kube', 'operator/plan']),
  files: new Set(['hack/exec', 'lib/errors']),
  packages: new Set(['undici', '@grpc/grpc-js', 'pngjs']),
  devPackages: new Set(['pngjs']),
  generated: ['proto/gen'],
};

function checkFolder(folder: Folder, world: World): string[] {
  return check(folder, world).map(({ text }) => text);
}

function makeFolder(deps: string | undefined, files: Readonly<Record<string, string>>, pure = false): Folder {
  return {
    path: 'operator/plan',
    deps,
    pure,
    ships: true,
    files: Object.entries(files).map(([name, text]) => ({ path: `operator/plan/${name}`, text })),
  };
}

describe('what is allowed', () => {
  test.each([
    ['own files', '', "import './b.js';"],
    ['a folder', 'lib', "import '../../lib/errors.js';"],
    ['one file', 'lib/errors', "import '../../lib/errors.js';"],
    ['one file with its extension', 'hack/exec.ts', "import '../../hack/exec.js';"],
    ['a package with a scope', '@grpc/grpc-js', "import '@grpc/grpc-js/build/x.js';"],
    ['a module of Node', 'node:fs # why', "import 'node:fs';"],
  ])('%s', (_name, deps, code) => {
    expect(checkFolder(makeFolder(deps, { 'a.ts': code, 'b.ts': '' }), WORLD)).toEqual([]);
  });

  test('tests may have what code may not', () => {
    const files = { 'a.ts': '', 'a.test.ts': "import '@jest/globals';\nimport 'node:fs';" };
    expect(checkFolder(makeFolder('test: node:fs', files), WORLD)).toEqual([]);
  });
});

describe('what is refused', () => {
  test('an import that is not listed, by file, line and fix', () => {
    expect(checkFolder(makeFolder('lib', { 'a.ts': "import '../../lib/x.js';\nimport { z } from '../../lib/kube/apply.js';" }), WORLD)).toEqual([
      'operator/plan/a.ts:2  imports "../../lib/kube/apply.js", which operator/plan/DEPS does not allow: remove the import, or add the line "lib/kube" there (an arrow that the architecture lacks needs an ADR first)',
    ]);
  });

  test('an entry for tests does not serve code', () => {
    const [problem] = checkFolder(makeFolder('test: node:fs', { 'a.ts': "import 'node:fs';" }), WORLD);
    expect(problem).toContain('operator/plan/a.ts:1  imports "node:fs"');
  });

  test('test libraries in code', () => {
    expect(checkFolder(makeFolder('', { 'a.ts': "import '@jest/globals';" }), WORLD)[0]).toContain('imports "@jest/globals"');
  });

  test('an entry that nothing imports', () => {
    expect(checkFolder(makeFolder('# head\nlib', { 'a.ts': '' }), WORLD)).toEqual([
      'operator/plan/DEPS:2  allows "lib", which nothing in the folder imports: remove the line',
    ]);
  });

  test('an entry that only tests import', () => {
    expect(checkFolder(makeFolder('node:fs', { 'a.test.ts': "import 'node:fs';" }), WORLD)).toEqual([
      'operator/plan/DEPS:1  allows "node:fs", which only tests import: write "test: node:fs"',
    ]);
  });

  test('a test library that is listed in vain', () => {
    expect(checkFolder(makeFolder('fast-check', { 'a.test.ts': "import 'fast-check';" }), { ...WORLD, packages: new Set(['fast-check']) })).toEqual([
      'operator/plan/DEPS:1  allows "fast-check", which tests may import anyway: remove the line',
    ]);
  });

  test('an entry that names nothing', () => {
    expect(checkFolder(makeFolder('lodash', { 'a.ts': "import 'lodash';" }), WORLD)[0]).toContain('"lodash" is no folder, no file and no package');
  });

  test('a devDependency in what ships', () => {
    expect(checkFolder(makeFolder('pngjs', { 'a.ts': "import 'pngjs';" }), WORLD)).toEqual([
      'operator/plan/DEPS:1  "pngjs" is a devDependency and this folder ships: make it a dependency, or write "test: pngjs"',
    ]);
    expect(checkFolder(makeFolder('test: pngjs', { 'a.test.ts': "import 'pngjs';" }), WORLD)).toEqual([]);
    expect(checkFolder(makeFolder('test: pngjs', { 'test-pictures.ts': "import 'pngjs';" }), WORLD)).toEqual([]);
  });

  test('a folder without DEPS', () => {
    expect(checkFolder(makeFolder(undefined, { 'a.ts': '' }), WORLD)[0]).toContain('operator/plan  has no file DEPS');
  });

  test('an import() that nobody can read', () => {
    expect(checkFolder(makeFolder('', { 'a.ts': 'import(name);' }), WORLD)[0]).toContain('operator/plan/a.ts:1  imports something computed');
  });

  test.each(['await x;', 'Date.now();', 'new Date();', 'performance.now();', 'Math.random();', 'process.env;'])('%s in a pure folder', (code) => {
    expect(checkFolder(makeFolder('', { 'a.ts': `\n${code}` }, true), WORLD)).toHaveLength(1);
    expect(checkFolder(makeFolder('', { 'a.ts': code }), WORLD)).toEqual([]);
    expect(checkFolder(makeFolder('', { 'a.test.ts': code }, true), WORLD)).toEqual([]);
  });

  test('words in comments and strings, and dates from an argument, are pure', () => {
    expect(checkFolder(makeFolder('', { 'a.ts': "// await\nconst a = 'Date.now';\nnew Date(now);" }, true), WORLD)).toEqual([]);
  });
});

test('below test/ everything is a test', () => {
  const folder: Folder = {
    path: 'test/fakes',
    deps: 'node:fs',
    pure: false,
    ships: false,
    files: [{ path: 'test/fakes/a.ts', text: "import '@jest/globals';\nimport 'node:fs';" }],
  };
  expect(checkFolder(folder, WORLD)).toEqual([]);
});

test('tidying narrows and never allows more', () => {
  const folder = makeFolder('# head\nlib\nnode:fs\nundici', { 'a.ts': "import 'undici';\nimport 'node:os';", 'a.test.ts': "import 'node:fs';" });
  expect(tidyDeps(folder.deps ?? '', check(folder, WORLD))).toBe('# head\ntest: node:fs\nundici');
});

test.each([
  ['../../lib/errors.js', ['lib', 'lib/errors']],
  ['./b.js', ['operator/plan', 'operator/plan/b']],
  ['../../proto/gen/a/b.js', ['proto/gen', 'proto/gen/a/b']],
  ['node:fs/promises', ['node:fs/promises']],
  ['@grpc/grpc-js', ['@grpc/grpc-js']],
  ['onnxruntime-node/dist/binding.js', ['onnxruntime-node']],
])('%s goes by the names %j', (specifier, wantNames) => {
  expect(namesOf('operator/plan/a.ts', specifier, ['proto/gen'])).toEqual(wantNames);
});
