import { describe, expect, test } from '@jest/globals';
import { sweepParameters } from './sweep-parameters.js';

describe('A long sweep', () => {
  test('goes for nine minutes, of one seed, a tenth of it pairs, where nothing is said', () => {
    const want = { seed: 1, runs: 1000, pairsPerHundred: 10, shard: { index: 1, count: 1 }, minutes: 9, points: [] };
    expect(sweepParameters({})).toEqual(want);
  });

  test('of all points has no pairs, and takes the time that it takes', () => {
    expect(sweepParameters({ SLIPWAY_SEED: '7', SLIPWAY_RUNS: 'all', SLIPWAY_SHARD: '3/8' })).toMatchObject({
      ...{ seed: 7, runs: 'all', pairsPerHundred: 0 },
      ...{ shard: { index: 3, count: 8 }, minutes: 1440 },
    });
  });

  test('of named points has one a line', () => {
    expect(sweepParameters({ SLIPWAY_SWEEP_POINT: 'a / F1 b / 1\nc / F2 d / 2\n' }).points).toEqual(['a / F1 b / 1', 'c / F2 d / 2']);
  });

  test.each([
    { env: { SLIPWAY_SHARD: '0/8' }, says: 'SLIPWAY_SHARD is "0/8": give "i/n" with i from 1 to n' },
    { env: { SLIPWAY_SHARD: '9/8' }, says: 'SLIPWAY_SHARD is "9/8"' },
    { env: { SLIPWAY_SHARD: 'half' }, says: 'SLIPWAY_SHARD is "half"' },
    { env: { SLIPWAY_SWEEP_PAIRS: '101' }, says: 'SLIPWAY_SWEEP_PAIRS is "101": give a number from 0 to 100' },
    { env: { SLIPWAY_SWEEP_MINUTES: 'long' }, says: 'SLIPWAY_SWEEP_MINUTES is "long"' },
    { env: { SLIPWAY_RUNS: 'all', SLIPWAY_SWEEP_PAIRS: '10' }, says: 'SLIPWAY_RUNS is "all": pairs of kills have no end' },
    { env: { SLIPWAY_RUNS: 'many' }, says: 'SLIPWAY_RUNS is "many"' },
  ])('with $env is refused by name', ({ env, says }) => {
    expect(() => sweepParameters(env)).toThrow(says);
  });
});
