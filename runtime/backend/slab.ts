/**
 * Memory into which batches are laid, shared between the serving thread and a worker: it is written here and read there
 * without a copy. ONNX Runtime takes tensors over SharedArrayBuffer on Node 24. It grows in powers of two to what is
 * asked for, and is let go when nobody used it for a while, so that one large batch does not hold its memory for ever.
 */
import { InferenceError } from '../core/inference-error.js';

/** A batch beyond this is refused: ONNX Runtime would need as much again for its outputs. */
export const SLAB_MAX_BYTES = 2 ** 30;
const SLAB_MIN_BYTES = 2 ** 16;
/** Tensors begin at multiples of this: a cache line, and enough for the widest vector instructions. */
const ALIGNMENT = 64;

export class Slab {
  #memory: SharedArrayBuffer | undefined;

  /** At least `bytes` of memory; `isNew` when the worker has not seen it yet. Throws InferenceError RESOURCE_EXHAUSTED. */
  reserve(bytes: number): { readonly memory: SharedArrayBuffer; readonly isNew: boolean } {
    if (this.#memory !== undefined && this.#memory.byteLength >= bytes) return { memory: this.#memory, isNew: false };
    const memory = new SharedArrayBuffer(computeSlabBytes(bytes));
    this.#memory = memory;
    return { memory, isNew: true };
  }

  get bytes(): number {
    return this.#memory?.byteLength ?? 0;
  }

  /** Its memory goes when the worker forgets it too. */
  release(): void {
    this.#memory = undefined;
  }
}

export function computeSlabBytes(bytes: number): number {
  if (bytes > SLAB_MAX_BYTES)
    throw new InferenceError('RESOURCE_EXHAUSTED', `The inputs of one batch take ${bytes} bytes, more than ${SLAB_MAX_BYTES}: send fewer rows`);
  let size = SLAB_MIN_BYTES;
  while (size < bytes) size *= 2;
  return size;
}

export function alignUp(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}
