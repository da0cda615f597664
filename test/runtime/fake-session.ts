/**
 * A session in virtual time whose answers tell whose they are. Input "x" INT32 [rows, width] gives "y" = x with every bit
 * flipped, [rows, width], and "z" = the first column, [1, rows]: rows along axis 1. Input "s" is the same for all rows of a
 * batch, and output "t" is a copy of it. Its batches run one after another for as long as `latency` says.
 */
import { InferenceError } from '../../runtime/core/inference-error.js';
import { countLaidBytes, layRows } from '../../runtime/core/lay-rows.js';
import type { ModelSignature } from '../../runtime/core/signature.js';
import type { Tensor } from '../../runtime/core/tensor.js';
import type { RunBatch, RunOutcome, Session } from '../../runtime/dataplane/ports.js';
import type { VirtualTime } from './virtual-time.js';

const INT32 = { datatype: 'INT32', symbols: ['N', ''] } as const;

export const FAKE_SIGNATURE: ModelSignature = {
  inputs: [
    { name: 'x', shape: [-1, -1], ...INT32 },
    { name: 's', shape: [], datatype: 'INT32', symbols: [] },
  ],
  outputs: [
    { name: 'y', shape: [-1, -1], ...INT32 },
    { name: 'z', shape: [1, -1], datatype: 'INT32', symbols: ['', 'N'] },
    { name: 't', shape: [], datatype: 'INT32', symbols: [] },
  ],
};

export interface FakeSessionOptions {
  readonly time: VirtualTime;
  readonly depth?: number;
  /** Seconds of a run of so many rows. */
  readonly latency: (rows: number) => number;
  /** Time that the outcome of every run takes to come back; the session goes on meanwhile. */
  readonly lateSeconds?: number;
  /** Fails a batch with what it returns. */
  readonly fault?: (batch: RunBatch) => Error | undefined;
  /** Rows that "y" has too many when several requests run together. */
  readonly extraRows?: () => number;
}

export class FakeSession implements Session {
  readonly signature = FAKE_SIGNATURE;
  readonly provider = 'FakeExecutionProvider';
  readonly depth: number;
  readonly batches: RunBatch[] = [];
  outstanding = 0;
  mostOutstanding = 0;
  isLost = false;
  #freeAt = 0;

  constructor(readonly options: FakeSessionOptions) {
    this.depth = options.depth ?? 1;
  }

  run(batch: RunBatch): Promise<RunOutcome> {
    const { time, latency, lateSeconds = 0 } = this.options;
    this.batches.push(batch);
    this.outstanding += 1;
    this.mostOutstanding = Math.max(this.mostOutstanding, this.outstanding);
    const seconds = latency(countRows(batch));
    this.#freeAt = Math.max(this.#freeAt, time.nowSeconds()) + seconds;
    return new Promise((resolve, reject) => {
      time.at(this.#freeAt + lateSeconds, () => {
        this.outstanding -= 1;
        const fault = this.isLost ? new InferenceError('UNAVAILABLE', 'The session is lost') : this.options.fault?.(batch);
        if (fault !== undefined) reject(fault);
        else resolve({ outputs: this.#compute(batch), inputSeconds: 0, inferenceSeconds: seconds, outputSeconds: lateSeconds });
      });
    });
  }

  async close(): Promise<void> {}

  #compute(batch: RunBatch): Tensor[] {
    const x = layInput(batch, 0);
    const s = layInput(batch, 1);
    const [rows = 0, width = 0] = x.shape;
    const values = new Int32Array(x.data.slice().buffer);
    const firsts = Int32Array.from({ length: rows }, (_, row) => values[row * width] ?? 0);
    const extra = batch.parts.length > 1 ? (this.options.extraRows?.() ?? 0) : 0;
    const flipped = new Int32Array((rows + extra) * width);
    for (let i = 0; i < values.length; i++) flipped[i] = ~(values[i] ?? 0);
    const all: Record<string, Tensor> = {
      y: { name: 'y', datatype: 'INT32', shape: [rows + extra, width], data: new Uint8Array(flipped.buffer) },
      z: { name: 'z', datatype: 'INT32', shape: [1, rows], data: new Uint8Array(firsts.buffer) },
      t: { ...s, name: 't' },
    };
    return batch.outputs.flatMap((name) => all[name] ?? []);
  }
}

export function countRows(batch: RunBatch): number {
  return batch.parts.reduce((sum, part) => sum + part.rows, 0);
}

/** As a backend does it: one part as it is, several by the layout. */
function layInput({ parts, layout }: RunBatch, index: number): Tensor {
  const tensors = parts.flatMap((part) => part.inputs[index] ?? []);
  const [first] = tensors;
  if (first === undefined) throw new Error(`The batch has no input ${index}`);
  const axis = layout?.axes[index];
  const shape = layout?.shapes[index];
  if (axis === undefined || shape === undefined) return first;
  const laid = { datatype: first.datatype, shape, axis };
  const data = new Uint8Array(countLaidBytes(laid, tensors)).fill(0xee);
  layRows(data, laid, tensors);
  return { ...first, shape, data };
}
