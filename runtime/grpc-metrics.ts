/** Metrics of the gRPC door: every call by how it ended, connections that were closed for what they did, how requests were decoded. */
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
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) => new Counter({ name, help, labelNames, registers });
    this.#calls = counter('slipway_runtime_grpc_calls_total', 'gRPC calls by how they ended; method is empty for unknown ones', ['method', 'code']);
    this.#faults = counter(
      'slipway_runtime_grpc_faults_total',
      'Connections that were closed for what their client did, and certificates not taken',
      ['reason'],
    );
    const paths = counter('slipway_runtime_grpc_infer_path_total', 'Inference requests over gRPC by how they were decoded', ['path']);
    const [hot, general] = INFER_PATHS;
    for (const path of INFER_PATHS) paths.inc({ path }, 0); // a series that is not there is no zero
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
