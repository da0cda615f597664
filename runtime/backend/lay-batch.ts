/** From the parts of a batch to one set of inputs that lie in a slab: what goes where, then the one copy of each byte. */
import { DATATYPES } from '../core/datatype.js';
import { InferenceError } from '../core/inference-error.js';
import { countLaidBytes, layRows } from '../core/lay-rows.js';
import { countElements, formatShape, type Tensor } from '../core/tensor.js';
import type { RunBatch } from '../dataplane/ports.js';
import { alignUp } from './slab.js';
import type { LaidInput } from './worker-protocol.js';

export interface BatchPlan {
  readonly inputs: readonly LaidInput[];
  /** Axis of rows per input; undefined where the first part's tensor serves all. */
  readonly axes: readonly (number | undefined)[];
  /** Of the slab. */
  readonly bytes: number;
}

/** Throws InferenceError INVALID_ARGUMENT where data and shape of a tensor disagree: ONNX Runtime would read past its end. */
export function planBatch(batch: RunBatch): BatchPlan {
  const [first] = batch.parts;
  if (first === undefined) throw new Error('A batch has at least one part');
  const inputs: LaidInput[] = [];
  const axes: (number | undefined)[] = [];
  let end = 0;
  first.inputs.forEach((tensor, index) => {
    const parts = batch.parts.map((part) => part.inputs[index] ?? tensor);
    for (const part of parts) checkBytes(part);
    const axis = batch.layout?.axes[index];
    const shape = (axis === undefined ? undefined : batch.layout?.shapes[index]) ?? tensor.shape;
    const { name, datatype } = tensor;
    const bytes = axis === undefined ? tensor.data.byteLength : countLaidBytes({ datatype, shape, axis }, parts);
    const offset = alignUp(end);
    end = offset + bytes;
    inputs.push({ name, datatype, shape, offset, bytes });
    axes.push(axis);
  });
  return { inputs, axes, bytes: end };
}

/** Copies the parts to where `plan` says. `memory` has at least `plan.bytes` and may hold anything before. */
export function layBatch(plan: BatchPlan, batch: RunBatch, memory: Uint8Array): void {
  plan.inputs.forEach(({ offset, bytes, datatype, shape }, index) => {
    const target = memory.subarray(offset, offset + bytes);
    const axis = plan.axes[index];
    if (axis !== undefined)
      layRows(
        target,
        { datatype, shape, axis },
        batch.parts.flatMap((part) => part.inputs[index] ?? []),
      );
    else target.set(batch.parts[0]?.inputs[index]?.data ?? []);
  });
}

function checkBytes({ name, datatype, shape, data }: Tensor): void {
  const { size } = DATATYPES[datatype];
  if (size === undefined || countElements(shape) * size === data.byteLength) return;
  throw new InferenceError(
    'INVALID_ARGUMENT',
    `input '${name}' has ${data.byteLength} bytes, but ${datatype} ${formatShape(shape)} takes ${countElements(shape) * size}`,
  );
}
