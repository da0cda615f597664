/** Whether and how requests of a model may share a run, from what the user asked, the graph proves and the model allows. Pure. */
import { type BatchPlan, newUnbatchedPlan, type SequenceMask } from '../core/batch-plan.js';
import type { ModelSettings } from '../core/model-settings.js';
import type { ModelSignature } from '../core/signature.js';
import { countBytes, type Tensor } from '../core/tensor.js';
import type { GraphFacts } from './graph-facts.js';

/** Rows of a batch where nobody asked for more: past it no model on CPUs was seen to gain. */
const AUTO_MAX_ROWS = 64;
/** Inputs and outputs of the largest batch. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024;
/** Inputs of a batch in the serving thread: more leaves the core's cache, and then laying costs more than a shared run saves. */
const MAX_INLINE_BYTES = 1024 * 1024;
/** Share of a batch's positions that may be padding. */
const MAX_WASTE = 0.25;

/** Before any of it is verified. */
export function planBatches(settings: ModelSettings, facts: GraphFacts, signature: ModelSignature): BatchPlan {
  if (settings.maxBatchRows === 0) return newUnbatchedPlan('max_batch_size is 0');
  if (settings.maxBatchRows === 1) return newUnbatchedPlan('max_batch_size is 1');
  const { rowAxes } = facts;
  if (rowAxes === undefined) return newUnbatchedPlan(`rows are not independent, or not proven to be: ${facts.why}`);
  const inputAxes = signature.inputs.map(({ name }) => rowAxes.inputs.get(name));
  const outputAxes = signature.outputs.map(({ name }) => rowAxes.outputs.get(name));
  if (inputAxes.every((axis) => axis === undefined)) return newUnbatchedPlan('no input has an axis of rows');
  const maxRows = settings.maxBatchRows ?? AUTO_MAX_ROWS;
  const mask = toMask(facts, signature);
  return {
    maxRows,
    targetRows: maxRows,
    maxDelaySeconds: settings.sequence?.maxDelaySeconds ?? settings.maxDelaySeconds,
    inputAxes,
    outputAxes,
    why: facts.why,
    ...(mask === undefined ? {} : { mask }),
  };
}

/** No batch may hold more than MAX_BATCH_BYTES, whatever was asked. `inputs` and `outputs` are those of one row. */
export function limitToMemory(plan: BatchPlan, inputs: readonly Tensor[], outputs: readonly Tensor[]): BatchPlan {
  const rowBytes = countBytes(inputs) + countBytes(outputs);
  const maxRows = Math.max(1, Math.min(plan.maxRows, Math.floor(MAX_BATCH_BYTES / Math.max(1, rowBytes))));
  if (maxRows === 1) return { ...plan, maxRows, targetRows: 1, why: `one row has ${rowBytes} bytes: two would not gain anything by sharing a run` };
  return { ...plan, maxRows, targetRows: Math.min(plan.targetRows, maxRows) };
}

/** For the serving thread, where a request that runs alone is not laid at all. `rows` at most; `inputs` are those of one row. */
export function limitToCache(plan: BatchPlan, rows: number, inputs: readonly Tensor[]): BatchPlan {
  const maxRows = Math.max(1, Math.min(plan.maxRows, rows, Math.floor(MAX_INLINE_BYTES / Math.max(1, countBytes(inputs)))));
  return { ...plan, maxRows, targetRows: Math.min(plan.targetRows, maxRows) };
}

/** True when nothing but the number of rows changes how long a run takes. */
export function hasFixedRows(plan: BatchPlan, signature: ModelSignature): boolean {
  return signature.inputs.every(({ shape }, index) => shape.every((size, axis) => size >= 0 || axis === plan.inputAxes[index]));
}

function toMask(facts: GraphFacts, signature: ModelSignature): SequenceMask | undefined {
  const { mask } = facts;
  if (mask === undefined) return undefined;
  const { maskInput, paddedInputs, axis, symbol } = mask;
  const outputAxes = signature.outputs.map(({ symbols }) => {
    const place = symbols.indexOf(symbol);
    return place < 0 ? undefined : place;
  });
  return { maskInput, paddedInputs, axis, outputAxes, maxWaste: MAX_WASTE };
}
