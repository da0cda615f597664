/** What a model takes and gives, in the protocol's words. */
import type { Datatype } from './datatype.js';
import type { Tensor } from './tensor.js';

export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1 for a dimension that is free. */
  readonly shape: readonly number[];
  /** Name of each free dimension, '' for fixed and unnamed ones. Equal names mean equal sizes. */
  readonly symbols: readonly string[];
  /** Of an optional input: what the model gets when a request leaves it out. Absent: the input is required. */
  readonly default?: Tensor;
}

export interface ModelSignature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

export const EMPTY_SIGNATURE: ModelSignature = { inputs: [], outputs: [] };

/** The signature with the defaults of its optional inputs, by name; inputs without one stay required. */
export function withDefaults(signature: ModelSignature, defaults: readonly Tensor[]): ModelSignature {
  if (defaults.length === 0) return signature;
  const byName = new Map(defaults.map((tensor) => [tensor.name, tensor]));
  const inputs = signature.inputs.map((spec) => {
    const found = byName.get(spec.name);
    return found === undefined ? spec : { ...spec, default: found };
  });
  return { ...signature, inputs };
}
