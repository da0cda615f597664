import { expect, test } from '@jest/globals';
import { slopeErrorOf, slopeOf } from './figures.js';

const points = (...pairs: [number, number][]) => pairs.map(([time, value]) => ({ time, value }));

test.each([
  ['a line', points([0, 1], [1, 3], [2, 5]), 2],
  ['no growth', points([0, 7], [1, 7], [2, 7]), 0],
  ['less and less', points([0, 4], [2, 0]), -2],
  ['noise around a line', points([0, 1], [1, -1], [2, 1], [3, -1]), -0.4],
])('the slope of %s', (_, of, want) => expect(slopeOf(of)).toBeCloseTo(want));

test('one point has no slope', () => expect(slopeOf(points([1, 1]))).toBeNaN());

test.each([
  ['a line', points([0, 1], [1, 3], [2, 5]), 0],
  ['noise around a line', points([0, 1], [1, -1], [2, 1], [3, -1]), Math.sqrt(3.2 / 2 / 5)],
])('its error of %s', (_, of, want) => expect(slopeErrorOf(of)).toBeCloseTo(want));

test('two points have no error', () => expect(slopeErrorOf(points([0, 1], [1, 2]))).toBeNaN());
