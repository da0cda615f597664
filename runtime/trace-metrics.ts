/** What became of spans, for a server that makes some. */
import { Counter, type Registry } from 'prom-client';

export type SpanOutcomes = Readonly<Record<'exported' | 'failed' | 'dropped', number>>;

/** `readCounts` gives totals since the start of the process. */
export function addTraceMetrics(registry: Registry, readCounts: () => SpanOutcomes): void {
  new Counter({
    name: 'slipway_runtime_trace_spans_total',
    help: 'Spans by what became of them: exported, failed (the collector did not take them), dropped (too many waited)',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(readCounts())) this.inc({ outcome }, count);
    },
  });
}
