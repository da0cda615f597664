import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareVersions, isOlder } from './resource-version.js';

describe('compareVersions', () => {
  test.each([
    { left: '9', right: '10', want: -1 },
    { left: '10', right: '9', want: 1 },
    { left: '10', right: '10', want: 0 },
    { left: '9007199254740993', right: '9007199254740992', want: 1 },
    { left: '340282366920938463463374607431768211456', right: '340282366920938463463374607431768211457', want: -1 },
    { left: 'abc', right: 'abc', want: 0 },
    { left: 'abc', right: '10', want: undefined },
    { left: '010', right: '9', want: undefined },
    { left: '', right: '9', want: undefined },
    { left: '-1', right: '9', want: undefined },
    { left: undefined, right: '9', want: undefined },
  ])('$left and $right: $want', ({ left, right, want }) => {
    const order = compareVersions(left, right);
    expect(order === undefined ? undefined : Math.sign(order)).toBe(want);
    expect(isOlder(left, right)).toBe(want === -1);
  });

  test('is the order of numbers, however long', () => {
    const version = fc.bigInt({ min: 1n, max: 2n ** 130n });
    fc.assert(fc.property(version, version, (a, b) => expect(isOlder(String(a), String(b))).toBe(a < b)));
  });
});
