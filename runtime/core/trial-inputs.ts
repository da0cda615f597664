/**
 * Inputs for trials at load: as a warm-up's that ran, with another number of rows and numbers that differ from row to row.
 * Floats lie in [0, 1) and integers are 0 or 1, which a model takes whatever they mean to it. From a seed, so that a start is
 * repeatable.
 */
import { DATATYPES, type Datatype } from './datatype.js';
import { countElements, type Tensor } from './tensor.js';

export interface TrialOptions {
  /** Per input: the axis of its rows; undefined: it stays as it is. */
  readonly axes: readonly (number | undefined)[];
  readonly rows: number;
  readonly seed: number;
  /** Floats are not numbers: a neighbour's answer must not change. */
  readonly isPoison?: boolean;
}

/** Undefined when an input holds texts, of which nobody can guess any. */
export function makeTrialInputs(base: readonly Tensor[], { axes, rows, seed, isPoison = false }: TrialOptions): Tensor[] | undefined {
  const next = newRandom(seed);
  const inputs: Tensor[] = [];
  for (const [index, { name, datatype, shape, data }] of base.entries()) {
    const axis = axes[index];
    if (datatype === 'BYTES') return undefined;
    if (axis === undefined) inputs.push({ name, datatype, shape, data });
    else {
      const own = shape.map((size, dimension) => (dimension === axis ? rows : size));
      const bytes = new Uint8Array(countElements(own) * DATATYPES[datatype].size);
      fill(bytes, datatype, { next, isPoison });
      inputs.push({ name, datatype, shape: own, data: bytes });
    }
  }
  return inputs;
}

function fill(bytes: Uint8Array, datatype: Exclude<Datatype, 'BYTES'>, { next, isPoison }: { next: () => number; isPoison: boolean }): void {
  const view = new DataView(bytes.buffer);
  const size = DATATYPES[datatype].size;
  for (let at = 0; at < bytes.byteLength; at += size) {
    if (datatype === 'FP32') view.setFloat32(at, isPoison ? Number.NaN : next(), true);
    else if (datatype === 'FP64') view.setFloat64(at, isPoison ? Number.NaN : next(), true);
    else if (datatype === 'FP16') view.setUint16(at, isPoison ? 0x7e00 : Math.floor(next() * 0x3c00), true);
    else view.setUint8(at, next() < 0.5 ? 0 : 1); // little-endian: the first byte holds the value
  }
}

/** mulberry32. */
function newRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
