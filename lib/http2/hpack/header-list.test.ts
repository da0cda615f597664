import { expect, test } from '@jest/globals';
import { HeaderList } from './header-list.js';

const LIST = new HeaderList([':path', 'cookie', 'x-a', 'cookie', 'x-a', 'x-b'], ['/', 'a=1', '1', 'b=2', '', ''], 200, false);

test.each([
  [':path', '/'],
  ['cookie', 'a=1; b=2'],
  ['x-a', '1, '],
  ['x-b', ''],
  ['X-A', undefined],
])('get %s', (name, want) => expect(LIST.get(name)).toBe(want));

test('a note of its reader', () => {
  expect(LIST.memo).toBeUndefined();
  LIST.memo = { read: true };
  expect(LIST.memo).toEqual({ read: true });
});
