/**
 * Inputs for trials at load: as a warm-up's that ran, with another number of rows and numbers that differ from row to row.
 * Floats lie in [0, 1) and integers are 0 or 1, which a model takes whatever they mean to it. From a seed, so that a start is
 * repeatable.
 */
import { DATATYPES, type Datatype } from './datatype.js';
import { fillRandom, newRandom } from './fill-random.js';
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

const NOT_A_NUMBER: Partial<Record<Datatype, (view: DataView, at: number) => void>> = {
  FP32: (view, at) => view.setFloat32(at, Number.NaN, true),
  FP64: (view, at) => view.setFloat64(at, Number.NaN, true),
  FP16: (view, at) => view.setUint16(at, 0x7e00, true),
};

function fill(bytes: Uint8Array, datatype: Exclude<Datatype, 'BYTES'>, { next, isPoison }: { next: () => number; isPoison: boolean }): void {
  const poison = isPoison ? NOT_A_NUMBER[datatype] : undefined;
  if (poison === undefined) {
    fillRandom(bytes, datatype, next);
    return;
  }
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.byteLength; at += DATATYPES[datatype].size) poison(view, at);
}
