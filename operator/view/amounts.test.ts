import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lessAmounts, parseNanos, readAmounts } from './amounts.js';

describe('parseNanos', () => {
  test.each([
    ['1', 10n ** 9n],
    ['250m', 250_000_000n],
    ['0.5', 500_000_000n],
    ['.5', 500_000_000n],
    ['5.', 5n * 10n ** 9n],
    ['100u', 100_000n],
    ['1n', 1n],
    ['0.1n', 1n], // rounded up, as Kubernetes does
    ['1.5Gi', 1_610_612_736n * 10n ** 9n],
    ['1k', 1000n * 10n ** 9n],
    ['1E', 10n ** 27n],
    ['1e3', 1000n * 10n ** 9n],
    ['12E-1', 1_200_000_000n],
    ['-2', -2n * 10n ** 9n],
    ['9999Ei', (2n ** 63n - 1n) * 10n ** 9n], // no more than an int64
    [4, 4n * 10n ** 9n],
    [0.25, 250_000_000n],
    ['', undefined],
    ['-', undefined],
    ['.', undefined],
    ['1 Gi', undefined],
    ['1ki', undefined],
    ['1e', undefined],
    ['1e99', undefined],
    ['many', undefined],
    ['1'.repeat(65), undefined],
    [null, undefined],
    [{}, undefined],
  ])('%j', (text, want) => expect(parseNanos(text)).toBe(want));

  test('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.jsonValue(), fc.stringMatching(/^[+-]?[0-9.]{0,8}[a-zA-Z]{0,2}[0-9]{0,3}$/)),
        (value) => void parseNanos(value),
      ),
    );
  });
});

test('cpu is counted in thousandths, all else whole, rounded up; what is no quantity is left out', () => {
  expect([...readAmounts({ cpu: '100u', 'requests.cpu': '2', memory: '1500m', 'nvidia.com/gpu': '2', x: 'y' })]).toEqual([
    ['cpu', 1],
    ['requests.cpu', 2000],
    ['memory', 2],
    ['nvidia.com/gpu', 2],
  ]);
});

test('amounts are taken away by name', () => {
  expect([...lessAmounts(new Map([['a', 3]]), new Map(Object.entries({ a: 1, b: 2 })))]).toEqual([
    ['a', 2],
    ['b', -2],
  ]);
});
