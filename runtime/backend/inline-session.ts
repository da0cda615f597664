/**
 * A session in the serving thread, for models whose largest batch takes less than the way to another thread and back
 * (docs/adr/0027). While it runs, nothing else does: whoever chooses it has measured that. A single part is read where the
 * request lies, if that is aligned; several are laid into one piece of memory that the next run uses again.
 */
import { DATATYPES } from '../core/datatype.js';
import { InferenceError } from '../core/inference-error.js';
import type { ModelSignature } from '../core/signature.js';
import type { RunBatch, RunOutcome, Session } from '../dataplane/ports.js';
import { type BatchPlan, layBatch, planBatch } from './lay-batch.js';
import { collectGarbageSoon } from './memory-return.js';
import { type NativeInput, runNative } from './native-run.js';
import type { NativeSession } from './onnx-binding.js';
import { computeSlabBytes } from './slab.js';
import { monotonicSeconds } from './worker-protocol.js';

export class InlineSession implements Session {
  readonly depth = 1;
  #native: NativeSession | undefined;
  #memory = new Uint8Array(computeSlabBytes(0));

  constructor(
    native: NativeSession,
    readonly signature: ModelSignature,
    readonly provider: string,
  ) {
    this.#native = native;
  }

  async run(batch: RunBatch): Promise<RunOutcome> {
    if (this.#native === undefined) throw new InferenceError('UNAVAILABLE', 'The session is closed');
    const askedSeconds = monotonicSeconds();
    const plan = planBatch(batch);
    const { outputs, startedSeconds, endedSeconds } = runNative(this.#native, this.#place(plan, batch), batch.outputs);
    return {
      outputs,
      inputSeconds: startedSeconds - askedSeconds,
      inferenceSeconds: endedSeconds - startedSeconds,
      outputSeconds: monotonicSeconds() - endedSeconds,
    };
  }

  /** Of the serving thread, which has read the model's file too. */
  trim(): void {
    this.#memory = new Uint8Array(computeSlabBytes(0));
    collectGarbageSoon();
  }

  async close(): Promise<void> {
    this.#native?.dispose();
    this.#native = undefined;
  }

  #place(plan: BatchPlan, batch: RunBatch): NativeInput[] {
    const inPlace = batch.layout === undefined ? readInPlace(plan, batch) : undefined;
    if (inPlace !== undefined) return inPlace;
    if (this.#memory.byteLength < plan.bytes) this.#memory = new Uint8Array(computeSlabBytes(plan.bytes));
    const memory = this.#memory;
    layBatch(plan, batch, memory);
    return plan.inputs.map((input) => ({ ...input, memory: memory.buffer }));
  }
}

/** The request's own memory as inputs, or undefined where one tensor lies at an odd offset (protobuf puts them anywhere). */
function readInPlace(plan: BatchPlan, batch: RunBatch): NativeInput[] | undefined {
  const placed: NativeInput[] = [];
  for (const [index, input] of plan.inputs.entries()) {
    const data = batch.parts[0]?.inputs[index]?.data;
    if (data === undefined || data.byteOffset % (DATATYPES[input.datatype].size ?? 1) !== 0) return undefined;
    placed.push({ ...input, memory: data.buffer, offset: data.byteOffset });
  }
  return placed;
}
