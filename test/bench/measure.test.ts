import { describe, expect, test } from '@jest/globals';
import { computeMedian, measure, pickQuantile } from './measure.js';

describe('pickQuantile', () => {
  test.each([
    ['median of an even count is the lower one', [1, 2, 3, 4], 0.5, 2],
    ['p99 of few values is the largest', [1, 2, 3], 0.99, 3],
    ['one value is every quantile', [7], 0.5, 7],
    ['no value is no number', [], 0.5, Number.NaN],
  ])('%s', (_name, values, quantile, want) => expect(pickQuantile(values, quantile)).toBe(want));
});

test('one disturbed round does not decide', () => {
  const round = (perSecond: number, ms: number) => ({ perSecond, p50Ms: ms, p99Ms: ms * 2 });
  expect(computeMedian([round(100, 1), round(5, 90), round(110, 2)])).toEqual({ perSecond: 100, p50Ms: 2, p99Ms: 4 });
});

test('a failing call fails the measurement', async () => {
  await expect(measure(1, 2, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
