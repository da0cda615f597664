/**
 * grpc.health.v1: service "" and "inference.GRPCInferenceService" are the whole server, every model is a service by its name.
 * Kubernetes probes, Envoy and gRPC clients read it.
 */
import { loadHealthService } from '../../proto/load.js';
import { InferenceError } from '../core/inference-error.js';
import type { Dataplane } from '../dataplane/dataplane.js';
import { frameMessage, type Method, type StreamHandler } from '../http2/method.js';
import type { ServerCall } from '../http2/server-call.js';
import { adaptUnary } from './adapt-handlers.js';
import { parseMessage } from './parse-message.js';

const WHOLE_SERVER: readonly string[] = ['', 'inference.GRPCInferenceService'];

type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

interface Watch {
  readonly service: string;
  last: ServingStatus;
}

export class HealthService {
  readonly #definition = loadHealthService();
  readonly #watches = new Map<ServerCall, Watch>();
  #isClosed = false;

  constructor(readonly dataplane: Dataplane) {}

  methods(): [string, Method][] {
    const { Check, Watch } = this.#definition;
    const check = adaptUnary(Check, ({ service }) => {
      const current = this.#statusOf(service);
      if (current !== 'SERVICE_UNKNOWN') return { status: current };
      throw new InferenceError('NOT_FOUND', `Health of unknown service '${service}': name a model, or ''`);
    });
    return [check, [Watch.path, { kind: 'stream', requests: 'one', maxInFlight: 1, open: (call) => this.#open(call) }]];
  }

  /** Tells every watcher whose state changed. */
  update(): void {
    for (const [call, watch] of this.#watches) {
      const current = this.#statusOf(watch.service);
      if (current === watch.last) continue;
      watch.last = current;
      this.#send(call, current);
    }
  }

  /** Ends the watches, which would keep a shutdown waiting for ever. */
  close(): void {
    this.#isClosed = true;
    for (const call of [...this.#watches.keys()]) end(call);
    this.#watches.clear();
  }

  #open(call: ServerCall): StreamHandler {
    return {
      onMessage: (message) => {
        if (this.#isClosed) return end(call);
        const { service } = parseMessage(this.#definition.Watch.requestDeserialize, message);
        const last = this.#statusOf(service);
        this.#watches.set(call, { service, last });
        this.#send(call, last);
      },
      onHalfClose: () => undefined, // the client has asked; it is told until it goes
      onEnd: () => {
        this.#watches.delete(call);
      },
    };
  }

  #send(call: ServerCall, current: ServingStatus): void {
    call.send(frameMessage(this.#definition.Watch.responseSerialize({ status: current })));
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

function end(call: ServerCall): void {
  call.end('UNAVAILABLE', 'The server is shutting down');
}
