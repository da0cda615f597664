/** The type of a transfer function: from what is known of a node's inputs to what is known of its outputs, in order. */
import type { NodeContext } from '../node-context.js';
import type { Value } from '../value.js';

/** Throws RowRefusal through refuse(). Outputs beyond those returned are refused when a node uses them. */
export type Transfer = (context: NodeContext) => readonly Value[];

/** Transfer functions by operator, of one domain. */
export type TransferTable = Readonly<Record<string, Transfer>>;

export function forAll(operators: readonly string[], transfer: Transfer): TransferTable {
  return Object.fromEntries(operators.map((operator) => [operator, transfer]));
}
