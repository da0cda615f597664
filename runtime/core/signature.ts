/** What a model takes and gives, in the protocol's words. */
import type { Datatype } from './datatype.js';

export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1 for a dimension that is free. */
  readonly shape: readonly number[];
  /** Name of each free dimension, '' for fixed and unnamed ones. Equal names mean equal sizes. */
  readonly symbols: readonly string[];
}

export interface ModelSignature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

export const EMPTY_SIGNATURE: ModelSignature = { inputs: [], outputs: [] };
