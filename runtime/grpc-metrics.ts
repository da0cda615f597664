/** How gRPC calls ended, and which way inference requests were decoded: the share of `general` is what the hot path misses. */
import { Counter, type Registry } from 'prom-client';
import { INFER_PATHS, type InferPath } from './grpc/infer-codec.js';
import type { GrpcObserver } from './grpc/server.js';

export class GrpcMetrics implements GrpcObserver {
  readonly #calls: Counter<'method' | 'code'>;
  readonly #faults: Counter<'reason'>;
  readonly #paths: Record<InferPath, Counter.Internal>;
  /** Series by method and code: looking labels up costs more than counting. */
  readonly #callSeries = new Map<string, Counter.Internal>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.#calls = new Counter({
      name: 'slipway_runtime_grpc_calls_total',
      help: 'gRPC calls by how they ended; method is empty for those that the server does not have',
      labelNames: ['method', 'code'],
      registers,
    });
    this.#faults = new Counter({
      name: 'slipway_runtime_grpc_faults_total',
      help: 'Connections closed for what their client did, and certificates that were not taken',
      labelNames: ['reason'],
      registers,
    });
    const paths = new Counter({
      name: 'slipway_runtime_grpc_infer_path_total',
      help: 'Inference requests over gRPC by how they were decoded',
      labelNames: ['path'],
      registers,
    });
    const [hot, general] = INFER_PATHS;
    this.#paths = { hot: paths.labels({ path: hot }), general: paths.labels({ path: general }) };
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
