import { describe, expect, test } from '@jest/globals';
import { countInlineRows } from './count-inline-rows.js';

/** Microseconds by rows: inside the model, and before it. */
type Micros = Record<number, readonly [inside: number, before: number]>;

function toSweep(micros: Micros): Parameters<typeof countInlineRows>[1] {
  const entries = Object.entries(micros).map(([rows, [inside, before]]) => ({ rows: Number(rows), inside: inside / 1e6, before: before / 1e6 }));
  return {
    seconds: new Map(entries.map(({ rows, inside }) => [rows, inside])),
    inputSeconds: new Map(entries.map(({ rows, before }) => [rows, before])),
  };
}

describe('countInlineRows', () => {
  test.each<[string, { targetRows: number; micros: Micros; want: number }]>([
    ['the best batch is short', { targetRows: 8, micros: { 1: [11, 90], 8: [27, 95], 64: [180, 110] }, want: 64 }],
    ['larger ones than the best are not', { targetRows: 8, micros: { 1: [20, 90], 8: [150, 95], 64: [1200, 110] }, want: 8 }],
    ['a row is dear, and cheap to move', { targetRows: 12, micros: { 1: [80, 90], 3: [200, 95], 12: [800, 110] }, want: 0 }],
    ['a row is cheap, and dear to move', { targetRows: 12, micros: { 1: [40, 130], 3: [96, 250], 12: [350, 840] }, want: 3 }],
    ['a row that is dear to move is too long', { targetRows: 2, micros: { 1: [400, 500], 2: [800, 1000] }, want: 0 }],
    ['unbatched, short', { targetRows: 1, micros: { 1: [300, 90] }, want: 1 }],
    ['unbatched, long', { targetRows: 1, micros: { 1: [301, 90] }, want: 0 }],
    ['nothing was measured', { targetRows: 1, micros: {}, want: 0 }],
  ])('%s', (_name, { targetRows, micros, want }) => expect(countInlineRows({ targetRows }, toSweep(micros))).toBe(want));
});
