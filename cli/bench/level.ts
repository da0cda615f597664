/** One row of a benchmark. Pure. */
import type { ModelStatistics } from '../client/inference-client.js';
import type { Tally } from './tally.js';

/**
 * From these on, figures are the client's own and not the server's: its JavaScript runs on one thread. On a machine where others
 * take the cores, that thread is busy before it has used a core's worth of time.
 */
export const CLIENT_BOUND = { cpu: 0.85, busy: 0.95 } as const;

export type LevelKind = { readonly concurrency: number } | { readonly perSecond: number };

export interface Level {
  readonly load: LevelKind;
  readonly seconds: number;
  /** That were answered. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** NaN without answers. */
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  /** By gRPC code; NOT_SENT: an open loop had too many without an answer. */
  readonly errors: Readonly<Record<string, number>>;
  /** The server's own means per request, all its clients' requests included; NaN where it tells none. */
  readonly queueMs: number;
  readonly computeMs: number;
  /** Mean size of a batch. */
  readonly rowsPerRun: number;
  /** Cores that this process used. */
  readonly clientCpu: number;
  /** Share of the time in which this process's thread had something to do. */
  readonly clientBusy: number;
}

export interface Window {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** 0 to 1. */
  readonly clientBusy: number;
  readonly before: ModelStatistics | undefined;
  readonly after: ModelStatistics | undefined;
}

export function computeLevel(load: LevelKind, { latencies, errors }: Tally, window: Window): Level {
  const { seconds, cpuSeconds, clientBusy, before, after } = window;
  const grown = (field: keyof ModelStatistics): number => (before === undefined || after === undefined ? Number.NaN : after[field] - before[field]);
  return {
    load,
    seconds,
    requests: latencies.count,
    requestsPerSecond: latencies.count / seconds,
    p50Ms: latencies.quantile(0.5),
    p90Ms: latencies.quantile(0.9),
    p99Ms: latencies.quantile(0.99),
    errors: Object.fromEntries(errors),
    queueMs: (grown('queueSeconds') / grown('requests')) * 1000,
    computeMs: (grown('computeSeconds') / grown('requests')) * 1000,
    rowsPerRun: grown('rows') / grown('runs'),
    clientCpu: cpuSeconds / seconds,
    clientBusy,
  };
}

export function isClientBound({ clientCpu, clientBusy }: Level): boolean {
  return clientCpu >= CLIENT_BOUND.cpu || clientBusy >= CLIENT_BOUND.busy;
}
