/**
 * What this process uses of what it was granted, and how fast requests come: for load reports and for Triton's gauges. Nothing
 * runs between readings: a reading covers the time since the last one, and those within a second share it.
 */
import type { InferenceCode } from './core/inference-error.js';
import type { ModelReport } from './dataplane/model-report.js';

export interface UsageNow {
  /** User and system time of this process so far. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

export interface LoadMonitorOptions {
  /** CPUs granted. */
  readonly cpus: number;
  /** Memory granted. */
  readonly memoryBytes: number;
  /** Seconds that only grow. */
  readonly nowSeconds: () => number;
  /** Costs tens of microseconds: called once a second at most. */
  readonly readUsage: () => UsageNow;
  readonly readReports: () => readonly ModelReport[];
}

export interface ProcessLoad {
  /** Over what is granted. */
  readonly cpuUtilization: number;
  readonly memoryUtilization: number;
  readonly residentBytes: number;
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
}

const SHORTEST_WINDOW_SECONDS = 1;
/** Failures that are not the request's own. */
const SERVER_ERRORS: readonly InferenceCode[] = ['INTERNAL', 'UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED'];

export class LoadMonitor {
  #from: UsageNow;
  #fromSeconds: number;
  #totals: { readonly requests: number; readonly errors: number };
  #load: ProcessLoad;

  constructor(readonly options: LoadMonitorOptions) {
    this.#from = options.readUsage();
    this.#fromSeconds = options.nowSeconds();
    this.#totals = countRequests(options.readReports());
    this.#load = { ...this.#memory(this.#from), cpuUtilization: 0, requestsPerSecond: 0, errorsPerSecond: 0 };
  }

  get memoryBytes(): number {
    return this.options.memoryBytes;
  }

  read(): ProcessLoad {
    const nowSeconds = this.options.nowSeconds();
    const seconds = nowSeconds - this.#fromSeconds;
    if (seconds < SHORTEST_WINDOW_SECONDS) return this.#load;
    const now = this.options.readUsage();
    const totals = countRequests(this.options.readReports());
    const rate = (after: number, before: number): number => Math.max(0, after - before) / seconds; // a model that was loaded anew counts from zero
    this.#load = {
      ...this.#memory(now),
      cpuUtilization: rate(now.cpuSeconds, this.#from.cpuSeconds) / this.options.cpus,
      requestsPerSecond: rate(totals.requests, this.#totals.requests),
      errorsPerSecond: rate(totals.errors, this.#totals.errors),
    };
    this.#from = now;
    this.#fromSeconds = nowSeconds;
    this.#totals = totals;
    return this.#load;
  }

  #memory({ residentBytes }: UsageNow): Pick<ProcessLoad, 'residentBytes' | 'memoryUtilization'> {
    return { residentBytes, memoryUtilization: residentBytes / this.options.memoryBytes };
  }
}

function countRequests(reports: readonly ModelReport[]): { requests: number; errors: number } {
  let [requests, errors] = [0, 0];
  for (const { statistics } of reports) {
    requests += statistics.success.count + statistics.fail.count;
    for (const code of SERVER_ERRORS) errors += statistics.codes.get(code) ?? 0;
  }
  return { requests, errors };
}
