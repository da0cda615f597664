/**
 * Metrics of the inference process under Slipway's own names: every request by how it ended, and its time in each phase.
 * Read from the dataplane's statistics when somebody scrapes: a request pays nothing for them. Labels are bounded by the
 * models that the server has.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { INFERENCE_CODES } from './core/inference-error.js';
import type { InferenceStatistics } from './dataplane/inference-statistics.js';
import type { ModelReport } from './dataplane/model-report.js';
import { newPulledHistogram } from './pulled-histogram.js';

const MODEL_LABELS = ['model', 'version'] as const;

const PHASES: readonly { readonly phase: keyof InferenceStatistics['phases']; readonly help: string }[] = [
  { phase: 'request', help: 'Whole time of a request in this process' },
  { phase: 'queue', help: 'Time that a request waited for a free instance' },
  { phase: 'batch', help: 'Time in which the batch of a request was laid together and brought to the model' },
  { phase: 'inference', help: 'Time that a request spent inside the model' },
  { phase: 'encode', help: 'Time in which the answer was written' },
];

/** `readReports` gives every model, from the start of the process: a first failure is then an increase and not a new series. */
export function newRuntimeRegistry(readReports: () => readonly ModelReport[]): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Counter({
    name: 'slipway_runtime_requests_total',
    help: 'Inference requests by how they ended',
    labelNames: [...MODEL_LABELS, 'code'],
    registers,
    collect() {
      this.reset();
      for (const { name: model, version, statistics } of readReports()) {
        for (const code of ['OK', ...INFERENCE_CODES] as const) this.inc({ model, version, code }, statistics.codes.get(code) ?? 0);
      }
    },
  });
  for (const { phase, help } of PHASES) {
    const name = `slipway_runtime_${phase}_seconds`;
    const read = () =>
      readReports().map(({ name: model, version, statistics }) => ({ labels: { model, version }, histogram: statistics.phases[phase] }));
    registry.registerMetric(newPulledHistogram({ name, help, read }));
  }
  const gauge = (name: string, help: string, value: (report: ModelReport) => number): Gauge =>
    new Gauge({
      name,
      help,
      labelNames: MODEL_LABELS,
      registers,
      collect() {
        this.reset();
        for (const report of readReports()) this.set({ model: report.name, version: report.version }, value(report));
      },
    });
  gauge('slipway_runtime_pending_requests', 'Requests that run or wait', (report) => report.depth);
  gauge('slipway_runtime_model_ready', '1 while the model is ready', (report) => (report.isReady ? 1 : 0));
  return registry;
}
