/**
 * Branches that lay out the rows differently, as Silero's "drop the time axis if it is 1": the proof then goes through the graph once
 * for each way such conditions can turn out. The condition is the same for a row alone and in a batch, so each way may be proven by itself.
 */
import type { OnnxNode } from '../onnx-model.js';

export type Decisions = ReadonlyMap<OnnxNode, boolean>;

/** Most conditions that one proof splits on: it goes through the graph up to 2^n times. */
export const MAX_DECISIONS = 4;

/** Ends a pass: the branches of this node must be told apart. */
export class UndecidedBranch extends Error {
  constructor(readonly node: OnnxNode) {
    super('has branches that lay out the rows differently');
  }
}

/** Ends a pass: no run can get here, because the operator fails on such inputs. */
export class ImpossiblePath extends Error {}
