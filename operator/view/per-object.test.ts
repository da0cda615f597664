import { expect, test } from '@jest/globals';
import { perObject } from './per-object.js';

test('is computed once for an object, and for an equal one again; nothing at all is an answer too', () => {
  let computed = 0;
  const read = perObject(({ a }: { readonly a: number | undefined }) => {
    computed++;
    return a;
  });
  const [one, other, none] = [{ a: 1 }, { a: 1 }, { a: undefined }];
  expect([read(one), read(one), read(other), read(none), read(none)]).toEqual([1, 1, 1, undefined, undefined]);
  expect(computed).toBe(3);
});
