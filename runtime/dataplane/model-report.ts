import type { InferenceStatistics } from './inference-statistics.js';

/** One version of a model and what it has done: what the statistics RPC and the metrics are made of. */
export interface ModelReport {
  readonly name: string;
  readonly version: string;
  readonly statistics: InferenceStatistics;
  /** Requests that wait for the model and do not run yet. */
  readonly waiting: number;
  /** Requests that wait or run. */
  readonly depth: number;
  readonly isReady: boolean;
}
