/** HTTP/1.1 over sockets that are kept: a watch has one for itself, calls share the others. */
import { Agent, request } from 'undici';
import type { TlsMaterial } from './cluster-access.js';
import type { HttpAnswer, HttpCall, KubeConnection } from './connection.js';

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_SOCKET_MS = 60_000;
const MAX_SOCKETS = 64;

export class UndiciConnection implements KubeConnection {
  readonly #agent: Agent;
  readonly #server: string;

  constructor(server: string, tls: TlsMaterial) {
    this.#server = server;
    this.#agent = new Agent({
      allowH2: false,
      connections: MAX_SOCKETS,
      pipelining: 1,
      keepAliveTimeout: IDLE_SOCKET_MS,
      // the caller has deadlines of its own
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: CONNECT_TIMEOUT_MS, keepAlive: true, ...tls },
    });
  }

  async exchange({ method, target, headers, body, signal }: HttpCall): Promise<HttpAnswer> {
    const answer = await request(this.#server + target, { method, headers, dispatcher: this.#agent, body: body ?? null, signal });
    const texts = Object.entries(answer.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value] as const);
    return { status: answer.statusCode, headers: Object.fromEntries(texts), body: answer.body };
  }

  retire(): void {
    this.#agent.close().catch(() => undefined);
  }

  async destroy(): Promise<void> {
    await this.#agent.destroy();
  }
}
