/**
 * HTTP to one API server over connections that are kept: client-node opens a TLS connection per call. Every call has a deadline,
 * every answer a greatest size. Credentials are read again every minute and after a 401; a new certificate gets new connections.
 */
import { Agent, type Dispatcher, request } from 'undici';
import { SYSTEM_CLOCK } from '../clock.js';
import { ScopedAbort } from '../scoped-abort.js';
import type { ClusterAccess, Credentials } from './cluster-access.js';
import { isRecord, readNumber, readRecord, readString } from './json.js';
import { KubeError } from './kube-error.js';

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
  /** Hears the HTTP status of each answer, or `<error>` when none came. */
  readonly onAnswer?: (method: KubeMethod, code: string) => void;
  readonly timeoutMs?: number;
  readonly credentialsMaxAgeMs?: number;
}

const TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
const CREDENTIALS_MAX_AGE_MS = 60_000;
const IDLE_SOCKET_MS = 60_000;
const MAX_SOCKETS = 64;
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;
const MAX_THROTTLED_RETRIES = 3;
const MAX_RETRY_AFTER_MS = 10_000;

interface Session {
  readonly credentials: Credentials;
  readonly agent: Agent;
  readonly readAt: number;
}

export class KubeTransport {
  readonly #access: ClusterAccess;
  readonly #options: TransportOptions;
  #session: Session | undefined;
  #reading: Promise<Session> | undefined;
  #isClosed = false;

  constructor(access: ClusterAccess, options: TransportOptions) {
    this.#access = access;
    this.#options = options;
  }

  /** The answer's JSON. Rejects with a KubeError for whatever else happens. */
  async request(call: KubeRequest): Promise<unknown> {
    const timeoutMs = call.timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS;
    const scope = new ScopedAbort(call.signal);
    let timedOutAfterMs: number | undefined;
    const deadline = setTimeout(() => {
      timedOutAfterMs = timeoutMs;
      scope.abort();
    }, timeoutMs);
    try {
      return await this.#withThrottling(call, scope.signal);
    } catch (error) {
      throw toKubeError(error, call, timedOutAfterMs);
    } finally {
      clearTimeout(deadline);
      scope.release();
    }
  }

  /** An answer that goes on: the pieces as they come. Ends with a KubeError after `silenceMs` without one. */
  async stream(call: KubeRequest, silenceMs: number): Promise<AsyncIterable<Uint8Array>> {
    try {
      const answer = await this.#send(call, call.signal, silenceMs);
      if (answer.statusCode !== 200) throw await statusError(call, answer);
      return withKubeErrors(answer.body, call);
    } catch (error) {
      throw toKubeError(error, call);
    }
  }

