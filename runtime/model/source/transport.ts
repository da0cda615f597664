/**
 * One HTTP exchange as model sources need it: through the right proxy, trusting a private CA, following redirects without
 * handing credentials to another origin, with time limits on every wait. Bodies are streams; nothing is decompressed.
 */
import type { Readable } from 'node:stream';
import { getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import { networkError } from './network-error.js';
import { isPlainHttp } from './plain-http.js';
import { type Environment, proxyFor } from './proxy.js';
import { SourceError } from './source-error.js';

export interface TransportOptions {
  readonly env: Environment;
  /** PEM certificates trusted besides the public ones. */
  readonly caBundle?: string;
  readonly plainHttp: readonly string[];
  readonly timeouts?: Partial<Timeouts>;
}

export interface Timeouts {
  readonly connectMs: number;
  /** From the request to the first byte of the answer. */
  readonly headersMs: number;
  /** Between two pieces of a body. */
  readonly bodyMs: number;
}

export interface HttpRequest {
  readonly url: URL;
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the origin of `url` only, never after a redirect elsewhere. */
  readonly authorization?: string | undefined;
  readonly body?: Buffer | string | Readable;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Header by lower-case name; values of a repeated one joined by a comma, as HTTP defines it. */
  header(name: string): string | undefined;
  readonly body: Dispatcher.ResponseData['body'];
  /** Where the answer came from, after redirects. */
  readonly url: URL;
}

const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 15_000, headersMs: 60_000, bodyMs: 60_000 };
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 8;

export class Transport {
  readonly plainHttp: readonly string[];
  private readonly dispatchers = new Map<string, Dispatcher>();
  private readonly timeouts: Timeouts;

  constructor(private readonly options: TransportOptions) {
    this.plainHttp = options.plainHttp;
    this.timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  }

  /** The answer to a request, whatever its status; redirects are followed for requests without a body. */
  async send(first: HttpRequest): Promise<HttpResponse> {
    let next = first;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const response = await this.exchange(next);
      const location = REDIRECTS.has(response.status) && first.body === undefined ? response.header('location') : undefined;
      if (location === undefined) return response;
      await discard(response);
      next = redirected(next, location, this.plainHttp);
    }
    throw new SourceError('SOURCE_UNREACHABLE', `"${first.url.host}" redirects more than ${MAX_REDIRECTS} times: a loop?`);
  }

  /** Ends every connection, so that the process can end. */
  async close(): Promise<void> {
    await Promise.all([...this.dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
    this.dispatchers.clear();
  }

  private async exchange(req: HttpRequest): Promise<HttpResponse> {
    const proxy = proxyFor(req.url, this.options.env);
    try {
      const answer = await request(req.url, {
        dispatcher: this.dispatcher(proxy),
        method: req.method ?? 'GET',
        headers: {
          'user-agent': 'slipway',
          'accept-encoding': 'identity',
          ...req.headers,
          ...(req.authorization === undefined ? {} : { authorization: req.authorization }),
        },
        body: req.body ?? null,
        signal: req.signal ?? null,
      });
      return {
        status: answer.statusCode,
        header: (name) => joinValues(answer.headers[name]),
        body: answer.body,
        url: req.url,
      };
    } catch (error) {
      if (req.signal?.aborted === true) throw error;
      throw networkError(error, req.url.host, proxy?.host);
    }
  }

  private dispatcher(proxy: URL | undefined): Dispatcher {
    const key = proxy?.href ?? '';
    const known = this.dispatchers.get(key);
    if (known !== undefined) return known;
    const made = proxy === undefined ? this.directAgent() : this.proxyAgent(proxy);
    this.dispatchers.set(key, made);
    return made;
  }

  private directAgent(): Agent {
    return new Agent({ ...this.limits(), connect: { ...this.tls(), timeout: this.timeouts.connectMs } });
  }

  private proxyAgent(proxy: URL): ProxyAgent {
    return new ProxyAgent({
      ...this.limits(),
      uri: proxy.href,
      connectTimeout: this.timeouts.connectMs,
      requestTls: this.tls(),
      proxyTls: this.tls(),
    });
  }

  private limits(): { allowH2: boolean; headersTimeout: number; bodyTimeout: number } {
    return { allowH2: false, headersTimeout: this.timeouts.headersMs, bodyTimeout: this.timeouts.bodyMs };
  }

  private tls(): { ca?: string[] } {
    return this.options.caBundle === undefined ? {} : { ca: [...getCACertificates('default'), this.options.caBundle] };
  }
}

/** Reads an unwanted body away, at most a little of it, so that the connection is free. */
export async function discard(response: HttpResponse): Promise<void> {
  await response.body.dump({ limit: 65_536 }).catch(() => undefined); // its content was not wanted, so neither is its failure
}

/** Ends an answer, with its connection, whose body may be large or without end. */
export function drop(response: HttpResponse): void {
  response.body.on('error', () => undefined).destroy(); // the error is that we ended it
}

function redirected(from: HttpRequest, location: string, plainHttp: readonly string[]): HttpRequest {
  if (!URL.canParse(location, from.url.href))
    throw new SourceError('SOURCE_UNREACHABLE', `"${from.url.host}" redirects to something that is not a URL`);
  const url = new URL(location, from.url);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new SourceError('SOURCE_UNREACHABLE', `"${from.url.host}" redirects to the scheme "${url.protocol}", which is not followed`);
  }
  if (from.url.protocol === 'https:' && url.protocol === 'http:' && !isPlainHttp(url.host, plainHttp)) {
    throw new SourceError(
      'SOURCE_UNREACHABLE',
      `"${from.url.host}" redirects from https to plain http at "${url.host}", which is not followed: if it is meant, allow that host with --plain-http, in the chart with plainHttpHosts`,
    );
  }
  if (url.origin === from.url.origin) return { ...from, url };
  return { ...from, url, authorization: undefined, headers: withoutSecrets(from.headers) };
}

/** A session token of AWS travels in a header of its own. */
function withoutSecrets(headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.toLowerCase().startsWith('x-amz-')));
}

function joinValues(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
