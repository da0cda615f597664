/** The API server behind the proxy: the proxy's own way in, with credentials that clients of the proxy never see. */
import { Agent, request } from 'undici';

export interface UpstreamOptions {
  /** Such as https://10.0.0.1:6443 */
  readonly server: string;
  readonly tls: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
  /** Sent with each request, such as Authorization or Impersonate-User. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface UpstreamCall {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly signal: AbortSignal;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

const MAX_SOCKETS = 256;

export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #agent: Agent;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#agent = new Agent({
      connections: MAX_SOCKETS,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: 5000, ...options.tls },
    });
  }

  async exchange({ method, target, headers, body, signal }: UpstreamCall): Promise<UpstreamAnswer> {
    const answer = await request(this.#options.server + target, {
      method,
      headers: { ...headers, ...this.#options.headers, 'accept-encoding': 'identity' },
      body: body.length === 0 ? null : body,
      dispatcher: this.#agent,
      signal,
    });
    const texts = Object.entries(answer.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')] as const);
    return { status: answer.statusCode, headers: Object.fromEntries(texts), body: answer.body };
  }

  /** Version of the whole store, as the answer to a small list tells it. */
  async currentVersion(): Promise<string> {
    const { status, body } = await this.exchange({
      ...{ method: 'GET', target: '/api/v1/namespaces?limit=1', headers: {}, body: Buffer.alloc(0) },
      signal: AbortSignal.timeout(10_000),
    });
    const text = await readAll(body);
    const version = /"resourceVersion":"(\d+)"/.exec(text)?.[1];
    if (version === undefined) throw new Error(`The API server answered ${status} and no version: ${text.slice(0, 200)}`);
    return version;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

export async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
