/** The gRPC door: inference, health and reflection on one port, with bounds on everything and a drain that loses nothing. */

import type { Socket } from 'node:net';
import { loadInferenceService } from '../../proto/load.js';
import { ByteBudget } from '../core/byte-budget.js';
import { LIMITS } from '../core/limits.js';
import type { LoadReport } from '../core/load-report.js';
import type { AdminPlane } from '../dataplane/admin-plane.js';
import type { Dataplane } from '../dataplane/dataplane.js';
import { type RequestWatch, UNWATCHED } from '../dataplane/request-watch.js';
import { GrpcHttp2Server } from '../http2/grpc-http2-server.js';
import type { Method } from '../http2/method.js';
import type { RpcCode } from '../http2/rpc-error.js';
import type { TlsFiles } from '../http2/tls-files.js';
import { TRANSPORT_LIMITS, type TransportLimits } from '../http2/transport-limits.js';
import { adaptUnary } from './adapt-handlers.js';
import { newAdminHandlers } from './admin-service.js';
import { HealthService } from './health-service.js';
import { decodeHot, type InferPath, newGeneralDecoder } from './infer-codec.js';
import { newModelInfer, newModelStreamInfer } from './infer-methods.js';
import { newInferenceHandlers } from './inference-service.js';
import { newReflectionMethods } from './reflection-service.js';
import { isUnknown, toRpcError } from './status.js';

export interface GrpcObserver {
  /** `method` is '' for paths that no method has. */
  onCallEnd(method: string, code: RpcCode): void;
  onInferPath(path: InferPath): void;
  /** A client's connection was closed for what it did, or a certificate could not be read. */
  onFault(reason: string, error?: unknown): void;
}

export interface GrpcServerOptions {
  /** Absent: the calls that change the server are off on this port. */
  readonly admin?: AdminPlane;
  /** Takes connections that speak HTTP/1.1; absent: they are told that this port does not. */
  readonly onHttp1?: (socket: Socket) => void;
  /** Shared with other doors of this process; absent: one of its own. */
  readonly budget?: ByteBudget;
  readonly tls?: TlsFiles;
  readonly limits?: Partial<TransportLimits>;
  readonly observer?: GrpcObserver;
  /** Hears of each inference request; absent: nobody does. */
  readonly requests?: RequestWatch;
  /** Present: calls for inference end with a load report in their trailers (gRFC A51). */
  readonly readLoad?: (model: string, version: string) => LoadReport;
  /** 'hot' unless a test compares the two. */
  readonly inferPath?: InferPath;
}

const NO_OBSERVER: GrpcObserver = { onCallEnd: () => undefined, onInferPath: () => undefined, onFault: () => undefined };

export class GrpcServer {
  readonly #server: GrpcHttp2Server;
  readonly #health: HealthService;

  /** `onUnknown` hears of errors that no client is told about. */
  constructor(dataplane: Dataplane, onUnknown: (error: unknown) => void, options: GrpcServerOptions = {}) {
    const { budget = new ByteBudget(LIMITS.inFlightBytes), observer = NO_OBSERVER, tls } = options;
    this.#health = new HealthService(dataplane);
    this.#server = new GrpcHttp2Server({
      limits: { ...TRANSPORT_LIMITS, messageBytes: LIMITS.messageBytes, ...options.limits },
      methods: newMethods(dataplane, onUnknown, {
        health: this.#health,
        observer,
        admin: options.admin,
        inferPath: options.inferPath ?? 'hot',
        requests: options.requests ?? UNWATCHED,
        readLoad: options.readLoad,
      }),
      budget,
      observer: {
        onCallEnd: (method, code) => observer.onCallEnd(method, code),
        onFault: (reason, error) => observer.onFault(reason, error),
        toRpcError: (error) => {
          if (isUnknown(error)) onUnknown(error);
          return toRpcError(error);
        },
      },
      ...(tls === undefined ? {} : { tls }),
      ...(options.onHttp1 === undefined ? {} : { onHttp1: options.onHttp1 }),
    });
  }

  /** Resolves with the port, which differs from the one asked for when that was 0. */
  listen(host: string, port: number): Promise<number> {
    return this.#server.listen(host, port);
  }

  /** Tells health watchers of changed states. */
  updateHealth(): void {
    this.#health.update();
  }

  /** Lets go memory that is kept for requests to come. */
  giveBack(): void {
    this.#server.giveBack();
  }

  /** Takes no new call and resolves when those in flight have ended, or rejects after `timeoutMs`, cutting them off. */
  drain(timeoutMs: number): Promise<void> {
    this.#health.close();
    return this.#server.drain(timeoutMs);
  }
}

interface Parts {
  readonly health: HealthService;
  readonly observer: GrpcObserver;
  readonly inferPath: InferPath;
  readonly admin: AdminPlane | undefined;
  readonly requests: RequestWatch;
  readonly readLoad: GrpcServerOptions['readLoad'];
}

function newMethods(dataplane: Dataplane, onUnknown: (error: unknown) => void, parts: Parts): Map<string, Method> {
  const { health, observer, admin, inferPath, requests, readLoad } = parts;
  const service = loadInferenceService();
  const handlers = { ...newInferenceHandlers(dataplane), ...newAdminHandlers(admin) };
  const decode = inferPath === 'hot' ? decodeHot : newGeneralDecoder(service);
  const infer = { dataplane, decode, onUnknown, onDecoded: () => observer.onInferPath(inferPath), requests, readLoad };
  return new Map<string, Method>([
    [service.ModelInfer.path, newModelInfer(infer)],
    [service.ModelStreamInfer.path, newModelStreamInfer(infer)],
    adaptUnary(service.ServerLive, handlers.ServerLive),
    adaptUnary(service.ServerReady, handlers.ServerReady),
    adaptUnary(service.ModelReady, handlers.ModelReady),
    adaptUnary(service.ServerMetadata, handlers.ServerMetadata),
    adaptUnary(service.ModelMetadata, handlers.ModelMetadata),
    adaptUnary(service.ModelConfig, handlers.ModelConfig),
    adaptUnary(service.ModelStatistics, handlers.ModelStatistics),
    adaptUnary(service.RepositoryIndex, handlers.RepositoryIndex),
    adaptUnary(service.RepositoryModelLoad, handlers.RepositoryModelLoad),
    adaptUnary(service.RepositoryModelUnload, handlers.RepositoryModelUnload),
    adaptUnary(service.SystemSharedMemoryStatus, handlers.SystemSharedMemoryStatus),
    adaptUnary(service.SystemSharedMemoryRegister, handlers.SystemSharedMemoryRegister),
    adaptUnary(service.SystemSharedMemoryUnregister, handlers.SystemSharedMemoryUnregister),
    adaptUnary(service.CudaSharedMemoryStatus, handlers.CudaSharedMemoryStatus),
    adaptUnary(service.CudaSharedMemoryRegister, handlers.CudaSharedMemoryRegister),
    adaptUnary(service.CudaSharedMemoryUnregister, handlers.CudaSharedMemoryUnregister),
    adaptUnary(service.TraceSetting, handlers.TraceSetting),
    adaptUnary(service.LogSettings, handlers.LogSettings),
    ...health.methods(),
    ...newReflectionMethods(),
  ]);
}
