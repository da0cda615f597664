/**
 * Calls to one API server. Every call has a deadline, every answer a greatest size, every stream a longest silence. Credentials are
 * read again every minute, after a 401, and when one side does not accept the other's certificate; new certificates get a new
 * connection, and the old one ends what it has begun.
 */
import { type Clock, STEADY_CLOCK } from '../clock.js';
import { ENDED, ScopedAbort } from '../scoped-abort.js';
import { readJson, readRefusal } from './answer.js';
import type { ClusterAccess, Credentials } from './cluster-access.js';
import type { Connect, HttpAnswer, KubeConnection, Lane } from './connection.js';
import { KubeError } from './kube-error.js';
import { failOnSilence } from './silence.js';
import { TcpConnection } from './tcp-connection.js';
import { isTrustError } from './trust-error.js';

export type KubeMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface KubeRequest {
  readonly method: KubeMethod;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** From the call to the whole answer, retries included. */
  readonly timeoutMs?: number;
}

export interface TransportOptions {
  readonly userAgent: string;
  /** Hears the HTTP status of each answer, or `<error>` when none came, and how long it took until then. */
  readonly onAnswer?: (method: KubeMethod, code: string, seconds: number) => void;
  readonly timeoutMs?: number;
  readonly credentialsMaxAgeMs?: number;
  /** Absent: over TCP. */
  readonly connect?: Connect;
  readonly clock?: Clock;
}

const TIMEOUT_MS = 30_000;
const CREDENTIALS_MAX_AGE_MS = 60_000;
const MAX_THROTTLED_RETRIES = 3;
const MAX_RETRY_AFTER_MS = 10_000;

interface Session {
  readonly credentials: Credentials;
  readonly connection: KubeConnection;
  readonly readAt: number;
}

interface Sent {
  readonly call: KubeRequest;
  /** By the own clock. A process that was stopped wakes with all its timers at once, and the one that ends a call may be the last. */
  readonly notAfter: number;
  readonly lane: Lane;
  readonly signal: AbortSignal;
}

export class KubeTransport {
  readonly #access: ClusterAccess;
  readonly #options: TransportOptions;
  readonly #clock: Clock;
  readonly #connect: Connect;
  readonly #basePath: string;
  #session: Session | undefined;
  /** The last one alone: certificates that change with every reading must not collect sockets. */
  #retired: KubeConnection | undefined;
  #reading: Promise<Session> | undefined;
  #isClosed = false;

  constructor(access: ClusterAccess, options: TransportOptions) {
    this.#access = access;
    this.#basePath = new URL(access.server).pathname.replace(/\/+$/, '');
    this.#options = options;
    this.#clock = options.clock ?? STEADY_CLOCK;
    this.#connect = options.connect ?? ((server, tls) => new TcpConnection(server, tls));
  }

  /** The answer's JSON. Rejects with a KubeError for whatever else happens. */
  async request(call: KubeRequest): Promise<unknown> {
    const timeoutMs = call.timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS;
    const scope = new ScopedAbort(call.signal);
    const deadline = this.#startDeadline(timeoutMs, scope);
    try {
      return await unlessAborted(this.#withThrottling({ call, lane: 'Calls', signal: scope.signal, notAfter: deadline.at }), scope.signal);
    } catch (error) {
      throw toKubeError(error, call, deadline.hasPassed() ? timeoutMs : undefined);
    } finally {
      deadline.stop();
      scope.abort(); // nothing that was left open outlives its call
      scope.release();
    }
  }

  /** An answer that goes on: the pieces as they come. Ends with a KubeError after `silenceMs` without one. */
  async stream(call: KubeRequest, silenceMs: number): Promise<AsyncIterable<Uint8Array>> {
    const timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS;
    const scope = new ScopedAbort(call.signal);
    const deadline = this.#startDeadline(timeoutMs, scope);
    try {
      const answer = await unlessAborted(this.#send({ call, lane: 'Watches', signal: scope.signal, notAfter: deadline.at }), scope.signal);
      if (answer.status !== 200) throw await readRefusal(answer, describeCall(call));
      return this.#streamed(answer, { call, scope, silenceMs });
    } catch (error) {
      scope.abort();
      scope.release();
      throw toKubeError(error, call, deadline.hasPassed() ? timeoutMs : undefined);
    } finally {
      deadline.stop();
    }
  }

  /** Cuts what is open; calls after it are refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#session?.connection.destroy(), this.#retired?.destroy()]);
  }

  async *#streamed(
    { body }: HttpAnswer,
    { call, scope, silenceMs }: { readonly call: KubeRequest; readonly scope: ScopedAbort; readonly silenceMs: number },
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* failOnSilence(body, { clock: this.#clock, silenceMs, onSilence: () => scope.abort() });
    } catch (error) {
      throw toKubeError(error, call);
    } finally {
      scope.abort();
      scope.release();
    }
  }

  #startDeadline(timeoutMs: number, scope: ScopedAbort): { readonly at: number; hasPassed(): boolean; stop(): void } {
    const timer = new AbortController();
    let hasPassed = false;
    const at = this.#clock.now() + timeoutMs;
    this.#clock.sleep(timeoutMs, timer.signal).then(() => {
      if (timer.signal.aborted) return;
      hasPassed = true;
      scope.abort();
    });
    return { at, hasPassed: () => hasPassed || this.#clock.now() >= at, stop: () => timer.abort(ENDED) };
  }

  /** A server that is too busy has done nothing yet, and says when to come back. */
  async #withThrottling(sent: Sent): Promise<unknown> {
    const { call, signal } = sent;
    for (let attempt = 0; ; attempt++) {
      try {
        return await readJson(await this.#send(sent), describeCall(call));
      } catch (error) {
        if (!(error instanceof KubeError) || error.code !== 429 || attempt >= MAX_THROTTLED_RETRIES) throw error;
        await this.#clock.sleep(Math.min(error.retryAfterMs ?? 1000, MAX_RETRY_AFTER_MS), signal);
        if (signal.aborted) throw error;
      }
    }
  }

  /** Sends once, and once more with new credentials after a 401. */
  async #send(sent: Sent): Promise<HttpAnswer> {
    const answer = await this.#sendTrusted(sent);
    if (answer.status !== 401) return answer;
    await readRefusal(answer, describeCall(sent.call));
    return this.#exchange(sent, await this.#readSession());
  }

  /** A server's certificate that is not trusted may be of an authority that came a moment ago. Nothing was sent: so once more with that. */
  async #sendTrusted(sent: Sent): Promise<HttpAnswer> {
    const current = await this.#currentSession();
    const session = this.#session ?? current; // it may have been exchanged while this call waited for its turn
    try {
      return await this.#exchange(sent, session);
    } catch (error) {
      if (!isTrustError(error)) throw error;
      const fresh = await this.#readSession();
      if (fresh.connection === session.connection) throw error;
      return this.#exchange(sent, fresh);
    }
  }

