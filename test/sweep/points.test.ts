import { describe, expect, test } from '@jest/globals';
import { FAULTS } from './faults.js';
import { JOURNEYS } from './journeys.js';
import { commandFor, describePoint, parsePoint } from './points.js';

const known = { journeys: JOURNEYS, faults: FAULTS };

describe('A point', () => {
  test('is found again by what is said of it', () => {
    for (const journey of JOURNEYS) {
      for (const fault of FAULTS) {
        const point = { journey, fault, index: 3, seed: 7, second: 2 };
        expect(parsePoint(describePoint(point), 7, known)).toEqual(point);
      }
    }
  });

  test('is repeated by one command', () => {
    const [[journey], [fault]] = [JOURNEYS, FAULTS];
    if (journey === undefined || fault === undefined) throw new Error('There are journeys and faults');
    expect(commandFor({ journey, fault, index: 3, seed: 7 })).toBe(
      "SLIPWAY_SEED=7 SLIPWAY_SWEEP_POINT='create / F1 killed before / 3' npm run test:long -- test/sweep",
    );
  });

  test('that does not exist is refused by name', () => {
    expect(() => parsePoint('create / F99 nothing / 1', 1, known)).toThrow('SLIPWAY_SWEEP_POINT is "create / F99 nothing / 1"');
  });

  test('has a name of its own', () => {
    expect(new Set(JOURNEYS.map(({ name }) => name)).size).toBe(JOURNEYS.length);
    expect(new Set(FAULTS.map(({ id, name }) => `${id} ${name}`)).size).toBe(FAULTS.length);
  });
});
