/** Builds what watches requests and reports load, from flags and environment: the part of the composition root for it. */
import { totalmem } from 'node:os';
import process from 'node:process';
import type { Registry } from 'prom-client';
import type { RootLogger } from '../lib/logger.js';
import type { LoadReport } from './core/load-report.js';
import type { Dataplane } from './dataplane/dataplane.js';
import type { ModelReport } from './dataplane/model-report.js';
import { RequestWatch } from './dataplane/request-watch.js';
import { TraceSettings } from './dataplane/trace-settings.js';
import type { Grants } from './grants.js';
import { LoadMonitor } from './load-monitor.js';
import { RequestLines } from './request-log.js';
import { addTraceMetrics } from './trace-metrics.js';
import type { OtlpTracer } from './tracing/otlp-tracer.js';
import type { TracingConfig } from './tracing/tracing-config.js';

/** Spans that a drain waits for, at most. */
const FLUSH_MS = 5000;

/** OpenTelemetry is loaded here and only here: a server without traces does without its memory. */
export async function openTracer(config: TracingConfig | undefined, version: string, log: RootLogger): Promise<OtlpTracer | undefined> {
  if (config === undefined) return undefined;
  const { OtlpTracer } = await import('./tracing/otlp-tracer.js');
  log.info('Traces on', { collector: config.url, rate: config.rate });
  return new OtlpTracer({ config, version, log });
}

export interface WatchOptions {
  readonly isAccessLog: boolean;
  /** Clients may switch traces on and off. */
  readonly hasAdmin: boolean;
  readonly tracing: TracingConfig | undefined;
  readonly tracer: OtlpTracer | undefined;
  readonly log: RootLogger;
  readonly monotonicSeconds: () => number;
}

export interface Watching {
  /** Present when requests can be traced. */
  readonly settings?: TraceSettings;
  readonly requests: RequestWatch;
}

export function newWatching({ isAccessLog, hasAdmin, tracing, tracer, log, monotonicSeconds }: WatchOptions): Watching {
  const shared = { log: new RequestLines(log, isAccessLog), monotonicSeconds };
  if (!hasAdmin && tracing === undefined) return { requests: new RequestWatch(shared) };
  const settings = new TraceSettings();
  if (tracing !== undefined && tracing.rate > 0)
    settings.change(
      '',
      new Map([
        ['trace_level', ['TIMESTAMPS']],
        ['trace_rate', [String(tracing.rate)]],
      ]),
    );
  return { settings, requests: new RequestWatch({ ...shared, settings, ...(tracer === undefined ? {} : { tracer }) }) };
}

/** Resolves when what waits is exported, or after a few seconds. */
export function flushSpans(tracer: OtlpTracer | undefined): Promise<void> {
  return tracer === undefined ? Promise.resolve() : tracer.close(FLUSH_MS);
}

export function watchSpans(registry: Registry, tracer: OtlpTracer | undefined): void {
  if (tracer !== undefined) addTraceMetrics(registry, () => tracer.counts);
}

export function newLoadMonitor({ cpus, memoryBytes }: Grants, readReports: () => readonly ModelReport[]): LoadMonitor {
  return new LoadMonitor({
    cpus,
    memoryBytes: memoryBytes ?? totalmem(),
    nowSeconds: () => performance.now() / 1000,
    readUsage: () => {
      const { user, system } = process.cpuUsage();
      return { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
    },
    readReports,
  });
}

/** What a call for this model tells its client of the server's load. */
export function newLoadReader(monitor: LoadMonitor, dataplane: Dataplane): (model: string, version: string) => LoadReport {
  return (model, version) => {
    const { cpuUtilization, memoryUtilization, requestsPerSecond, errorsPerSecond } = monitor.read();
    const { utilization = 0, pendingRequests = 0, pendingRows = 0 } = dataplane.modelLoad(model, version) ?? {};
    const named = { pending_requests: pendingRequests, pending_rows: pendingRows };
    return { cpuUtilization, memoryUtilization, applicationUtilization: utilization, requestsPerSecond, errorsPerSecond, named };
  };
}
