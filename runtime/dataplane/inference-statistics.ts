/**
 * What one version of a model has done since the process started, in Triton's terms: the one source of the statistics
 * RPC and of the nv_inference_* metrics. A request that ran counts in success, queue and compute together, one that did
 * not in fail alone, so that every mean (seconds / count) is over the same requests. An execution is one run of the
 * model; an inference is one row of one, and without batching there is one in each.
 */
import type { InferenceCode } from '../core/inference-error.js';

export const FAILURE_REASONS = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const;

/** REJECTED: no room in the queue. CANCELED: nobody waits any more. BACKEND: the run failed. OTHER: refused before any of it. */
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** The parts of one run, as RunOutcome has them. */
export interface RunSeconds {
  readonly inputSeconds: number;
  readonly inferenceSeconds: number;
  readonly outputSeconds: number;
}

export function classifyFailure(code: InferenceCode, hasRun: boolean): FailureReason {
  if (hasRun) return 'BACKEND';
  if (code === 'RESOURCE_EXHAUSTED') return 'REJECTED';
  return code === 'CANCELLED' || code === 'DEADLINE_EXCEEDED' ? 'CANCELED' : 'OTHER';
}

export class Tally {
  count = 0;
  seconds = 0;

  add(seconds: number): void {
    this.count += 1;
    this.seconds += seconds;
  }
}

export class ComputeTallies {
  readonly input = new Tally();
  readonly inference = new Tally();
  readonly output = new Tally();

  add(run: RunSeconds): void {
    this.input.add(run.inputSeconds);
    this.inference.add(run.inferenceSeconds);
    this.output.add(run.outputSeconds);
  }
}

export class InferenceStatistics {
  /** Milliseconds since the epoch; 0 before the first. */
  lastInferenceMs = 0;
  inferenceCount = 0;
  executionCount = 0;
  readonly success = new Tally();
  readonly fail = new Tally();
  readonly queue = new Tally();
  readonly compute = new ComputeTallies();
  readonly failures: Record<FailureReason, number> = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 };
  /** By batch size; bounded by the largest batch. */
  readonly batches = new Map<number, ComputeTallies>();

  /** A run of `batchSize` rows that ended at `endedMs` since the epoch. */
  addExecution(endedMs: number, batchSize: number, run: RunSeconds): void {
    this.executionCount += 1;
    this.lastInferenceMs = Math.max(this.lastInferenceMs, endedMs); // the machine's clock may be set back
    let batch = this.batches.get(batchSize);
    if (batch === undefined) {
      batch = new ComputeTallies();
      this.batches.set(batchSize, batch);
    }
    batch.add(run);
  }

  /** `rows` of one request, which waited for `queueSeconds` and was part of `run`. */
  addSuccess(seconds: number, request: { readonly rows: number; readonly queueSeconds: number; readonly run: RunSeconds }): void {
    this.inferenceCount += request.rows;
    this.success.add(seconds);
    this.queue.add(request.queueSeconds);
    this.compute.add(request.run);
  }

  addFailure(seconds: number, reason: FailureReason): void {
    this.fail.add(seconds);
    this.failures[reason] += 1;
  }
}
