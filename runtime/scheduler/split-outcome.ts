/** Gives each request of a batch its part of the outputs, or says why that cannot be done rightly. */

import { cutAxis, splitRows } from '../core/split-rows.js';
import type { Tensor } from '../core/tensor.js';
import type { WorkItem } from '../dataplane/ports.js';
import { type BatchFormer, lengthOf } from './batch-former.js';

/** Per item its outputs; a sentence when an output does not have the batch's rows, in which case nothing of it may be used. */
export function splitOutcome(outputs: readonly Tensor[], items: readonly WorkItem[], { plan, signature }: BatchFormer): Tensor[][] | string {
  const rows = items.map((item) => item.rows);
  const results: Tensor[][] = items.map(() => []);
  for (const output of outputs) {
    const index = signature.outputs.findIndex(({ name }) => name === output.name);
    const axis = plan.outputAxes[index];
    const parts = axis === undefined ? undefined : splitRows(output, axis, rows);
    if (typeof parts === 'string') return parts;
    const sequenceAxis = plan.mask?.outputAxes[index];
    for (const [i, item] of items.entries()) {
      const part = parts?.[i] ?? output;
      results[i]?.push(sequenceAxis === undefined ? part : cutAxis(part, sequenceAxis, lengthOf(plan, item) ?? Number.POSITIVE_INFINITY));
    }
  }
  return results;
}
