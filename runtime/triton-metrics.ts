/**
 * Triton's metrics under Triton's names, so that its dashboards, alerts and autoscalers go on working. They are read from the
 * dataplane's statistics when somebody scrapes: a request pays nothing for them.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import { FAILURE_REASONS, type InferenceStatistics, type Tally } from './dataplane/inference-statistics.js';
import type { ModelReport } from './dataplane/model-report.js';
import type { LoadMonitor } from './load-monitor.js';
import { newPulledHistogram } from './pulled-histogram.js';

const MODEL_LABELS = ['model', 'version'] as const;

interface CounterSpec {
  readonly name: string;
  readonly help: string;
  value(statistics: InferenceStatistics): number;
}

const COUNTERS: readonly CounterSpec[] = [
  { name: 'nv_inference_request_success', help: 'Requests that succeeded', value: ({ success }) => success.count },
  { name: 'nv_inference_count', help: 'Rows inferred', value: ({ inferenceCount }) => inferenceCount },
  { name: 'nv_inference_exec_count', help: 'Runs of the model', value: ({ executionCount }) => executionCount },
  duration('request', 'in this process', ({ success }) => success),
  duration('queue', 'waiting for the model', ({ queue }) => queue),
  duration('compute_input', 'until their inputs were at the model', ({ compute }) => compute.input),
  duration('compute_infer', 'inside the model', ({ compute }) => compute.inference),
  duration('compute_output', 'until their outputs were back', ({ compute }) => compute.output),
  { name: 'nv_cache_num_hits_per_model', help: 'Requests that the response cache answered', value: ({ cacheHit }) => cacheHit.count },
  { name: 'nv_cache_num_misses_per_model', help: 'Requests that it could not answer', value: ({ cacheMiss }) => cacheMiss.count },
];

function duration(part: string, where: string, tally: (statistics: InferenceStatistics) => Tally): CounterSpec {
  return {
    name: `nv_inference_${part}_duration_us`,
    help: `Microseconds that the requests that succeeded spent ${where}`,
    value: (statistics) => Math.round(tally(statistics).seconds * 1e6),
  };
}

/** `readReports` gives every model, from the start of the process: a first failure is then an increase and not a new series. */
export function addTritonMetrics(registry: Registry, readReports: () => readonly ModelReport[]): void {
  const registers = [registry];
  for (const { name, help, value } of COUNTERS) {
    new Counter({
      name,
      help,
      labelNames: MODEL_LABELS,
      registers,
      collect() {
        this.reset();
        for (const { name: model, version, statistics } of readReports()) this.inc({ model, version }, value(statistics));
      },
    });
  }
  new Counter({
    name: 'nv_inference_request_failure',
    help: 'Requests that failed, by where',
    labelNames: [...MODEL_LABELS, 'reason'],
    registers,
    collect() {
      this.reset();
      for (const { name: model, version, statistics } of readReports()) {
        for (const reason of FAILURE_REASONS) this.inc({ model, version, reason }, statistics.failures[reason]);
      }
    },
  });
  new Gauge({
    name: 'nv_inference_pending_request_count',
    help: 'Requests that wait for the model and do not run yet',
    labelNames: MODEL_LABELS,
    registers,
    collect() {
      for (const { name: model, version, waiting } of readReports()) this.set({ model, version }, waiting);
    },
  });
  registry.registerMetric(
    newPulledHistogram({
      name: 'nv_inference_first_response_histogram_ms',
      help: 'Milliseconds from a request to its first answer, which is its only one; failures among them',
      scale: 1000,
      read: () => readReports().map(({ name: model, version, statistics }) => ({ labels: { model, version }, histogram: statistics.phases.request })),
    }),
  );
}

/** Of what this process was granted, where Triton has the whole machine: in a container that is what can run out. */
export function addMachineMetrics(registry: Registry, monitor: Pick<LoadMonitor, 'read' | 'memoryBytes'>): void {
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('nv_cpu_utilization', 'CPU that this process uses, over the CPUs granted to it, 0 to 1', () => monitor.read().cpuUtilization);
  gauge('nv_cpu_memory_total_bytes', 'Memory granted to this process', () => monitor.memoryBytes);
  gauge('nv_cpu_memory_used_bytes', 'Memory that this process holds', () => monitor.read().residentBytes);
}
