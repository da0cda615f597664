/** The API server behind the connections: an exchange and its call in, a reply or an open watch out. Knows no faults. */
import type { HttpCall } from '../../../lib/kube/connection.js';
import { KubeError } from '../../../lib/kube/kube-error.js';
import type { ResourceKind } from '../../../operator/ports.js';
import { type Reply, textOf } from './answers.js';
import type { Exchange } from './exchange.js';
import type { KindRules } from './kinds.js';
import { listPage } from './lists.js';
import { MemoryWatch } from './memory-watch.js';
import { type ObjectStore, objectId } from './object-store.js';
import { badRequest, notFound } from './refusals.js';
import { parseFieldSelector, parseLabelSelector, type Selector } from './selectors.js';
import type { Table } from './table.js';
import { createFrom, deleteWith, patchWith, replaceWith, type WriteRequest } from './writes.js';

export interface ServerOptions {
  readonly store: ObjectStore;
  readonly bookmarkEveryMs: number;
  /** How late a client sees that kind. */
  readonly lagMs: (client: string, resource: ResourceKind) => number;
}

const WATCH_SECONDS = 1800;

export class MemoryServer {
  readonly watches = new Set<MemoryWatch>();
  readonly #options: ServerOptions;
  readonly #store: ObjectStore;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#store.subscribe(({ resource }) => {
      for (const watch of [...this.watches]) if (watch.resource === resource) watch.pump();
    });
  }

  /** Throws a KubeError for every refusal. */
  serve(exchange: Exchange, call: HttpCall): Reply | MemoryWatch {
    const rules = exchange.resource === undefined ? undefined : this.#store.table(exchange.resource).rules;
    if (rules === undefined) throw new KubeError('the server could not find the requested resource', { code: 404, reason: 'NotFound' });
    if (exchange.query.get('dryRun') !== null) throw badRequest('dryRun is not modelled by the in-memory API');
    const { subresource } = exchange;
    if (subresource !== undefined && (subresource !== 'status' || !rules.hasStatus)) {
      throw new KubeError('the server could not find the requested resource', { code: 404, reason: 'NotFound' });
    }
    if (exchange.method === 'GET') return this.#read(exchange, rules);
    return write(exchange, this.#writeRequest(exchange, { rules, call }));
  }

  #read(exchange: Exchange, rules: KindRules): Reply | MemoryWatch {
    const { key, client, isWatch } = exchange;
    const table = this.#store.table(rules);
    if (key !== undefined) {
      // of the store, as real ones read single objects that are asked for without a version
      const object = table.get(objectId(key), table.log.end);
      if (object === undefined) throw notFound(rules, key.name);
      return { status: 200, text: textOf(object) };
    }
    const lagMs = this.#options.lagMs(client, rules);
    const position = lagMs === 0 ? table.log.end : table.positionAt(this.#store.clock.now() - lagMs);
    const selects = selectorOf(exchange);
    if (isWatch) return this.#watch(exchange, { table, selects });
    return listPage({ table, query: exchange.query, selects, position, version: lagMs === 0 ? this.#store.version : versionAt(table, position) });
  }

  #watch({ client, query }: Exchange, { table, selects }: { readonly table: Table; readonly selects: Selector }): MemoryWatch {
    const from = Number(query.get('resourceVersion') ?? 0);
    if (!Number.isInteger(from)) throw badRequest(`Invalid value: "${query.get('resourceVersion')}": resourceVersion`);
    const startsWithAll = from === 0 || query.get('sendInitialEvents') === 'true';
    const watch = new MemoryWatch({
      ...{ client, store: this.#store, table, selects },
      fromVersion: startsWithAll ? undefined : from,
      tellsEndOfAll: query.get('sendInitialEvents') === 'true',
      hasBookmarks: query.get('allowWatchBookmarks') === 'true',
      bookmarkEveryMs: this.#options.bookmarkEveryMs,
      timeoutMs: Number(query.get('timeoutSeconds') ?? WATCH_SECONDS) * 1000,
      lagMs: () => this.#options.lagMs(client, table.rules),
      onClosed: (closed) => this.watches.delete(closed),
    });
    if (!watch.body.hasEnded) this.watches.add(watch);
    return watch;
  }

  #writeRequest(exchange: Exchange, { rules, call }: { readonly rules: KindRules; readonly call: HttpCall }): WriteRequest {
    const { key, subresource, query, body } = exchange;
    if (key === undefined)
      throw new KubeError('the server does not allow this method on the requested resource', { code: 405, reason: 'MethodNotAllowed' });
    return { store: this.#store, rules, key, subresource: subresource === 'status' ? subresource : undefined, query, headers: call.headers, body };
  }
}

function write({ method }: Exchange, request: WriteRequest): Reply {
  switch (method) {
    case 'POST':
      return createFrom(request);
    case 'PUT':
      return replaceWith(request);
    case 'PATCH':
      return patchWith(request);
    case 'DELETE':
      return deleteWith(request);
    default:
      throw new KubeError('the server does not allow this method on the requested resource', { code: 405, reason: 'MethodNotAllowed' });
  }
}

function selectorOf({ query, namespace }: Exchange): Selector {
  const labels = parseLabelSelector(query.get('labelSelector'));
  const fields = parseFieldSelector(query.get('fieldSelector'));
  return (object) => (namespace === '' || object.metadata.namespace === namespace) && labels(object) && fields(object);
}

/** Version that who stands there has seen last. */
function versionAt({ log }: Table, position: number): number {
  return log.at(position - 1)?.version ?? Math.max(log.lostVersion, 1);
}
