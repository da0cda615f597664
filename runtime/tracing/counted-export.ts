/**
 * What becomes of spans: exported, failed, or dropped because too many wait. The SDK's batch processor drops without a word, so
 * the bound is kept here, in front of it; a collector that is away costs a warning a minute and never a request.
 */
import type { BatchSpanProcessor, ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Logger } from '../../lib/logger.js';

export const SPAN_OUTCOMES = ['exported', 'failed', 'dropped'] as const;
export type SpanCounts = Record<(typeof SPAN_OUTCOMES)[number], number>;

/** Result codes of the SDK: success is 0. */
const SUCCESS = 0;
const WARN_EVERY_MS = 60_000;

export interface CountedExportOptions {
  readonly exporter: SpanExporter;
  readonly newProcessor: (exporter: SpanExporter) => BatchSpanProcessor;
  /** Spans that may wait. */
  readonly maxQueue: number;
  readonly log: Logger;
  /** Milliseconds that only grow. */
  readonly nowMs: () => number;
}

export class CountedExport implements SpanProcessor, SpanExporter {
  readonly counts: SpanCounts = { exported: 0, failed: 0, dropped: 0 };
  readonly #processor: BatchSpanProcessor;
  #waiting = 0;
  #warnedMs = Number.NEGATIVE_INFINITY;

  constructor(readonly options: CountedExportOptions) {
    const exporter: SpanExporter = { export: (spans, done) => this.export(spans, done), shutdown: () => options.exporter.shutdown() };
    this.#processor = options.newProcessor(exporter);
  }

  onStart(): void {
    // spans are made when their request has ended
  }

  onEnd(span: ReadableSpan): void {
    if (this.#waiting >= this.options.maxQueue) {
      this.counts.dropped += 1;
      this.#warn(new Error(`${this.#waiting} spans wait already: let OTEL_BSP_MAX_QUEUE_SIZE be larger, or trace fewer requests`));
      return;
    }
    this.#waiting += 1;
    this.#processor.onEnd(span);
  }

  export(spans: Parameters<SpanExporter['export']>[0], done: Parameters<SpanExporter['export']>[1]): void {
    this.#waiting -= spans.length;
    this.options.exporter.export(spans, (result) => {
      this.counts[result.code === SUCCESS ? 'exported' : 'failed'] += spans.length;
      if (result.code !== SUCCESS) this.#warn(result.error);
      done(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.#processor.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#processor.shutdown();
  }

  #warn(error: Error | undefined): void {
    const now = this.options.nowMs();
    if (now - this.#warnedMs < WARN_EVERY_MS) return;
    this.#warnedMs = now;
    const { failed, dropped } = this.counts;
    this.options.log.warn('Lost spans', { failed, dropped, ...(error === undefined ? {} : { error }) });
  }
}
