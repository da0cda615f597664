import { describe, expect, test } from '@jest/globals';
import { computeMedian, measureInTurns, medianOf, medianRatio, pickQuantile, type Round } from './measure.js';

const round = (perSecond: number): Round => ({ perSecond, serverCpuUs: 1, clientCpuUs: 1, p50Ms: 1, p99Ms: 1, refused: 0 });

describe('pickQuantile', () => {
  test.each([
    ['median of an even count is the lower one', [1, 2, 3, 4], 0.5, 2],
    ['p99 of few values is the largest', [1, 2, 3], 0.99, 3],
    ['one value is every quantile', [7], 0.5, 7],
    ['no value is no number', [], 0.5, Number.NaN],
  ])('%s', (_name, values, quantile, want) => expect(pickQuantile(values, quantile)).toBe(want));
});

test('one disturbed round does not decide', () => {
  expect(computeMedian([100, 5, 110])).toBe(100);
  expect(medianOf({ name: 'a', rounds: [round(100), round(5), round(110)] }, 'perSecond')).toBe(100);
});

test('a ratio is of rounds side by side: a slow minute slows both', () => {
  const a = { name: 'a', rounds: [round(20), round(2), round(22)] };
  const b = { name: 'b', rounds: [round(10), round(1), round(10)] };
  expect(medianRatio(a, b, 'perSecond')).toBe(2);
  expect(medianRatio(a, undefined, 'perSecond')).toBeNaN();
});

test('contenders take turns after each has warmed up', async () => {
  const calls: string[] = [];
  const contender = (name: string) => ({
    name,
    measure: async (seconds: number) => {
      calls.push(`${name}${seconds}`);
      return round(1);
    },
  });
  const measured = await measureInTurns([contender('a'), contender('b')], { rounds: 2, seconds: 3 });
  expect(calls).toEqual(['a2', 'b2', 'a3', 'b3', 'a3', 'b3']);
  expect(measured.map(({ rounds }) => rounds.length)).toEqual([2, 2]);
});
