/** The gRPC door: inference and health on one port, with bounded messages and a drain that loses nothing. */
import { logVerbosity, Server, ServerCredentials, ServerInterceptingCall, type ServerInterceptor, setLogVerbosity, status } from '@grpc/grpc-js';
import { loadHealthService, loadInferenceService } from '../../proto/load.js';
import { LIMITS } from '../core/limits.js';
import type { Dataplane } from '../dataplane/dataplane.js';
import { HealthService } from './health-service.js';
import { newInferenceService } from './inference-service.js';

export class GrpcServer {
  readonly #server: Server;
  readonly #health: HealthService;

  constructor(dataplane: Dataplane, onUnknown: (error: unknown) => void) {
    setLogVerbosity(logVerbosity.NONE); // it writes to stderr what it also throws, and a log line says that already
    this.#server = new Server({
      'grpc.max_receive_message_length': LIMITS.messageBytes,
      'grpc.max_send_message_length': LIMITS.messageBytes,
      interceptors: [renameRefusals],
    });
    this.#health = new HealthService(dataplane);
    this.#server.addService(loadInferenceService(), newInferenceService(dataplane, onUnknown));
    this.#server.addService(loadHealthService(), this.#health.handlers());
  }

  /** Resolves with the port, which differs from the one asked for when that was 0. */
  listen(host: string, port: number): Promise<number> {
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error) reject(new Error(`Could not listen on ${address} for gRPC: ${error.message}`, { cause: error }));
        else resolve(bound);
      });
    });
  }

  /** Tells health watchers of changed states. */
  updateHealth(): void {
    this.#health.update();
  }

  /** Takes no new call and resolves when those in flight have ended, or rejects after `timeoutMs`, cutting them off. */
  async drain(timeoutMs: number): Promise<void> {
    this.#health.close();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Calls were still in flight after ${timeoutMs / 1000} s and were cut off`)), timeoutMs);
    });
    const finished = new Promise<void>((resolve, reject) => this.#server.tryShutdown((error) => (error === undefined ? resolve() : reject(error))));
    try {
      await Promise.race([finished, timeout]);
    } finally {
      clearTimeout(timer);
      this.#server.forceShutdown();
    }
  }
}

/**
 * What grpc-js says of requests that never reach the service. An oversized one is RESOURCE_EXHAUSTED there, which tells
 * clients to try again later, though it never will be smaller; one that is no protobuf is INTERNAL, though the client made
 * it. Both are INVALID_ARGUMENT. The statuses are sent from below the interceptors, hence from here.
 */
const renameRefusals: ServerInterceptor = (_method, call) => {
  const sendStatus = call.sendStatus.bind(call);
  call.sendStatus = (sent) => sendStatus(renameRefusal(sent));
  return new ServerInterceptingCall(call);
};

function renameRefusal<Sent extends { code: status; details?: string | null }>(sent: Sent): Sent {
  const details = sent.details ?? '';
  if (sent.code === status.RESOURCE_EXHAUSTED && details.startsWith('Received message larger than max')) {
    return { ...sent, code: status.INVALID_ARGUMENT, details: `request is larger than the limit of ${LIMITS.messageBytes} bytes: ${details}` };
  }
  if (sent.code === status.INTERNAL && details.startsWith('Error deserializing request')) {
    return { ...sent, code: status.INVALID_ARGUMENT, details: `request is not a message of this method: ${details}` };
  }
  return sent;
}
