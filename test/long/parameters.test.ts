import { expect, test } from '@jest/globals';
import { longParameters } from './parameters.js';

test('seed and runs come from the environment', () => {
  expect(longParameters({ SLIPWAY_SEED: '7', SLIPWAY_RUNS: '20' })).toMatchObject({ seed: 7, numRuns: 20 });
  expect(longParameters({})).toMatchObject({ seed: 1, numRuns: 1000 });
});

test.each(['x', '0', '-1', '1.5'])('SLIPWAY_SEED=%s is refused by name', (text) => {
  expect(() => longParameters({ SLIPWAY_SEED: text })).toThrow(`SLIPWAY_SEED is "${text}": give a whole number from 1 on`);
});
