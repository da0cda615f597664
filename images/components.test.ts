import { describe, expect, test } from '@jest/globals';
import { isShipped } from './components.js';

const PLATFORM = { os: 'linux', arch: 'x64' };

describe('files of a package', () => {
  test.each([
    ['code', 'a', 'dist/index.js', true],
    ['a module', 'a', 'lib/index.mjs', true],
    ['its manifest', 'a', 'package.json', true],
    ['a license', 'a', 'LICENSE.md', true],
    ['a notice', 'a', 'NOTICE', true],
    ['declarations', 'a', 'dist/index.d.ts', false],
    ['declarations of a module', 'a', 'dist/index.d.mts', false],
    ['a source map', 'a', 'dist/index.js.map', false],
    ['a source', 'a', 'src/index.ts', false],
    ['a document', 'a', 'README.md', false],
    ['tests', 'a', 'test/all.js', false],
    ['a file that is only called like tests', 'a', 'lib/test.js', true],
    ['a hidden folder', 'a', '.github/x.js', false],
    ['the binary of the platform', 'onnxruntime-node', 'bin/napi-v6/linux/x64/libonnxruntime.so.1', true],
    ['another processor', 'onnxruntime-node', 'bin/napi-v6/linux/arm64/libonnxruntime.so.1', false],
    ['another system', 'onnxruntime-node', 'bin/napi-v6/win32/x64/onnxruntime.dll', false],
    ['an install script', 'onnxruntime-node', 'script/install.js', false],
  ])('%s', (_name, packageName, path, want) => {
    expect(isShipped(packageName, path, PLATFORM)).toBe(want);
  });
});
