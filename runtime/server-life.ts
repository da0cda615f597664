/**
 * From start to exit: load → ready → (SIGTERM) not ready → keep serving for the drain delay, while endpoints forget this
 * pod → finish what is in flight → close. A second signal ends at once.
 */
import process from 'node:process';
import { SYSTEM_CLOCK } from '../lib/clock.js';
import type { HttpServer } from '../lib/http-server.js';
import type { Logger } from '../lib/logger.js';
import { computeReadiness } from './core/readiness.js';
import { exitAtOnce } from './exit-at-once.js';
import type { GrpcServer } from './grpc/server.js';
import type { LocalModelStore } from './model/local-model-store.js';
import type { HostResources } from './model/plan-load.js';

export interface ServerLifeOptions {
  readonly store: LocalModelStore;
  readonly grpc: GrpcServer;
  readonly rest: HttpServer;
  readonly probes: HttpServer;
  /** A port of their own for administrators. */
  readonly admin?: { readonly grpc: GrpcServer; readonly rest: HttpServer };
  readonly log: Logger;
  readonly drainDelaySeconds: number;
  readonly drainTimeoutSeconds: number;
  /** The last thing to do: what is written about requests and not sent yet. It has a bound of its own and never rejects. */
  readonly flush: () => Promise<void>;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** What a shell reports of a process that a signal ended. */
const EXIT_OF_SIGNAL = { SIGTERM: 143, SIGINT: 130 } as const;

export class ServerLife {
  readonly #stopped = Promise.withResolvers<void>();
  readonly #crashed = Promise.withResolvers<never>();
  #isStopping = false;
  /** Settles when no model is being loaded any more. Never rejects. */
  #loaded: Promise<void> = Promise.resolve();

  constructor(readonly options: ServerLifeOptions) {
    this.#crashed.promise.catch(() => undefined); // awaited by start and ended; a crash after them ends the process anyway
    for (const signal of SIGNALS) process.on(signal, () => this.#onSignal(signal));
  }

  /** Loads and warms every model. Rejects with LoadError; resolves early when told to stop meanwhile. */
  async start(host: HostResources): Promise<void> {
    const { store, log } = this.options;
    const loading = store
      .start(host, (error) => this.#crashed.reject(error))
      .then(() => {
        for (const model of store.models()) {
          const status = model.statusz();
          const facts = { model: model.name, version: model.version, provider: status?.provider, ...status?.seconds, ...status?.serving };
          if (model.state === 'Failed') log.error('Refused model', { model: model.name, version: model.version, reason: model.reason });
          else log.info('Loaded model', facts);
        }
      });
    this.#loaded = loading.catch(() => undefined); // a failed load is start's to report
    await Promise.race([loading.then(() => this.#isStopping || this.#tellReady()), this.#stopped.promise]);
  }

  #tellReady(): void {
    const { store, log } = this.options;
    const { isReady, reason } = computeReadiness(store.models(), store.isDraining);
    if (isReady) log.info('Ready');
    else log.warn('Not ready', { reason });
  }

  /** Resolves after a clean drain; rejects when a model died, after what other models had under way has ended. */
  async ended(): Promise<void> {
    try {
      await Promise.race([this.#stopped.promise, this.#crashed.promise]);
    } catch (error) {
      this.options.log.warn('Lost a session', { error });
      this.options.store.drain();
      await this.#drain(0);
      throw error;
    }
    await this.#drain(this.options.drainDelaySeconds);
  }

  /** Closes everything at once. */
  async abort(): Promise<void> {
    const { grpc, admin } = this.options;
    await Promise.all([grpc.drain(0), admin?.grpc.drain(0)]).catch(() => undefined); // cutting calls off is what abort means
    await this.#close();
  }

  #onSignal(signal: (typeof SIGNALS)[number]): void {
    if (this.#isStopping) exitAtOnce(EXIT_OF_SIGNAL[signal]); // process.exit would wait for a run in progress
    this.#isStopping = true;
    this.options.log.info('Draining', { signal, delaySeconds: this.options.drainDelaySeconds });
    this.options.store.drain();
    this.#stopped.resolve();
  }

  async #drain(delaySeconds: number): Promise<void> {
    const { store, grpc, rest, admin, log, drainTimeoutSeconds } = this.options;
    await SYSTEM_CLOCK.sleep(delaySeconds * 1000);
    const timeoutMs = drainTimeoutSeconds * 1000;
    const restClosed = Promise.all([rest.close(timeoutMs), admin?.rest.close(timeoutMs)]); // requests over HTTP need the models too
    try {
      await Promise.all([grpc.drain(timeoutMs), admin?.grpc.drain(timeoutMs)]);
      log.info('Drained');
    } catch (error) {
      log.warn('Drain timed out', { error });
    }
    await restClosed;
    // ONNX Runtime aborts the process when its thread is ended in the middle of a load
    await Promise.race([Promise.all([this.#loaded, store.idle()]), SYSTEM_CLOCK.sleep(drainTimeoutSeconds * 1000)]);
    await this.#close();
  }

  async #close(): Promise<void> {
    const { store, rest, probes } = this.options;
    await store.close();
    await Promise.all([rest.close(), this.options.admin?.rest.close(), probes.close(), this.options.flush()]);
  }
}
