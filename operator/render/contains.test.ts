import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { containsManifest } from './contains.js';

describe('containsManifest', () => {
  test.each<{ name: string; actual: unknown; manifest: unknown; want: boolean }>([
    { name: 'defaults that the server added', actual: { a: 1, b: 2 }, manifest: { a: 1 }, want: true },
    { name: 'another value', actual: { a: 2 }, manifest: { a: 1 }, want: false },
    { name: 'a field that is missing', actual: {}, manifest: { a: 1 }, want: false },
    { name: 'an object that is missing', actual: undefined, manifest: { a: 1 }, want: false },
    { name: 'an empty map that the server left out', actual: { x: 1 }, manifest: { x: 1, emptyDir: {} }, want: true },
    { name: 'a quantity in another form', actual: { requests: { cpu: '1' } }, manifest: { requests: { cpu: '1000m' } }, want: true },
    { name: 'another quantity', actual: { limits: { memory: '1Gi' } }, manifest: { limits: { memory: '1G' } }, want: false },
    { name: 'a foreign container beside ours', actual: [{ name: 'b' }, { name: 'a', x: 1 }], manifest: [{ name: 'a' }], want: true },
    { name: 'a foreign argument', actual: { args: ['a', 'b'] }, manifest: { args: ['a'] }, want: false },
    { name: 'a foreign key in a selector', actual: { selector: { a: '1', b: '2' } }, manifest: { selector: { a: '1' } }, want: false },
    { name: 'an owner of the same name and another uid', actual: [{ name: 'm', uid: '1' }], manifest: [{ name: 'm', uid: '2' }], want: false },
  ])('$name', ({ actual, manifest, want }) => expect(containsManifest(actual, manifest)).toBe(want));

  test('everything contains itself', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => containsManifest(value, value)));
  });
});
