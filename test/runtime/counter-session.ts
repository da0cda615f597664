/**
 * A stateful model in virtual time: input "x" INT32 [N, 1] and "s" INT32 [1, N], whose rows lie along axis 1, give "y" = x + s as
 * [N, 1] and "t" = the same as [1, N]. Fed back from "t" to "s" it counts up.
 */
import { CallState } from '../../runtime/core/call-state.js';
import { layRows } from '../../runtime/core/lay-rows.js';
import { DEFAULT_MODEL_SETTINGS, type ModelSettings, type SequenceSettings } from '../../runtime/core/model-settings.js';
import type { SequencePosition } from '../../runtime/core/request-options.js';
import type { ModelSignature } from '../../runtime/core/signature.js';
import type { Tensor } from '../../runtime/core/tensor.js';
import type { RunBatch, RunOutcome, Session } from '../../runtime/dataplane/ports.js';
import type { VirtualTime } from './virtual-time.js';

export const COUNTER_SIGNATURE: ModelSignature = {
  inputs: [
    { name: 'x', datatype: 'INT32', shape: [-1, 1], symbols: ['N', ''] },
    { name: 's', datatype: 'INT32', shape: [1, -1], symbols: ['', 'N'] },
  ],
  outputs: [
    { name: 'y', datatype: 'INT32', shape: [-1, 1], symbols: ['N', ''] },
    { name: 't', datatype: 'INT32', shape: [1, -1], symbols: ['', 'N'] },
  ],
};

export const COUNTER_PLAN = { maxRows: 8, targetRows: 8, maxDelaySeconds: 0, inputAxes: [0, 1], outputAxes: [0, 1], why: '' };

export function counterSettings(sequence: Partial<SequenceSettings> = {}): ModelSettings & { readonly sequence: SequenceSettings } {
  const states = [{ inputName: 's', outputName: 't', datatype: 'INT32', dims: [1, 1] } as const];
  return {
    ...DEFAULT_MODEL_SETTINGS,
    sequence: { strategy: 'Oldest', maxIdleSeconds: 1, maxSequences: 4, maxDelaySeconds: 0, states, controls: [], ...sequence },
  };
}

export class CounterSession implements Session {
  readonly signature = COUNTER_SIGNATURE;
  readonly provider = 'FakeExecutionProvider';
  readonly depth = 1;
  readonly batches: RunBatch[] = [];
  #freeAt = 0;

  constructor(
    readonly time: VirtualTime,
    readonly runSeconds: number,
    /** A run with such an "x" fails. */
    readonly poison = Number.NaN,
  ) {}

  run(batch: RunBatch): Promise<RunOutcome> {
    this.batches.push(batch);
    this.#freeAt = Math.max(this.#freeAt, this.time.nowSeconds()) + this.runSeconds;
    const [x, s] = [layInput(batch, 0), layInput(batch, 1)];
    return new Promise((resolve, reject) => {
      this.time.at(this.#freeAt, () => {
        if (x.includes(this.poison)) return reject(new Error('Non-zero status code returned'));
        const sums = new Uint8Array(x.map((value, row) => value + (s[row] ?? Number.NaN)).buffer);
        const all: Record<string, Tensor> = {
          y: { name: 'y', datatype: 'INT32', shape: [x.length, 1], data: sums },
          t: { name: 't', datatype: 'INT32', shape: [1, x.length], data: sums.slice() },
        };
        const outputs = batch.outputs.flatMap((name) => all[name] ?? []);
        resolve({ outputs, inputSeconds: 0, inferenceSeconds: this.runSeconds, outputSeconds: 0 });
      });
    });
  }

  async close(): Promise<void> {}
}

/** A request of the counter as a client sends it, without the state. */
export function makeStep(values: readonly number[], sequence?: SequencePosition) {
  const x: Tensor = { name: 'x', datatype: 'INT32', shape: [values.length, 1], data: new Uint8Array(Int32Array.from(values).buffer) };
  const position = sequence === undefined ? {} : { sequence };
  return { inputs: [x], rows: values.length, outputs: ['y'], priority: 0, call: new CallState(), bytes: x.data.byteLength, ...position };
}

export function readInts(tensor: Tensor | undefined): number[] {
  return tensor === undefined ? [] : [...new Int32Array(tensor.data.slice().buffer)];
}

function layInput({ parts, layout }: RunBatch, index: number): Int32Array {
  const tensors = parts.flatMap((part) => part.inputs[index] ?? []);
  const axis = layout?.axes[index];
  const shape = layout?.shapes[index];
  if (axis === undefined || shape === undefined) return Int32Array.from(readInts(tensors[0]));
  const data = new Uint8Array(4 * shape.reduce((product, size) => product * size, 1));
  layRows(data, { datatype: 'INT32', shape, axis }, tensors);
  return new Int32Array(data.buffer);
}
