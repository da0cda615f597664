/** What the benchmark of the control loop measures. Numbers are of one run on one machine; ratios within a run are what to compare. */
import type { WritesByKind } from './api-writes.js';

/** Models made all at once. */
export interface CreateFigures {
  readonly title: string;
  readonly count: number;
  readonly podsEach: number;
  readonly namespaces: number;
  /** From the first create until every status says that all pods serve. */
  readonly seconds: number;
  /** The same children applied by a plain client, until all pods are ready; NaN where that was not done. */
  readonly plainSeconds: number;
  /** Calls that were under way at a time, in both. */
  readonly concurrency: number;
  readonly writes: WritesByKind;
  readonly reconciles: number;
  readonly requests: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
  readonly maxQueue: number;
}

/** Nothing happens. */
export interface SteadyFigures {
  readonly count: number;
  readonly pods: number;
  readonly seconds: number;
  /** Without the Lease. */
  readonly writes: number;
  /** Without the Lease's. */
  readonly requestsPerSecond: number;
  readonly rssMb: number;
  readonly heapMb: number;
  readonly cpuPercent: number;
  readonly sockets: number;
}

/** A pod's Ready condition is turned, one after the other. */
export interface LatencyFigures {
  readonly count: number;
  readonly flips: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly writesPerFlip: number;
}

export interface RateFigures {
  readonly count: number;
  readonly withChangePerSecond: number;
  readonly writesPerChange: number;
  readonly withoutPerSecond: number;
}

/** An operator starts where all is made already. */
export interface StartFigures {
  readonly count: number;
  readonly pods: number;
  /** From the process's start, with the Lease free. */
  readonly seconds: number;
  readonly peakMb: number;
  readonly settledMb: number;
  readonly writes: number;
}

export interface FailoverFigures {
  /** From SIGKILL of the leader to the next one's first write. */
  readonly killedSeconds: number;
  /** From SIGTERM to the end of the process, and to the next one's first write. */
  readonly exitSeconds: number;
  readonly followedSeconds: number;
}

export interface SoakFigures {
  readonly count: number;
  readonly minutes: number;
  readonly changesPerSecond: number;
  readonly changes: number;
  readonly rssMb: number;
  readonly rssMbPerHour: number;
  /** Standard error of that. */
  readonly rssMbPerHourError: number;
  /** After a collection. */
  readonly heapMb: number;
  readonly heapMbPerHour: number;
}

export interface ControlLoopResults {
  readonly creates: CreateFigures[];
  readonly steadies: SteadyFigures[];
  readonly latencies: LatencyFigures[];
  readonly rates: RateFigures[];
  readonly starts: StartFigures[];
  failover: FailoverFigures | undefined;
  soak: SoakFigures | undefined;
}

export function noResults(): ControlLoopResults {
  return { creates: [], steadies: [], latencies: [], rates: [], starts: [], failover: undefined, soak: undefined };
}

/** Least squares: what `values` grow by per unit of `times`. Of (0, 1), (1, 3), (2, 5) it is 2. NaN of fewer than two. */
export function slopeOf(points: readonly { readonly time: number; readonly value: number }[]): number {
  const [time, value] = [mean(points.map((point) => point.time)), mean(points.map((point) => point.value))];
  const covariance = points.reduce((sum, point) => sum + (point.time - time) * (point.value - value), 0);
  return covariance / points.reduce((sum, point) => sum + (point.time - time) ** 2, 0);
}

/** Standard error of that slope: the scatter of the values around the line, over that of the times. NaN of fewer than three points. */
export function slopeErrorOf(points: readonly { readonly time: number; readonly value: number }[]): number {
  const count = points.length;
  const slope = slopeOf(points);
  const [time, value] = [mean(points.map((point) => point.time)), mean(points.map((point) => point.value))];
  const squares = points.reduce((sum, point) => sum + (point.value - value - slope * (point.time - time)) ** 2, 0);
  const spread = points.reduce((sum, point) => sum + (point.time - time) ** 2, 0);
  return count < 3 ? Number.NaN : Math.sqrt(squares / (count - 2) / spread);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
