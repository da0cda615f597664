import { describe, expect, test } from '@jest/globals';
import { type Lock, packageClosure } from './package-closure.js';

const LOCK: Lock = {
  '': { dependencies: { a: '1', b: '1' } },
  'node_modules/a': { dependencies: { b: '2', c: '1', '@types/node': '1' } },
  'node_modules/a/node_modules/b': { dependencies: { c: '1' } },
  'node_modules/b': { dependencies: { a: '1' } },
  'node_modules/c': {},
  'node_modules/@types/node': {},
  'node_modules/unused': {},
};

describe('packageClosure', () => {
  test('follows dependencies to the copy that Node would load', () => {
    expect(packageClosure(LOCK, ['a'], [])).toEqual(['node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/c']);
  });
  test('ends in spite of circles', () => {
    expect(packageClosure(LOCK, ['b'], [])).toEqual(['node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/b', 'node_modules/c']);
  });
  test('leaves out what is excepted', () => {
    expect(packageClosure(LOCK, ['a'], ['b'])).toEqual(['node_modules/a', 'node_modules/c']);
  });
  test('names who needs what is missing', () => {
    expect(() => packageClosure({ 'node_modules/a': { dependencies: { x: '1' } } }, ['a'], [])).toThrow(
      'package-lock.json has no "x", which node_modules/a needs',
    );
  });
});
