import { describe, expect, test } from '@jest/globals';
import { backoffMs } from './backoff.js';

describe('backoffMs', () => {
  const options = { baseMs: 100, maxMs: 1000, jitter: 0 };
  test('doubles up to its maximum, however often', () => {
    expect([0, 1, 2, 3, 4, 5, 100_000].map((attempt) => backoffMs(attempt, options, () => 0.5))).toEqual([100, 200, 400, 800, 1000, 1000, 1000]);
  });
  test('jitter only ever shortens', () => {
    const delays = [0, 0.5, 0.999].map((random) => backoffMs(3, { ...options, jitter: 0.2 }, () => random));
    expect(delays).toEqual([800, 720, 800 * (1 - 0.2 * 0.999)]);
  });
});
