import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type MixEntry, newRandom, pickEntry } from './soak-mix.js';

const entry = (kind: string, weight: number): MixEntry => ({ kind, weight, body: Buffer.alloc(0), status: '0' });

test('an entry comes as often as its weight says', () => {
  const random = newRandom(1);
  const kinds = Array.from({ length: 10_000 }, () => pickEntry([entry('often', 9), entry('rarely', 1)], random()).kind);
  const rarely = kinds.filter((kind) => kind === 'rarely').length;
  expect(rarely).toBeGreaterThan(900);
  expect(rarely).toBeLessThan(1100);
});

test('one seed gives one sequence, in [0, 1)', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const [a, b] = [newRandom(seed), newRandom(seed)];
      const values = Array.from({ length: 50 }, () => a());
      expect(values).toEqual(Array.from({ length: 50 }, () => b()));
      expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    }),
    { seed: 4 },
  );
});

test('refuses what is no share', () => expect(() => pickEntry([entry('a', 1)], 1)).toThrow('1 is not in [0, 1)'));
