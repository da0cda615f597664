/** How full a model is: what a client that spreads its requests over pods wants to know. */
import type { Servable } from './ports.js';

export interface ModelLoad {
  /** Requests that run or wait, over those that all instances take at once; above 1 when requests wait for others. */
  readonly utilization: number;
  readonly pendingRequests: number;
  /** Of the requests that wait. */
  readonly pendingRows: number;
}

/** Two instances whose batches have up to 4 rows, 6 requests that run and 4 that wait: (6 + 4) / (2 · 4) = 1.25. */
export function computeModelLoad({ scheduler, instances, plan }: Pick<Servable, 'scheduler' | 'instances' | 'plan'>): ModelLoad {
  const { depth, waiting, waitingRows = waiting, targetRows = plan.targetRows } = scheduler;
  return { utilization: depth / Math.max(1, instances * Math.max(1, targetRows)), pendingRequests: waiting, pendingRows: waitingRows };
}
