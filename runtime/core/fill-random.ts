/** Numbers that a model takes whatever they mean to it, the same for the same seed: a start that tries them is repeatable. */
import type { Datatype } from './datatype.js';
import { DATATYPES } from './datatype.js';

/** Floats in [0, 1), integers 0 and 1, texts left empty. `next` gives numbers in [0, 1). */
export function fillRandom(bytes: Uint8Array, datatype: Datatype, next: () => number): void {
  const view = new DataView(bytes.buffer);
  const size = DATATYPES[datatype].size;
  if (size === undefined) return;
  for (let at = 0; at < bytes.length; at += size) {
    if (datatype === 'FP32') view.setFloat32(at, next(), true);
    else if (datatype === 'FP64') view.setFloat64(at, next(), true);
    else if (datatype === 'FP16') view.setUint16(at, Math.floor(next() * 0x3c00), true);
    else view.setUint8(at, next() < 0.5 ? 0 : 1); // little-endian: the first byte holds the value
  }
}

/** mulberry32. */
export function newRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
