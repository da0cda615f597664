/**
 * Metrics of the gRPC door: every call by how it ended, connections that were closed for what they did, how requests were decoded.
 * Calls are counted in numbers of our own and read when somebody scrapes: prom-client's counters cost a microsecond each.
 */
import { Counter, type Registry } from 'prom-client';
import { INFER_PATHS, type InferPath } from './grpc/infer-codec.js';
import type { GrpcObserver } from './grpc/server.js';

export class GrpcMetrics implements GrpcObserver {
  readonly #faults: Counter<'reason'>;
  readonly #paths: Record<InferPath, number> = { hot: 0, general: 0 };
  /** By method and code: bounded by those that the server has. */
  readonly #calls = new Map<string, Map<string, number>>();

  constructor(registry: Registry) {
    const registers = [registry];
    const calls = this.#calls;
    const paths = this.#paths;
    new Counter({
      name: 'slipway_runtime_grpc_calls_total',
      help: 'gRPC calls by how they ended; method is empty for unknown ones',
      labelNames: ['method', 'code'],
      registers,
      collect() {
        this.reset();
        for (const [method, codes] of calls) for (const [code, count] of codes) this.inc({ method, code }, count);
      },
    });
    this.#faults = new Counter({
      name: 'slipway_runtime_grpc_faults_total',
      help: 'Connections that were closed for what their client did, and certificates not taken',
      labelNames: ['reason'],
      registers,
    });
    new Counter({
      name: 'slipway_runtime_grpc_infer_path_total',
      help: 'Inference requests over gRPC by how they were decoded',
      labelNames: ['path'],
      registers,
      collect() {
        this.reset();
        for (const path of INFER_PATHS) this.inc({ path }, paths[path]); // a series that is not there is no zero
      },
    });
  }

  onCallEnd(method: string, code: string): void {
    const codes = this.#calls.get(method) ?? new Map<string, number>();
    if (codes.size === 0) this.#calls.set(method, codes);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }

  onInferPath(path: InferPath): void {
    this.#paths[path] += 1;
  }

  onFault(reason: string): void {
    this.#faults.inc({ reason });
  }
}
