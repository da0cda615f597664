/**
 * gRPC over HTTP/2 without a framework between (docs/adr/0034): accepts connections and streams, sweeps what does not move,
 * and drains. It knows framing, deadlines and bounds; what the bytes mean is the methods' matter.
 */
import type { Buffer } from 'node:buffer';
import type { Server, Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { OutputPool } from '../../lib/http2/output-pool.js';
import type { RequestHead } from '../../lib/http2/request-head.js';
import type { ServerStream } from '../../lib/http2/server-stream.js';
import type { ByteBudget } from '../core/byte-budget.js';
import { acceptCall } from './accept-call.js';
import { AssemblyPool } from './assembly-pool.js';
import type { CallHost, TransportObserver } from './call-host.js';
import { Connection, type ConnectionOwner } from './connection.js';
import { DeadlineWheel } from './deadline-wheel.js';
import { Inflater } from './inflater.js';
import type { Method } from './method.js';
import { newPlainListener, refuseHttp1 } from './plain-listener.js';
import type { ServerCall } from './server-call.js';
import { readTlsFiles, type TlsFiles, TlsWatch } from './tls-files.js';
import type { TransportLimits } from './transport-limits.js';

export interface GrpcHttp2ServerOptions {
  readonly limits: TransportLimits;
  /** By path, '/package.Service/Method'. */
  readonly methods: ReadonlyMap<string, Method>;
  /** Shared with whatever else takes requests in this process. */
  readonly budget: ByteBudget;
  readonly observer: TransportObserver;
  /** Takes plaintext connections that speak HTTP/1.1; absent: they are told that this port does not. */
  readonly onHttp1?: (socket: Socket) => void;
  /** Absent: plaintext. */
  readonly tls?: TlsFiles;
  /** Milliseconds that only grow. */
  readonly nowMs?: () => number;
  /** 0 to 1. */
  readonly random?: () => number;
}

const SWEEP_MS = 1000;
const TLS_POLL_MS = 10_000;
/** For the status of calls that a drain ends to reach their clients. */
const LAST_WORDS_MS = 500;
const DRAINED = 'The server is shutting down, and the time for calls in flight is over';
/** Memory for messages that lies idle: so much, and no more than this share of what requests in flight may hold. */
const POOL_BYTES = 64 * 1024 * 1024;
const POOL_SHARE = 8;
/** What lay idle for so many sweeps is let go. */
const TRIM_SWEEPS = 10;

export class GrpcHttp2Server implements CallHost, ConnectionOwner {
  readonly limits: TransportLimits;
  readonly budget: ByteBudget;
  readonly observer: TransportObserver;
  readonly #output = new OutputPool();
  readonly pool: AssemblyPool;
  readonly wheel: DeadlineWheel;
  readonly inflater = new Inflater();
  sweptMs: number;
  readonly #connections = new Set<Connection>();
  #listener: Server | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #tlsPoll: NodeJS.Timeout | undefined;
  #reloadTls: () => void = () => undefined;
  #calls = 0;
  #sweeps = 0;
  #onEmpty: (() => void) | undefined;
  #isDraining = false;

  constructor(readonly options: GrpcHttp2ServerOptions) {
    this.limits = options.limits;
    this.budget = options.budget;
    this.observer = options.observer;
    this.pool = new AssemblyPool(Math.min(POOL_BYTES, this.budget.limit / POOL_SHARE));
    this.wheel = new DeadlineWheel(options.nowMs ?? (() => performance.now()));
    this.sweptMs = this.wheel.nowMs();
  }

  /** Calls in flight. */
  get calls(): number {
    return this.#calls;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Resolves with the port, which differs from the one asked for when that was 0. */
  listen(host: string, port: number): Promise<number> {
    const listener = this.#newListener();
    listener.maxConnections = this.limits.connections;
    this.#listener = listener;
    this.#sweeper = setInterval(() => this.sweep(), SWEEP_MS).unref();
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return new Promise((resolve, reject) => {
      const refuse = (cause: Error): void => reject(new Error(`Could not listen on ${address} for gRPC: ${cause.message}`, { cause }));
      listener.once('error', refuse);
      listener.listen(port, host, () => {
        listener.off('error', refuse);
        const bound = listener.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
      });
    });
  }

  /** Takes no new call and resolves when those in flight have ended, or rejects after `timeoutMs`, when they were ended with UNAVAILABLE. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isDraining = true;
    this.#listener?.close();
    clearInterval(this.#tlsPoll);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`Calls were still in flight after ${timeoutMs / 1000} s and were cut off`)), timeoutMs);
    this.#onEmpty = () => resolve();
    for (const connection of [...this.#connections]) connection.retire();
    if (this.#connections.size === 0) resolve();
    try {
      await promise;
    } catch (error) {
      await this.#endCalls();
      throw error;
    } finally {
      clearTimeout(timer);
      for (const connection of [...this.#connections]) connection.destroy();
      clearInterval(this.#sweeper);
    }
  }

  /** Resolves when their clients have been told, or do not listen. */
  async #endCalls(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LAST_WORDS_MS);
    this.#onEmpty = resolve;
    for (const connection of this.#connections) connection.endCalls(DRAINED);
    await promise;
    clearTimeout(timer);
  }

  /** Ends what does not move. Called once a second; tests call it themselves. */
  sweep(): void {
    this.sweptMs = this.wheel.nowMs();
    for (const connection of [...this.#connections]) connection.sweep(this.sweptMs);
    if (++this.#sweeps % TRIM_SWEEPS === 0) this.pool.trim();
  }

  /** Lets go memory that is kept for requests to come. */
  giveBack(): void {
    this.pool.clear();
    this.#output.clear();
  }

  /** Looks whether certificates changed. Called every ten seconds; tests call it themselves. */
  reloadTls(): void {
    try {
      this.#reloadTls();
    } catch (error) {
      this.observer.onFault('certificate kept', error);
    }
  }

  onCallClosed(): void {
    this.#calls--;
  }

  accept(stream: ServerStream, head: RequestHead): ServerCall | undefined {
    const call = acceptCall(this, this.options.methods, stream, head, this.#calls >= this.limits.streams);
    if (call !== undefined) this.#calls++;
    return call;
  }

  onGone(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  #newListener(): Server {
    const { tls, onHttp1 } = this.options;
    const { handshakeMs } = this.limits;
    if (tls === undefined) return newPlainListener({ handshakeMs, onHttp2: (socket, begun) => this.#connect(socket, begun), onHttp1 });
    const material = readTlsFiles(tls);
    const clients = tls.clientCaFile === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
    const options: TlsOptions = {
      ...material,
      ...clients,
      ALPNProtocols: ['h2'],
      minVersion: 'TLSv1.2',
      handshakeTimeout: handshakeMs,
      noDelay: true,
    };
    const secure = createTlsServer(options, (socket) => {
      if (socket.alpnProtocol === 'h2') this.#connect(socket);
      else refuseHttp1(socket);
    });
    secure.on('tlsClientError', () => this.observer.onFault('TLS handshake failed'));
    const watch = new TlsWatch(tls, material);
    this.#reloadTls = () => {
      const changed = watch.poll();
      if (changed !== undefined) secure.setSecureContext({ ...changed, minVersion: 'TLSv1.2' });
    };
    this.#tlsPoll = setInterval(() => this.reloadTls(), TLS_POLL_MS).unref();
    return secure;
  }

  #connect(socket: Socket, begun?: Buffer): void {
    const connection = new Connection(this, this, socket, this.#output, (this.options.random ?? Math.random)() * 2 - 1);
    this.#connections.add(connection);
    if (begun !== undefined) connection.session.receive(begun);
    if (this.#isDraining) connection.retire();
  }
}
