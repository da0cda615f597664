/** The counters in Triton's ModelStatistics (proto/inference.proto): its names, which gRPC and REST share. */

import type { ComputeTallies, Tally } from './inference-statistics.js';
import type { ModelReport } from './model-report.js';

interface Duration {
  readonly count: number;
  readonly ns: number;
}

interface ComputeDurations {
  readonly compute_input: Duration;
  readonly compute_infer: Duration;
  readonly compute_output: Duration;
}

export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since the epoch; 0 before the first. */
  readonly last_inference: number;
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: ComputeDurations & {
    readonly success: Duration;
    readonly fail: Duration;
    readonly queue: Duration;
    readonly cache_hit: Duration;
    readonly cache_miss: Duration;
  };
  readonly batch_stats: (ComputeDurations & { readonly batch_size: number })[];
}

export function computeModelStatistics(report: ModelReport): ModelStatistics {
  const { success, fail, queue, compute, cacheHit, cacheMiss, batches, lastInferenceMs, inferenceCount, executionCount } = report.statistics;
  return {
    name: report.name,
    version: report.version,
    last_inference: lastInferenceMs,
    inference_count: inferenceCount,
    execution_count: executionCount,
    inference_stats: {
      success: toDuration(success),
      fail: toDuration(fail),
      queue: toDuration(queue),
      ...toDurations(compute),
      cache_hit: toDuration(cacheHit),
      cache_miss: toDuration(cacheMiss),
    },
    batch_stats: [...batches].map(([batchSize, tallies]) => ({ batch_size: batchSize, ...toDurations(tallies) })),
  };
}

function toDurations({ input, inference, output }: ComputeTallies): ComputeDurations {
  return { compute_input: toDuration(input), compute_infer: toDuration(inference), compute_output: toDuration(output) };
}

function toDuration(tally: Tally): Duration {
  return { count: tally.count, ns: Math.round(tally.seconds * 1e9) };
}
