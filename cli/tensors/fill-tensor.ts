/** Values for who wants to see a model answer and has none at hand: zeros, ones, or seeded noise. Pure. */

import { joinBytesElements } from '../../runtime/core/bytes-elements.js';
import type { Datatype } from '../../runtime/core/datatype.js';
import { encodeElements } from '../../runtime/rest/encode-elements.js';
import { encodeHalfs } from './half-floats.js';

export const FILLINGS = ['zeros', 'ones', 'random'] as const;
export type Filling = (typeof FILLINGS)[number];

export function isFilling(text: string): text is Filling {
  return FILLINGS.some((filling) => filling === text);
}

/** Random floats lie in [0,1); random integers are 0 or 1, which are tokens and masks of every vocabulary. Texts are "0", "1". */
export function fillTensor(datatype: Datatype, count: number, filling: Filling): Uint8Array {
  const next = newRandom();
  const pick = (): number => (filling === 'random' ? next() : Number(filling === 'ones'));
  const values = Array.from({ length: count }, pick);
  if (datatype === 'FP16') return encodeHalfs(values);
  if (datatype === 'BYTES') return joinBytesElements(values.map((value) => Buffer.from(String(Math.round(value)))));
  if (datatype === 'FP32' || datatype === 'FP64') return encodeElements('', datatype, values);
  const whole = values.map((value) => Math.round(value));
  return encodeElements('', datatype, datatype === 'BOOL' ? whole.map((value) => value === 1) : whole);
}

/** mulberry32 with a fixed seed: two runs send the same. */
function newRandom(): () => number {
  let state = 0x51_1b_a7;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
