import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BudgetHold, ByteBudget } from './byte-budget.js';
import { computeInFlightBytes } from './limits.js';

test('lends up to its limit, and what exists already beyond it', () => {
  const budget = new ByteBudget(10);
  expect([budget.tryTake(10), budget.tryTake(1), budget.used]).toEqual([true, false, 10]);
  budget.take(5);
  budget.give(15);
  expect(budget.used).toBe(0);
});

test('what comes back twice is a defect, and said', () => {
  expect(() => new ByteBudget(10).give(1)).toThrow('released twice');
});

test('any order of taking and giving back ends at zero', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(8), { maxLength: 50 }), (sizes) => {
      const budget = new ByteBudget(20);
      const lent = sizes.filter((size) => budget.tryTake(size));
      expect(budget.used).toBeLessThanOrEqual(20);
      for (const size of lent) budget.give(size);
      expect(budget.used).toBe(0);
    }),
    { seed: 1 },
  );
});

test('a hold gives back once, whatever is asked of it', () => {
  const budget = new ByteBudget(10);
  const hold = new BudgetHold(budget);
  hold.take(6);
  hold.add(7);
  expect([hold.held, budget.used]).toEqual([13, 13]);
  expect(() => hold.take(1)).toThrow('requests in flight hold 13 of 10 bytes');
  hold.give(3);
  hold.release();
  hold.release();
  hold.take(1);
  hold.add(1);
  expect([hold.held, budget.used]).toEqual([0, 0]);
});

test.each([
  ['no limit', undefined, 512],
  ['a large pod', 64 * 1024, 512],
  ['512 MiB', 512, 128],
  ['a small pod still takes the largest message', 128, 80],
])('%s', (_, memoryMib, wantMib) => {
  expect(computeInFlightBytes(memoryMib === undefined ? undefined : memoryMib * 1024 * 1024)).toBe(wantMib * 1024 * 1024);
});
