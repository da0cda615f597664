import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteBudget } from './byte-budget.js';

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
