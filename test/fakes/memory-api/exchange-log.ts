/** Counts the calls of each client and keeps the last of them, with what became of each. Stops a client that spins. */
import type { HttpCall } from '../../../lib/kube/connection.js';
import type { Exchange, LoggedExchange } from './exchange.js';
import type { ObjectStore } from './object-store.js';
import { parsePath } from './request-path.js';

const KEPT = 2000;
const READS = ['GET', 'HEAD'];
interface Counts {
  exchanges: number;
  writes: number;
  atMs: number;
  atOnce: number;
}

export class ExchangeLog {
  readonly #store: ObjectStore;
  readonly #mostAtOnce: number;
  readonly #counts = new Map<string, Counts>();
  #entries: LoggedExchange[] = [];

  /** `mostAtOnce`: calls of one client while no time passes; more is a loop that no advance of the clock would ever end. */
  constructor(store: ObjectStore, mostAtOnce: number) {
    this.#store = store;
    this.#mostAtOnce = mostAtOnce;
  }

  get entries(): readonly LoggedExchange[] {
    return this.#entries.slice(-KEPT);
  }

  /** Reads a call. Throws when the client has gone round in circles for too long. */
  read(client: string, call: HttpCall): Exchange {
    const question = call.target.indexOf('?');
    const path = question < 0 ? call.target : call.target.slice(0, question);
    const query = new URLSearchParams(question < 0 ? '' : call.target.slice(question + 1));
    const named = parsePath(path);
    const resource = named === undefined ? undefined : this.#store.findRules(named.apiVersion, named.plural);
    const body: unknown = call.body === undefined ? undefined : JSON.parse(call.body);
    const name = named?.name ?? (call.method === 'POST' ? nameIn(body) : undefined);
    const key = named === undefined || name === undefined ? undefined : { namespace: named.namespace, name };
    return {
      ...{ client, method: call.method, path, query, body, lane: call.lane, resource, key },
      ...{ namespace: named?.namespace ?? '', subresource: named?.subresource },
      isWatch: key === undefined && ['1', 'true'].includes(query.get('watch') ?? ''),
      ...this.#count(client, call.method),
    };
  }

  note(exchange: Exchange, happened: Pick<LoggedExchange, 'fault' | 'status'>): void {
    this.#entries.push({ ...exchange, ...happened, atMs: this.#store.clock.now() });
    if (this.#entries.length > 2 * KEPT) this.#entries = this.#entries.slice(-KEPT);
  }

  #count(client: string, method: string): Pick<Exchange, 'index' | 'writeIndex'> {
    const now = this.#store.clock.now();
    const counts = this.#counts.get(client) ?? { exchanges: 0, writes: 0, atMs: now, atOnce: 0 };
    this.#counts.set(client, counts);
    counts.atOnce = counts.atMs === now ? counts.atOnce + 1 : 1;
    counts.atMs = now;
    if (counts.atOnce > this.#mostAtOnce) throw new SpinError(`Client "${client}" sent ${counts.atOnce} calls and no time passed`);
    return { index: counts.exchanges++, writeIndex: READS.includes(method) ? undefined : counts.writes++ };
  }
}

export class SpinError extends Error {
  override readonly name = 'SpinError';
}

function nameIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('metadata' in body)) return undefined;
  const { metadata } = body;
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata && typeof metadata.name === 'string' ? metadata.name : undefined;
}
