/**
 * Requests that have ended → OpenTelemetry spans → an OTLP collector. Spans are made afterwards, with the times that were measured
 * anyway: a request carries no span while it runs, and nobody below needs one.
 */
import {
  type Context,
  createTraceState,
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from '../../lib/logger.js';
import type { TraceParent } from '../core/trace-context.js';
import type { EndedRequest, Tracer } from '../dataplane/request-watch.js';
import { CountedExport, type SpanCounts } from './counted-export.js';
import { describeSpan, isServerError } from './span-attributes.js';
import type { TracingConfig } from './tracing-config.js';

/** Of W3C's tracestate. */
const MAX_TRACE_STATE = 512;

export interface OtlpTracerOptions {
  readonly config: TracingConfig;
  /** Of Slipway. */
  readonly version: string;
  readonly log: Logger;
}

export class OtlpTracer implements Tracer {
  readonly #export: CountedExport;
  readonly #provider: TracerProvider;
  readonly #tracer: ReturnType<TracerProvider['getTracer']>;

  constructor({ config, version, log }: OtlpTracerOptions) {
    this.#export = new CountedExport({
      exporter: new OTLPTraceExporter({ url: config.url }),
      newProcessor: (exporter) =>
        new BatchSpanProcessor({
          exporter,
          maxQueueSize: config.maxQueue,
          maxExportBatchSize: config.maxBatch,
          scheduledDelayMillis: config.delayMs,
          exportTimeoutMillis: config.timeoutMs,
        }),
      maxQueue: config.maxQueue,
      log,
      nowMs: () => performance.now(),
    });
    const own = resourceFromAttributes({ 'service.name': 'slipway', 'service.version': version });
    this.#provider = new TracerProvider({
      resource: own.merge(detectResources({ detectors: [envDetector] })),
      sampler: new AlwaysOnSampler(), // who is traced was decided before: see request-watch.ts
      spanProcessors: [this.#export],
    });
    this.#tracer = this.#provider.getTracer('slipway', version);
  }

  get counts(): Readonly<SpanCounts> {
    return this.#export.counts;
  }

  trace(request: EndedRequest, parent: TraceParent | undefined): void {
    const { record, code, endedSeconds } = request;
    const toTime = newTimeline();
    const { name: method, attributes } = describeSpan(request);
    const options = { kind: SpanKind.SERVER, startTime: toTime(record.startedSeconds), attributes };
    const root = this.#tracer.startSpan(method, options, newParentContext(parent, record.start.traceState));
    const inside = trace.setSpan(ROOT_CONTEXT, root);
    for (const { name, startSeconds, endSeconds } of record.phases())
      this.#tracer.startSpan(name, { startTime: toTime(startSeconds) }, inside).end(toTime(endSeconds));
    finish(root, code, toTime(endedSeconds));
  }

  /** Exports what waits; resolves after `timeoutMs` at the latest, and never rejects. */
  async close(timeoutMs: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([this.#provider.shutdown().catch(() => undefined), late]); // failures were counted where they occurred
    clearTimeout(timer);
  }
}

function finish(span: Span, code: string, endTime: HrTime): void {
  if (isServerError(code)) span.setStatus({ code: SpanStatusCode.ERROR, message: code });
  span.end(endTime);
}

function newParentContext(parent: TraceParent | undefined, traceState: string | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId } = parent;
  const state = traceState === undefined || traceState.length > MAX_TRACE_STATE ? {} : { traceState: createTraceState(traceState) };
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true, ...state });
}

/**
 * Seconds on the process's clock → time since the epoch, with one offset for all spans of a request. The process's clock is not
 * set right while it runs and the machine's is: where they have drifted apart by whole milliseconds, the machine's is followed.
 */
function newTimeline(): (seconds: number) => HrTime {
  const driftMs = Math.trunc(Date.now() - (performance.timeOrigin + performance.now()));
  const originMs = performance.timeOrigin + driftMs;
  return (seconds) => {
    const ms = originMs + seconds * 1000;
    const whole = Math.floor(ms / 1000);
    return [whole, Math.min(999_999_999, Math.round((ms - whole * 1000) * 1e6))];
  };
}
