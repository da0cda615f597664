/**
 * Reads of the past. etcd keeps every version for some minutes, and an exact list of an old one is answered from it: so the proxy
 * needs no copies, and what it shows is what was. A read of one object becomes a list of that name.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProxyCall } from './describe-call.js';
import { statusBody } from './fault.js';
import { late, type WatchScript } from './watch-scripts.js';

/** Path and query that ask for the same as of that version. */
export function staleTarget({ verb, path, query, name }: ProxyCall, version: string): string {
  const asked = new URLSearchParams(query);
  const isPage = (query.get('continue') ?? '') !== '';
  if (!isPage) {
    asked.set('resourceVersion', version);
    asked.set('resourceVersionMatch', 'Exact');
  }
  if (verb !== 'get') return `${path}?${asked}`;
  asked.set('fieldSelector', `metadata.name=${name}`);
  return `${path.slice(0, path.lastIndexOf(`/${encodeURIComponent(name)}`))}?${asked}`;
}

/** Only whole objects: a subresource cannot be listed. */
export function isStaleable({ verb, subresource, resource }: ProxyCall): boolean {
  return resource !== '' && subresource === '' && (verb === 'get' || verb === 'list');
}

interface ObjectList {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly items?: readonly Readonly<Record<string, unknown>>[];
}

/** The one item of a list as the answer to a read of it. */
export function itemOf(list: string, { resource, name }: ProxyCall): { readonly status: number; readonly text: string } {
  const { kind, apiVersion, items }: ObjectList = JSON.parse(list);
  const [item] = items ?? [];
  if (item === undefined) return { status: 404, text: statusBody({ status: 404, reason: 'NotFound', message: `${resource} "${name}" not found` }) };
  return { status: 200, text: JSON.stringify({ kind: kind?.replace(/List$/, ''), apiVersion, ...item }) };
}

export function heldWatch(heldMs: number): WatchScript {
  return late(heldMs);
}

/** Versions of the store by time, so that "30 s ago" has one. */
export class VersionHistory {
  readonly #read: () => Promise<string>;
  readonly #known: { readonly atMs: number; readonly version: string }[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(read: () => Promise<string>) {
    this.#read = read;
  }

  start(everyMs = 500, keepMs = 120_000): void {
    this.#running ??= this.#run(everyMs, keepMs);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** The newest version that is at least that old; the oldest known when none is. */
  at(ageMs: number): string {
    const latest = Date.now() - ageMs;
    const found = this.#known.findLast(({ atMs }) => atMs <= latest) ?? this.#known[0];
    if (found === undefined) throw new Error('No version was recorded yet: call start() and wait as long as the age that is asked for');
    return found.version;
  }

  async #run(everyMs: number, keepMs: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const version = await this.#read().catch(() => undefined); // an outage has no versions
      if (version !== undefined) this.#known.push({ atMs: Date.now(), version });
      while ((this.#known[1]?.atMs ?? Number.POSITIVE_INFINITY) < Date.now() - keepMs) this.#known.shift();
      await sleep(everyMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }
}
