/**
 * One HTTP/2 session to the API server. A PING now and then finds a connection whose other end is silently gone; a session that
 * nobody uses closes itself, before the server does in the middle of a call.
 */
import { type ClientHttp2Session, connect } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.js';
import type { TlsMaterial } from './cluster-access.js';
import type { HttpAnswer, HttpCall } from './connection.js';
import { dialH2 } from './h2-dial.js';
import { exchangeOnH2 } from './h2-exchange.js';

export interface H2Tuning {
  /** From the name to the server's SETTINGS. */
  readonly connectTimeoutMs: number;
  /** Between an answer to a PING and the next PING. */
  readonly pingIntervalMs: number;
  /** Without an answer to it, and without any other byte, the other end is gone. */
  readonly pingTimeoutMs: number;
  /** A session without streams for so long is closed. The API server closes its own after 90 s. */
  readonly idleMs: number;
  readonly streamWindowBytes: number;
  readonly sessionWindowBytes: number;
}

export const H2_TUNING: H2Tuning = {
  connectTimeoutMs: 10_000,
  pingIntervalMs: 15_000,
  pingTimeoutMs: 10_000,
  idleMs: 60_000,
  streamWindowBytes: 4 * 1024 * 1024,
  sessionWindowBytes: 16 * 1024 * 1024,
};

/** Of a server that sets no limit. */
const MAX_STREAMS = 1000;
const MAX_SESSION_MEMORY_MIB = 256;
const MAX_HEADER_LIST_BYTES = 64 * 1024;

export interface H2SessionOptions {
  readonly server: string;
  readonly tls: TlsMaterial;
  readonly clock: Clock;
  readonly tuning: H2Tuning;
}

export interface H2SessionEvents {
  /** A stream ended, or the server allows more of them. */
  readonly onFree: () => void;
  /** Takes no new streams. Those that are open may still end. */
  readonly onDraining: () => void;
  readonly onClosed: () => void;
}

export class H2Session {
  readonly #session: ClientHttp2Session;
  readonly #socket: TLSSocket;
  readonly #options: H2SessionOptions;
  readonly #events: H2SessionEvents;
  readonly #end = new AbortController();
  #failure: Error | undefined;
  #inUse = 0;
  #lastUsedAt: number;
  #isDraining = false;

  private constructor(socket: TLSSocket, options: H2SessionOptions, events: H2SessionEvents) {
    const { server, tuning, clock } = options;
    [this.#socket, this.#options, this.#events, this.#lastUsedAt] = [socket, options, events, clock.now()];
    this.#session = connect(server, {
      createConnection: () => socket,
      maxSessionMemory: MAX_SESSION_MEMORY_MIB,
      settings: { enablePush: false, initialWindowSize: tuning.streamWindowBytes, maxHeaderListSize: MAX_HEADER_LIST_BYTES },
    });
    this.#session.once('connect', () => this.#session.setLocalWindowSize(tuning.sessionWindowBytes));
    // what a session dies of is told by its streams
    this.#session.on('error', (error) => {
      this.#failure = error;
    });
    // a server that does not take our certificate says so after the handshake; Node then waits for a close that does not come
    socket.on('error', (error) => {
      this.#failure ??= error;
      socket.destroy();
    });
    this.#session.on('remoteSettings', events.onFree);
    this.#session.on('goaway', () => this.#drain());
    this.#session.once('close', () => {
      this.#end.abort();
      this.#drain();
      events.onClosed();
    });
  }

  /** Resolves when the server has said how many streams it takes. Rejects with why not, or when the signal aborts. */
  static async connect(options: H2SessionOptions, events: H2SessionEvents, signal: AbortSignal): Promise<H2Session> {
    const { server, tls, clock, tuning } = options;
    const attempt = new AbortController();
    const abort = (): void => attempt.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const timer = new AbortController();
    void clock.sleep(tuning.connectTimeoutMs, timer.signal).then(() => {
      if (!timer.signal.aborted) attempt.abort(new Error(`${server} let nobody in within ${tuning.connectTimeoutMs} ms`));
    });
    try {
      const session = new H2Session(await dialH2(server, tls, attempt.signal), options, events);
      await session.#settingsOf(attempt.signal);
      void session.#beat();
      return session;
    } finally {
      timer.abort();
      signal.removeEventListener('abort', abort);
    }
  }

  /** How many more streams it takes now. */
  get free(): number {
    if (this.isDraining) return 0;
    const allowed = Math.min(this.#session.remoteSettings.maxConcurrentStreams ?? MAX_STREAMS, MAX_STREAMS);
    return Math.max(0, allowed - this.#inUse);
  }

  get isDraining(): boolean {
    return this.#isDraining || this.#session.closed || this.#session.destroyed;
  }

  get isClosed(): boolean {
    return this.#end.signal.aborted;
  }

  /** Takes a stream until that has closed. Rejects with an UnprocessedError when the call may be sent again elsewhere. */
  exchange(call: HttpCall): Promise<HttpAnswer> {
    this.#inUse++;
    if (this.#inUse === 1) this.#session.ref();
    return exchangeOnH2(this.#session, call, () => this.#release());
  }

  /** Ends when the last stream has. */
  close(): void {
    this.#drain();
    this.#session.close();
  }

  destroy(reason: Error): void {
    this.#drain();
    this.#session.destroy(reason);
    this.#socket.destroy();
  }

  #settingsOf(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => this.destroy(signal.reason instanceof Error ? signal.reason : new Error('The attempt to connect was given up'));
      this.#session.once('close', () => reject(this.#failure ?? new Error('The server ended the connection before it said anything')));
      this.#session.once('remoteSettings', () => {
        signal.removeEventListener('abort', abort);
        this.#session.unref();
        resolve();
      });
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
  }

  #release(): void {
    this.#inUse--;
    this.#lastUsedAt = this.#options.clock.now();
    if (this.#inUse === 0) this.#session.unref();
    this.#events.onFree();
  }

  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#events.onDraining();
  }

  async #beat(): Promise<void> {
    const { clock, tuning } = this.#options;
    const { signal } = this.#end;
    for (;;) {
      await clock.sleep(tuning.pingIntervalMs, signal);
      if (signal.aborted) return;
      if (this.#inUse === 0 && clock.now() - this.#lastUsedAt >= tuning.idleMs) return this.close();
      if (!(await this.#answersPing())) {
        if (signal.aborted) return;
        return this.destroy(new Error(`The API server answered no HTTP/2 PING for ${tuning.pingTimeoutMs} ms: the connection was given up`));
      }
    }
  }

  /**
   * Patience has two halves: a process that was stopped, or busy, for longer than all of it wakes to a timer that is due before it
   * has read the answer that is waiting. Any byte is a sign of life: the answer may be behind a long list on a slow line.
   */
  async #answersPing(): Promise<boolean> {
    const { clock, tuning } = this.#options;
    let isAnswered = false;
    const answered = new AbortController();
    const stop = (): void => answered.abort();
    this.#end.signal.addEventListener('abort', stop, { once: true });
    try {
      if (this.#session.destroyed) return false;
      this.#session.ping((error) => {
        isAnswered = error === null;
        stop();
      });
      for (let heard = -1; !answered.signal.aborted && heard !== this.#socket.bytesRead; ) {
        heard = this.#socket.bytesRead;
        for (let half = 0; half < 2; half++) await clock.sleep(tuning.pingTimeoutMs / 2, answered.signal);
      }
      return isAnswered;
    } finally {
      this.#end.signal.removeEventListener('abort', stop);
    }
  }
}
