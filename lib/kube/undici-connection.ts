/**
 * HTTP/1.1, for servers and proxies that speak nothing newer. Calls share a few sockets that are kept; a watch has one for itself,
 * for in HTTP/1.1 nothing else fits beside it.
 */
import { Agent, request } from 'undici';
import { BACKGROUND_CLOCK, type Clock } from '../clock.js';
import type { TlsMaterial } from './cluster-access.js';
import { type HttpAnswer, type HttpCall, type KubeConnection, type Lane, RETIREMENT_MS } from './connection.js';

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_SOCKET_MS = 60_000;
const MAX_SOCKETS: Readonly<Record<Lane, number>> = { Calls: 4, Watches: 64 };

export class UndiciConnection implements KubeConnection {
  readonly #agents: Readonly<Record<Lane, Agent>>;
  readonly #server: string;
  readonly #clock: Clock;
  readonly #end = new AbortController();

  constructor(server: string, tls: TlsMaterial, clock: Clock = BACKGROUND_CLOCK) {
    this.#server = server;
    this.#clock = clock;
    this.#agents = { Calls: newAgent(tls, MAX_SOCKETS.Calls), Watches: newAgent(tls, MAX_SOCKETS.Watches) };
  }

  async exchange({ method, target, headers, body, signal, lane }: HttpCall): Promise<HttpAnswer> {
    const answer = await request(this.#server + target, { method, headers, dispatcher: this.#agents[lane], body: body ?? null, signal });
    const texts = Object.entries(answer.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value] as const);
    return { status: answer.statusCode, headers: Object.fromEntries(texts), body: answer.body };
  }

  retire(): void {
    for (const agent of Object.values(this.#agents)) agent.close().catch(() => undefined);
    void this.#clock.sleep(RETIREMENT_MS, this.#end.signal).then(() => this.destroy());
  }

  async destroy(): Promise<void> {
    this.#end.abort();
    await Promise.all(Object.values(this.#agents).map((agent) => agent.destroy()));
  }
}

function newAgent(tls: TlsMaterial, connections: number): Agent {
  return new Agent({
    allowH2: false,
    connections,
    pipelining: 1,
    keepAliveTimeout: IDLE_SOCKET_MS,
    // the caller has deadlines of its own
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: CONNECT_TIMEOUT_MS, keepAlive: true, minVersion: 'TLSv1.2', ...tls },
  });
}
