import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Latencies } from './latencies.js';

test('the median and the least are those of the last few', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 40 }), (times) => {
      const latencies = new Latencies(9);
      for (const seconds of times) {
        latencies.add(seconds);
        expect(latencies.median).toBeDefined(); // asked between, as the scheduler does
      }
      const kept = times.slice(-9).sort((a, b) => a - b);
      expect([latencies.count, latencies.median, latencies.least]).toEqual([kept.length, kept[Math.floor(kept.length / 2)], kept[0]]);
    }),
    { seed: 9, numRuns: 300 },
  );
  expect(new Latencies(3).median).toBeUndefined();
});
