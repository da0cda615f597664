/**
 * What one version of a model has done since the process started, in Triton's terms: the one source of the statistics
 * RPC and of all metrics of a model, which are read when somebody scrapes: a request pays for a few additions. A request that ran counts in success, queue and compute together, one that did
 * not in fail alone, so that every mean (seconds / count) is over the same requests. An execution is one run of the
 * model; an inference is one row. An answer from the response cache counts as a success and a hit, never as an inference.
 */
import { Histogram } from '../core/histogram.js';
import type { InferenceCode } from '../core/inference-error.js';
import type { RunSeconds } from './ports.js';

export const FAILURE_REASONS = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const;

/** REJECTED: no room in the queue. CANCELED: nobody waits any more. BACKEND: the run failed. OTHER: refused before any of it. */
export type FailureReason = (typeof FAILURE_REASONS)[number];

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
  readonly cacheHit = new Tally();
  readonly cacheMiss = new Tally();
  readonly failures: Record<FailureReason, number> = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 };
  /** Requests by how they ended. */
  readonly codes = new Map<InferenceCode | 'OK', number>();
  readonly phases = {
    /** From the request's arrival to its answer. */
    request: new Histogram(),
    queue: new Histogram(),
    /** Laying the batch together and bringing it to the model. */
    batch: new Histogram(),
    /** Inside the model. */
    inference: new Histogram(),
    /** Writing the answer's message. */
    encode: new Histogram(),
  } as const;
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
    const { rows, queueSeconds, run } = request;
    this.inferenceCount += rows;
    this.success.add(seconds);
    this.queue.add(queueSeconds);
    this.compute.add(run);
    this.#count('OK', seconds);
    this.phases.queue.add(queueSeconds);
    this.phases.batch.add(run.inputSeconds);
    this.phases.inference.add(run.inferenceSeconds);
  }

  /** An answer from memory: nothing was inferred, and Triton counts no queue for it. */
  addCacheHit(seconds: number): void {
    this.success.add(seconds);
    this.cacheHit.add(seconds);
    this.#count('OK', seconds);
  }

  addFailure(seconds: number, code: InferenceCode, hasRun: boolean): void {
    this.fail.add(seconds);
    this.failures[classifyFailure(code, hasRun)] += 1;
    this.#count(code, seconds);
  }

  #count(code: InferenceCode | 'OK', seconds: number): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    this.phases.request.add(seconds);
  }
}