  async #exchange({ call, lane, signal, notAfter }: Sent, { connection, credentials }: Session): Promise<HttpAnswer> {
    const { method, body } = call;
    const headers: Record<string, string> = { ...credentials.headers, accept: 'application/json', 'user-agent': this.#options.userAgent };
    if (body !== undefined) headers['content-type'] = call.contentType ?? 'application/json';
    const start = this.#clock.now();
    if (start >= notAfter) throw new KubeError('Its time was over before it was sent', { code: 0, reason: 'Timeout' });
    const tell = (code: string): void => this.#options.onAnswer?.(method, code, (this.#clock.now() - start) / 1000);
    try {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const answer = await connection.exchange({ method, target: this.#target(call), headers, body: text, lane, signal });
      tell(String(answer.status));
      return answer;
    } catch (error) {
      tell('<error>');
      throw error;
    }
  }

  #target({ path, query = {} }: KubeRequest): string {
    const base = this.#basePath;
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
    return `${base}${path}${search.size === 0 ? '' : `?${search}`}`;
  }

  async #currentSession(): Promise<Session> {
    this.#refuseWhenClosed();
    const maxAgeMs = this.#options.credentialsMaxAgeMs ?? CREDENTIALS_MAX_AGE_MS;
    if (this.#session !== undefined && this.#clock.now() - this.#session.readAt < maxAgeMs) return this.#session;
    return this.#readSession();
  }

  /** One read at a time, whoever asks. */
  #readSession(): Promise<Session> {
    this.#reading ??= this.#openSession().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #openSession(): Promise<Session> {
    const old = this.#session;
    const credentials = await this.#access.credentials();
    this.#refuseWhenClosed();
    const isSameTls = old !== undefined && JSON.stringify(old.credentials.tls) === JSON.stringify(credentials.tls);
    const connection = isSameTls ? old.connection : this.#connect(new URL(this.#access.server).origin, credentials.tls);
    if (!isSameTls && old !== undefined) this.#retire(old.connection);
    this.#session = { credentials, connection, readAt: this.#clock.now() };
    return this.#session;
  }

  #retire(connection: KubeConnection): void {
    this.#retired?.destroy().catch(() => undefined);
    this.#retired = connection;
    connection.retire();
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new KubeError('The connection to the API server is closed', { code: 0, reason: 'Aborted' });
  }
}

/** The work's outcome, or a KubeError as soon as the signal aborts, whatever the work does then. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new KubeError('The call was given up', { code: 0, reason: 'Aborted' }));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    const forget = (): void => signal.removeEventListener('abort', abort);
    work.then(
      (value) => {
        forget();
        resolve(value);
      },
      (error: unknown) => {
        forget();
        reject(error);
      },
    );
  });
}

function toKubeError(error: unknown, call: KubeRequest, timedOutAfterMs?: number): KubeError {
  if (timedOutAfterMs !== undefined) {
    return new KubeError(`${describeCall(call)} took more than ${timedOutAfterMs} ms`, { code: 0, reason: 'Timeout', cause: error });
  }
  if (error instanceof KubeError) return error;
  if (call.signal?.aborted === true) return new KubeError(`${describeCall(call)} was given up`, { code: 0, reason: 'Aborted', cause: error });
  const message = error instanceof Error ? error.message || error.name : String(error);
  return new KubeError(`${describeCall(call)} got no answer: ${message}`, { code: 0, reason: 'Unreachable', cause: error });
}

function describeCall({ method, path }: KubeRequest): string {
  return `${method} ${path}`;
}
