/**
 * A Kubernetes API server in memory and in virtual time, behind the port of a connection: what talks to an API server in production
 * runs on it unchanged. Its methods are the hands of everybody else, and the knobs for what goes wrong.
 */
import type { ClusterAccess } from '../../../lib/kube/cluster-access.js';
import type { Connect, HttpCall } from '../../../lib/kube/connection.js';
import type { ResourceKind } from '../../../operator/ports.js';
import type { FakeClock } from '../fake-clock.js';
import { seedCrds } from './crds.js';
import { type Exchange, type Fault, type LoggedExchange, PASS } from './exchange.js';
import { ExchangeLog, SpinError } from './exchange-log.js';
import { Hands } from './hands.js';
import { type ConnectionHost, MemoryConnection } from './memory-connection.js';
import { ObjectStore, type StoreOptions } from './object-store.js';
import type { OpenWatch } from './open-watch.js';
import { MemoryServer } from './server.js';

export interface MemoryApiOptions extends StoreOptions {
  readonly bookmarkEveryMs?: number | undefined;
  /** Calls of a client without any time passing; one that sends more fails the test. */
  readonly mostAtOnce?: number | undefined;
}

interface ReadLag {
  readonly ms: number;
  readonly concerns: (resource: ResourceKind) => boolean;
}

const MOST_AT_ONCE = 200_000;
const BOOKMARK_EVERY_MS = 60_000;
const UNAUTHORIZED: Fault = { kind: 'Answer', status: 401, reason: 'Unauthorized', message: 'Unauthorized' };
const NO_LAG: ReadLag = { ms: 0, concerns: () => false };

export class MemoryApi extends Hands {
  /** Asked for each exchange before it is served. */
  faults: (exchange: Exchange) => Fault = () => PASS;
  readonly #store: ObjectStore;
  readonly #server: MemoryServer;
  readonly #log: ExchangeLog;
  readonly #lags = new Map<string, ReadLag>();
  readonly #connections = new Set<MemoryConnection>();
  #outageEndsAt = Number.NEGATIVE_INFINITY;
  #token = 1;
  #ca = 1;

  constructor(
    readonly clock: FakeClock,
    options: MemoryApiOptions = {},
  ) {
    const store = new ObjectStore(clock, options);
    super(store);
    this.#store = store;
    this.#log = new ExchangeLog(store, options.mostAtOnce ?? MOST_AT_ONCE);
    const lagMs = (client: string, resource: ResourceKind) => this.#lagMs(client, resource);
    this.#server = new MemoryServer({ store: this.#store, bookmarkEveryMs: options.bookmarkEveryMs ?? BOOKMARK_EVERY_MS, lagMs });
  }

  /** The last exchanges, with what became of them. */
  get log(): readonly LoggedExchange[] {
    return this.#log.entries;
  }

  /** `client` names the caller, such as a replica of the operator, to faults and log. */
  connect(client: string): Connect {
    return (_, { ca }) => {
      const connection = new MemoryConnection(this.#hostFor(client, ca));
      this.#connections.add(connection);
      return connection;
    };
  }

  access(): ClusterAccess {
    return {
      server: 'https://memory.invalid',
      namespace: 'slipway-system',
      credentials: async () => ({ tls: { ca: `ca-${this.#ca}` }, headers: { authorization: `Bearer token-${this.#token}` } }),
    };
  }

  /** Tokens that were read before are answered with 401 from now on. */
  rotateToken(): void {
    this.#token++;
  }

  /** The server has a new certificate: what is open breaks, and who still trusts the old authority alone gets no further. */
  rotateCa(): void {
    this.#ca++;
    for (const connection of this.#connections) connection.cut();
  }

  /** Lists and watches of that client see the world as it was `ms` ago; 0: as it is. `concerns` says of which kinds. */
  setReadLag(client: string, ms: number, concerns: (resource: ResourceKind) => boolean = () => true): void {
    this.#lags.set(client, { ms, concerns });
    for (const watch of [...this.#server.watches]) if (watch.client === client) watch.pump();
  }

  /** What is open breaks, and nobody gets through until then. Hands are not stopped by it. */
  outageUntil(ms: number): void {
    this.#outageEndsAt = ms;
    if (this.#isDown()) for (const connection of this.#connections) connection.cut();
  }

  /** Open ones, in order of their opening. */
  watches(client?: string): readonly OpenWatch[] {
    return [...this.#server.watches].filter((watch) => client === undefined || watch.client === client);
  }

  #hostFor(client: string, ca: string | undefined): ConnectionHost {
    return {
      read: (call) => this.#read(client, call),
      faultOf: (exchange, call) => {
        if (this.#isDown()) return 'Outage';
        return ca === `ca-${this.#ca}` ? this.#faultOf(exchange, call) : { kind: 'Reset' };
      },
      serve: (exchange, call) => {
        if (exchange.resource?.kind === 'CustomResourceDefinition') seedCrds(this.#store);
        return this.#server.serve(exchange, call);
      },
      sleep: (ms) => this.clock.sleep(ms),
      note: (exchange, happened) => this.#log.note(exchange, happened),
    };
  }

  /** A test that a client's loop would hang fails instead. */
  #read(client: string, call: HttpCall): Exchange {
    try {
      return this.#log.read(client, call);
    } catch (error) {
      if (error instanceof SpinError) this.clock.fail(error);
      throw error;
    }
  }

  /** What the test wants of it, if the caller may come in at all. */
  #faultOf(exchange: Exchange, { headers }: HttpCall): Fault {
    if (headers['authorization'] !== `Bearer token-${this.#token}`) return UNAUTHORIZED;
    return this.faults(exchange);
  }

  #isDown(): boolean {
    return this.clock.now() < this.#outageEndsAt;
  }

  #lagMs(client: string, resource: ResourceKind): number {
    const { ms, concerns } = this.#lags.get(client) ?? NO_LAG;
    return concerns(resource) ? ms : 0;
  }
}