  /** Cuts what is open; calls after it are refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#session?.agent.destroy();
  }

  /** A server that is too busy has done nothing yet, and says when to come back. */
  async #withThrottling(call: KubeRequest, signal: AbortSignal): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#attempt(call, signal);
      } catch (error) {
        if (!(error instanceof KubeError) || error.code !== 429 || attempt >= MAX_THROTTLED_RETRIES) throw error;
        await SYSTEM_CLOCK.sleep(Math.min(error.retryAfterMs ?? 1000, MAX_RETRY_AFTER_MS), signal);
        if (signal.aborted) throw error;
      }
    }
  }

  async #attempt(call: KubeRequest, signal: AbortSignal): Promise<unknown> {
    const answer = await this.#send(call, signal, 0);
    if (answer.statusCode < 200 || answer.statusCode > 299) throw await statusError(call, answer);
    return parseBody(await readBody(answer.body), call);
  }

  /** Sends once, and once more with new credentials after a 401. */
  async #send(call: KubeRequest, signal: AbortSignal | undefined, bodyTimeout: number): Promise<Dispatcher.ResponseData> {
    const answer = await this.#dispatch(call, await this.#currentSession(), signal, bodyTimeout);
    if (answer.statusCode !== 401) return answer;
    await answer.body.dump();
    return this.#dispatch(call, await this.#readSession(), signal, bodyTimeout);
  }

  async #dispatch(call: KubeRequest, { agent, credentials }: Session, signal: AbortSignal | undefined, bodyTimeout: number) {
    const { method, body } = call;
    const headers: Record<string, string> = { ...credentials.headers, accept: 'application/json', 'user-agent': this.#options.userAgent };
    if (body !== undefined) headers['content-type'] = call.contentType ?? 'application/json';
    try {
      const answer = await request(this.#url(call), {
        method,
        headers,
        dispatcher: agent,
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
        headersTimeout: this.#options.timeoutMs ?? TIMEOUT_MS,
        bodyTimeout,
      });
      this.#options.onAnswer?.(method, String(answer.statusCode));
      return answer;
    } catch (error) {
      this.#options.onAnswer?.(method, '<error>');
      throw error;
    }
  }

  #url({ path, query = {} }: KubeRequest): string {
    const url = new URL(this.#access.server.replace(/\/+$/, '') + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    return url.href;
  }

  async #currentSession(): Promise<Session> {
    if (this.#isClosed) throw new KubeError('The connection to the API server is closed', { code: 0, reason: 'Aborted' });
    const maxAgeMs = this.#options.credentialsMaxAgeMs ?? CREDENTIALS_MAX_AGE_MS;
    if (this.#session !== undefined && performance.now() - this.#session.readAt < maxAgeMs) return this.#session;
    return this.#readSession();
  }

  /** One read at a time, whoever asks. The old agent finishes what it has begun. */
  #readSession(): Promise<Session> {
    this.#reading ??= this.#openSession().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #openSession(): Promise<Session> {
    const old = this.#session;
    const credentials = await this.#access.credentials();
    const isSameTls = old !== undefined && JSON.stringify(old.credentials.tls) === JSON.stringify(credentials.tls);
    const agent = isSameTls ? old.agent : newAgent(credentials);
    if (!isSameTls) old?.agent.close().catch(() => undefined);
    this.#session = { credentials, agent, readAt: performance.now() };
    return this.#session;
  }
}

/** HTTP/1.1: a watch keeps one connection, calls share the others. */
function newAgent({ tls }: Credentials): Agent {
  return new Agent({
    allowH2: false,
    connections: MAX_SOCKETS,
    pipelining: 1,
    keepAliveTimeout: IDLE_SOCKET_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS, keepAlive: true, ...tls },
  });
}

async function readBody(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new KubeError(`The answer is larger than ${MAX_ANSWER_BYTES} bytes`, { code: 0, reason: 'BadAnswer' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string, call: KubeRequest): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KubeError(`${describeCall(call)} was answered with something that is not JSON: ${text.slice(0, 100)}`, {
      code: 0,
      reason: 'BadAnswer',
      cause,
    });
  }
}

/** A Status object says more than the HTTP status; a proxy in between sends none. */
async function statusError(call: KubeRequest, answer: Dispatcher.ResponseData): Promise<KubeError> {
  const text = await readBody(answer.body);
  let status: unknown;
  try {
    status = JSON.parse(text);
  } catch {
    status = undefined;
  }
  const code = answer.statusCode;
  const said = readString(status, 'message') ?? text.trim().slice(0, 200);
  const retryAfter = Number(answer.headers['retry-after'] ?? readNumber(readRecord(status, 'details'), 'retryAfterSeconds'));
  return new KubeError(said === '' ? `${describeCall(call)} was answered with HTTP ${code}` : said, {
    code,
    reason: (isRecord(status) ? readString(status, 'reason') : undefined) ?? `HTTP${code}`,
    retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined,
  });
}

async function* withKubeErrors(body: AsyncIterable<Uint8Array>, call: KubeRequest): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw toKubeError(error, call);
  }
}

function toKubeError(error: unknown, call: KubeRequest, timedOutAfterMs?: number): KubeError {
  if (error instanceof KubeError) return error;
  if (timedOutAfterMs !== undefined) {
    return new KubeError(`${describeCall(call)} took more than ${timedOutAfterMs} ms`, { code: 0, reason: 'Timeout', cause: error });
  }
  if (call.signal?.aborted === true) return new KubeError(`${describeCall(call)} was given up`, { code: 0, reason: 'Aborted', cause: error });
  const message = error instanceof Error ? error.message || error.name : String(error);
  const reason = readString(error, 'code') === 'UND_ERR_BODY_TIMEOUT' ? 'Silent' : 'Unreachable';
  return new KubeError(`${describeCall(call)} got no answer: ${message}`, { code: 0, reason, cause: error });
}

function describeCall({ method, path }: KubeRequest): string {
  return `${method} ${path}`;
}
