import { describe, expect, test } from '@jest/globals';
import { CALL_FAULTS, chanceOf, OUTAGES, pointOf, WATCH_FAULTS } from './points.js';

const points = Array.from({ length: 2000 }, (_, number) => pointOf(7, number, 14));

describe('pointOf', () => {
  test('is the same for the same seed and number, and another for another', () => {
    expect(pointOf(7, 3, 14)).toEqual(points[3]);
    expect(pointOf(8, 3, 14)).not.toEqual(points[3]);
    expect(new Set(points.map((point) => JSON.stringify(point))).size).toBeGreaterThan(1990);
  });
  test('leaves no point without a kill or a fault', () => {
    expect(points.filter(({ kills, fault }) => kills.length === 0 && fault === undefined)).toEqual([]);
  });
  test('has every journey, every fault, kills once and twice, and all kinds of reads', () => {
    expect(new Set(points.map(({ journey }) => journey)).size).toBe(14);
    const faults = new Set(points.map(({ fault }) => fault));
    expect([...CALL_FAULTS, ...WATCH_FAULTS, ...OUTAGES].filter((fault) => !faults.has(fault))).toEqual([]);
    expect(new Set(points.map(({ kills }) => kills.length))).toEqual(new Set([0, 1, 2]));
    expect(new Set(points.map(({ reads }) => reads))).toEqual(new Set(['Fresh', 'Stale', 'StaleAll']));
  });
});

test('chanceOf is spread over [0, 1)', () => {
  const chance = chanceOf(1);
  const values = Array.from({ length: 1000 }, chance);
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / 1000 - 0.5)).toBeLessThan(0.05);
});
