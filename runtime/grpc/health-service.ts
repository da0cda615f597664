/**
 * grpc.health.v1: service "" and "inference.GRPCInferenceService" are the whole server, every model is a service by its name.
 * Kubernetes probes, Envoy and gRPC clients read it.
 */
import { type ServerWritableStream, status } from '@grpc/grpc-js';
import type { HealthHandlers } from '../../proto/gen/grpc/health/v1/Health.js';
import type { HealthCheckRequest__Output } from '../../proto/gen/grpc/health/v1/HealthCheckRequest.js';
import type { HealthCheckResponse } from '../../proto/gen/grpc/health/v1/HealthCheckResponse.js';
import { InferenceError } from '../core/inference-error.js';
import type { Dataplane } from '../dataplane/dataplane.js';
import { toServiceError } from './status.js';

const WHOLE_SERVER: readonly string[] = ['', 'inference.GRPCInferenceService'];

type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
type WatchCall = ServerWritableStream<HealthCheckRequest__Output, HealthCheckResponse>;

export class HealthService {
  readonly #watches = new Map<WatchCall, ServingStatus>();

  constructor(readonly dataplane: Dataplane) {}

  handlers(): HealthHandlers {
    return {
      Check: (call, callback) => {
        const { service } = call.request;
        const current = this.#statusOf(service);
        if (current === 'SERVICE_UNKNOWN')
          callback(toServiceError(new InferenceError('NOT_FOUND', `Health of unknown service '${service}': name a model, or ''`)));
        else callback(null, { status: current });
      },
      Watch: (call) => this.#watch(call),
    };
  }

  /** Tells every watcher whose state changed. */
  update(): void {
    for (const [call, last] of this.#watches) {
      const current = this.#statusOf(call.request.service);
      if (current !== last) this.#send(call, current);
    }
  }

  /** Ends the watches, which would keep a shutdown waiting for ever. */
  close(): void {
    for (const call of this.#watches.keys()) call.emit('error', { code: status.UNAVAILABLE, details: 'The server is shutting down' });
    this.#watches.clear();
  }

  #watch(call: WatchCall): void {
    const forget = (): void => {
      this.#watches.delete(call);
    };
    call.on('cancelled', forget);
    call.on('close', forget);
    this.#send(call, this.#statusOf(call.request.service));
  }

  #send(call: WatchCall, current: ServingStatus): void {
    this.#watches.set(call, current);
    call.write({ status: current });
  }

  #statusOf(service: string): ServingStatus {
    if (WHOLE_SERVER.includes(service)) return this.dataplane.readiness().isReady ? 'SERVING' : 'NOT_SERVING';
    try {
      return this.dataplane.isModelReady(service, '') ? 'SERVING' : 'NOT_SERVING';
    } catch (error) {
      if (error instanceof InferenceError && error.code === 'NOT_FOUND') return 'SERVICE_UNKNOWN';
      throw error;
    }
  }
}
