import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ResetAllowance } from './reset-allowance.js';

test('the burst at once, then so many a second', () => {
  const allowance = new ResetAllowance(3, 2);
  const takes = (nowMs: number, times: number) => Array.from({ length: times }, () => allowance.take(nowMs));
  expect(takes(50, 4)).toEqual([true, true, true, false]);
  expect(takes(549, 1)).toEqual([false]);
  expect(takes(550, 2)).toEqual([true, false]);
  expect(takes(60_000, 4)).toEqual([true, true, true, false]);
});

test('a refusal costs nothing', () => {
  const allowance = new ResetAllowance(1, 1);
  for (let nowMs = 0; nowMs < 1000; nowMs += 125) expect(allowance.take(nowMs)).toBe(nowMs === 0);
  expect(allowance.take(1000)).toBe(true);
});

test('over any span no more than the burst and what the span gives', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(800), { maxLength: 100 }), fc.integer({ min: 1, max: 5 }), fc.nat(10), (waits, burst, perSecond) => {
      const allowance = new ResetAllowance(burst, perSecond);
      let nowMs = 0;
      let taken = 0;
      for (const waitMs of waits) {
        nowMs += waitMs;
        if (allowance.take(nowMs)) taken++;
        expect(taken).toBeLessThanOrEqual(burst + (nowMs * perSecond) / 1000 + 1e-6);
      }
      expect(taken).toBeGreaterThanOrEqual(Math.min(waits.length, burst));
    }),
    { seed: 44487, numRuns: 200 },
  );
});
