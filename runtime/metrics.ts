/** Metrics of the inference process: every request's time in all, in the line and in the model; bounded labels. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { INFERENCE_CODES } from './core/inference-error.js';
import type { Observer } from './dataplane/dataplane.js';
import { INFER_PATHS, type InferPath } from './grpc/infer-codec.js';
import type { GrpcObserver } from './grpc/server.js';

const SECONDS_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const MODEL_LABELS = ['model', 'version'] as const;

export class RuntimeMetrics implements Observer, GrpcObserver {
  readonly registry = new Registry();
  readonly #requests: Counter<'model' | 'version' | 'code'>;
  readonly #seconds: Histogram<'model' | 'version'>;
  readonly #queueSeconds: Histogram<'model' | 'version'>;
  readonly #inferenceSeconds: Histogram<'model' | 'version'>;
  readonly #pending: Gauge<'model' | 'version'>;
  readonly #ready: Gauge<'model' | 'version'>;
  readonly #calls: Counter<'method' | 'code'>;
  readonly #faults: Counter<'reason'>;
  readonly #paths: Record<InferPath, Counter.Internal>;
  /** Series by method and code: looking labels up costs more than counting. */
  readonly #callSeries = new Map<string, Counter.Internal>();

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    const histogram = (name: string, help: string) => new Histogram({ name, help, labelNames: MODEL_LABELS, buckets: SECONDS_BUCKETS, registers });
    const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames: MODEL_LABELS, registers });
    this.#requests = new Counter({
      name: 'slipway_runtime_requests_total',
      help: 'Inference requests by how they ended',
      labelNames: [...MODEL_LABELS, 'code'],
      registers,
    });
    this.#seconds = histogram('slipway_runtime_request_seconds', 'Whole time of a request in this process');
    this.#queueSeconds = histogram('slipway_runtime_queue_seconds', 'Time that a request waited for a free instance');
    this.#inferenceSeconds = histogram('slipway_runtime_inference_seconds', 'Time that a request spent inside the model');
    this.#pending = gauge('slipway_runtime_pending_requests', 'Requests that run or wait');
    this.#ready = gauge('slipway_runtime_model_ready', '1 while the model is ready');
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) => new Counter({ name, help, labelNames, registers });
    this.#calls = counter('slipway_runtime_grpc_calls_total', 'gRPC calls by how they ended; method is empty for unknown ones', ['method', 'code']);
    this.#faults = counter(
      'slipway_runtime_grpc_faults_total',
      'Connections that were closed for what their client did, and certificates not taken',
      ['reason'],
    );
    const paths = counter('slipway_runtime_grpc_infer_path_total', 'Inference requests over gRPC by how they were decoded', ['path']);
    const [hot, general] = INFER_PATHS;
    this.#paths = { hot: paths.labels({ path: hot }), general: paths.labels({ path: general }) };
  }

  /** Makes every series exist from the start, so that the first failure is an increase and not a new series. */
  addModel(model: string, version: string): void {
    for (const code of ['OK', ...INFERENCE_CODES]) this.#requests.inc({ model, version, code }, 0);
    for (const histogram of [this.#seconds, this.#queueSeconds, this.#inferenceSeconds]) histogram.zero({ model, version });
    this.#pending.set({ model, version }, 0);
    this.#ready.set({ model, version }, 0);
  }

  setReady(model: string, version: string, isReady: boolean): void {
    this.#ready.set({ model, version }, isReady ? 1 : 0);
  }

  observeRequest(fact: Parameters<Observer['observeRequest']>[0]): void {
    const { model, version, code, seconds, queueSeconds, inferenceSeconds } = fact;
    this.#requests.inc({ model, version, code });
    this.#seconds.observe({ model, version }, seconds);
    if (queueSeconds !== undefined) this.#queueSeconds.observe({ model, version }, queueSeconds);
    if (inferenceSeconds !== undefined) this.#inferenceSeconds.observe({ model, version }, inferenceSeconds);
  }

  observeQueueDepth(model: string, version: string, depth: number): void {
    this.#pending.set({ model, version }, depth);
  }

  onCallEnd(method: string, code: string): void {
    const key = `${method} ${code}`;
    let series = this.#callSeries.get(key);
    if (series === undefined) {
      series = this.#calls.labels({ method, code });
      this.#callSeries.set(key, series);
    }
    series.inc();
  }

  onInferPath(path: InferPath): void {
    this.#paths[path].inc();
  }

  onFault(reason: string): void {
    this.#faults.inc({ reason });
  }
}
