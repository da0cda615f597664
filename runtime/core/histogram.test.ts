import { expect, test } from '@jest/globals';
import { Histogram, SECONDS_BUCKETS } from './histogram.js';

test('a duration falls into the first bucket that holds it', () => {
  const histogram = new Histogram();
  for (const seconds of [0, 0.000_05, 0.000_06, 30, 31]) histogram.add(seconds);
  expect([histogram.counts[0], histogram.counts[1], histogram.counts[SECONDS_BUCKETS.length - 1], histogram.counts.at(-1)]).toEqual([2, 1, 1, 1]);
  expect([histogram.count, histogram.sum]).toEqual([5, 61.000_11]);
});
