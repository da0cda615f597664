/**
 * Inputs of zeros for a first run, so that the first caller does not pay for lazy set-up. Free dimensions have no size of
 * their own: the batch is 1 and the others try sizes in turn until the model takes one.
 */
import { DATATYPES } from './datatype.js';
import type { ModelSignature, TensorSpec } from './signature.js';
import { countElements, type Tensor } from './tensor.js';

/** 32 suits convolutions with strides and sequences alike; the rest are for models that want less or more, 512 a window of audio. */
export const WARMUP_SIZES = [32, 1, 64, 224, 8, 128, 16, 256, 512] as const;

/** Larger inputs are not worth a warm-up: the plan skips sizes beyond this. */
const MAX_WARMUP_BYTES = 64 * 1024 * 1024;

export interface WarmupPlan {
  /** Sets of inputs to try in order, until one runs. */
  readonly candidates: readonly (readonly Tensor[])[];
  /** True when every dimension is fixed: a failing run then means a model that cannot run at all. */
  readonly isExact: boolean;
}

export function planWarmup(signature: ModelSignature): WarmupPlan {
  const isExact = signature.inputs.every((input) => input.shape.every((dimension) => dimension >= 0));
  const batchSymbols = new Set(signature.inputs.map((input) => input.symbols[0] ?? '').filter((symbol) => symbol !== ''));
  const hasState = signature.inputs.some(isLikeState);
  const guesses = (isExact ? [1] : WARMUP_SIZES).flatMap((size) => [...(hasState ? [{ size, state: 1 }] : []), { size, state: size }]);
  const shapes = guesses.map(({ size, state }) => signature.inputs.map((input) => fill(input, isLikeState(input) ? state : size, batchSymbols)));
  const candidates = shapes
    .filter((sizes) => sizes.reduce((sum, shape) => sum + countElements(shape) * 8, 0) <= MAX_WARMUP_BYTES || isExact)
    .map((sizes) => signature.inputs.map((input, index) => input.default ?? zeros(input, sizes[index] ?? [])));
  return { candidates, isExact };
}

/** What a recurrent model keeps between two requests is [layers, batch, units]: the batch is not first, and is free. */
function isLikeState({ shape }: TensorSpec): boolean {
  return shape.length === 3 && (shape[0] ?? -1) >= 0 && shape[1] === -1 && (shape[2] ?? -1) >= 0;
}

function fill(input: TensorSpec, size: number, batchSymbols: ReadonlySet<string>): number[] {
  return input.shape.map((dimension, axis) => {
    if (dimension >= 0) return dimension;
    return axis === 0 || batchSymbols.has(input.symbols[axis] ?? '') ? 1 : size;
  });
}

function zeros(input: TensorSpec, shape: readonly number[]): Tensor {
  const bytes = countElements(shape) * (DATATYPES[input.datatype].size ?? 4);
  return { name: input.name, datatype: input.datatype, shape, data: new Uint8Array(bytes) };
}
