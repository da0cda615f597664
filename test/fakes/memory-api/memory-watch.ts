/**
 * One watch: a position in the log of a kind that moves on as the reader may see more. Lines are translated by the selector: an
 * object that begins to match is ADDED, one that no longer does DELETED. Bookmarks every minute and shortly before the end.
 */
import type { JsonRecord } from '../../../lib/kube/json.js';
import type { KubeObject, ResourceKind } from '../../../operator/ports.js';
import { statusText, textOf } from './answers.js';
import { ByteStream } from './byte-stream.js';
import type { Change } from './change-log.js';
import { frozenObject } from './frozen.js';
import { withMetadata } from './metadata.js';
import type { ObjectStore } from './object-store.js';
import type { OpenWatch } from './open-watch.js';
import type { Selector } from './selectors.js';
import type { Table } from './table.js';
import { WatchFaults } from './watch-faults.js';

export interface WatchOptions {
  readonly client: string;
  readonly store: ObjectStore;
  readonly table: Table;
  readonly selects: Selector;
  /** Undefined: begins with all that is there. */
  readonly fromVersion: number | undefined;
  /** A bookmark says where that ends. */
  readonly tellsEndOfAll: boolean;
  readonly hasBookmarks: boolean;
  readonly bookmarkEveryMs: number;
  readonly timeoutMs: number;
  /** How much later than they happen its reader sees things. */
  readonly lagMs: () => number;
  readonly onClosed: (watch: MemoryWatch) => void;
}

const LAST_BOOKMARK_MS = 2000;
const SLOW_BOOKMARK_MS = 1000;

export class MemoryWatch implements OpenWatch {
  readonly body = new ByteStream();
  readonly #options: WatchOptions;
  readonly #faults: WatchFaults;
  readonly #closed = new AbortController();
  /** Index of the next change to tell. */
  #position: number;
  /** Version that the reader knows of. */
  #version: number;
  #pausedUntil = 0;
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(options: WatchOptions) {
    this.#options = options;
    const { store, table, fromVersion, lagMs } = options;
    this.body.whenClosed(() => {
      this.#closed.abort();
      options.onClosed(this);
    });
    this.#faults = new WatchFaults(store.clock, (chunk) => this.body.push(chunk));
    this.#position = fromVersion === undefined ? table.positionAt(store.clock.now() - lagMs()) : table.log.indexAfterVersion(fromVersion);
    this.#version = fromVersion ?? 0;
    if (fromVersion === undefined) this.#tellAll();
    else if (fromVersion < table.log.lostVersion) this.#tooOld();
    if (this.body.hasEnded) return;
    this.#endAfter(options.timeoutMs);
    if (options.hasBookmarks) this.#bookmarkBetween(options.bookmarkEveryMs, options.timeoutMs);
    this.pump();
  }

  get client(): string {
    return this.#options.client;
  }

  get resource(): ResourceKind {
    return this.#options.table.rules;
  }

  /** Tells what the reader may see by now. */
  pump(): void {
    const { store, table, lagMs } = this.#options;
    const now = store.clock.now();
    while (!this.body.hasEnded && this.#position < table.log.end) {
      const change = table.log.at(this.#position);
      if (change === undefined) {
        this.#tooOld();
        return;
      }
      const dueAt = Math.max(change.atMs + lagMs(), this.#pausedUntil);
      if (dueAt > now) {
        this.#wake(dueAt);
        return;
      }
      this.#position++;
      this.#version = Math.max(this.#version, change.version);
      const line = this.#lineOf(change);
      if (line !== undefined) this.#faults.pass(line);
    }
  }

  halfOpen(): void {
    this.#faults.silence();
  }

  end(): void {
    this.#faults.flush();
    this.body.end();
  }

  reset(): void {
    this.body.fail(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  sendError(code: 410 | 500, reason: string): void {
    this.#faults.write(`{"type":"ERROR","object":${statusText({ code, reason, message: `The watch ends: ${reason}` })}}\n`);
    this.body.end();
  }

  bookmarksOnly(forMs: number): void {
    const { clock } = this.#options.store;
    this.#pausedUntil = clock.now() + forMs;
    this.#bookmarkBetween(SLOW_BOOKMARK_MS, forMs);
    this.#wake(this.#pausedUntil);
  }

  duplicateNext(count: number): void {
    this.#faults.duplicateNext(count);
  }

  reorderNext(count: number): void {
    this.#faults.reorderNext(count);
  }

  delayNext(count: number, ms: number): void {
    this.#faults.delayNext(count, ms);
  }

  splitLines(maxBytes: number): void {
    this.#faults.splitLines(maxBytes);
  }

  dropNext(count: number): void {
    this.#faults.dropNext(count);
  }

  garbage(): void {
    this.#faults.write('\u0000{"type":"MODI\n');
  }

  truncate(how: 'Silently' | 'WithError'): void {
    this.#faults.write('{"type":"MODIFIED","object":{"apiVersion":');
    if (how === 'Silently') this.body.end();
    else this.reset();
  }

  #tooOld(): void {
    const message = `too old resource version: ${this.#version} (${this.#options.table.log.lostVersion})`;
    this.#faults.write(`{"type":"ERROR","object":${statusText({ code: 410, reason: 'Expired', message })}}\n`);
    this.body.end();
  }

  #tellAll(): void {
    const { table, selects } = this.#options;
    for (const object of table.list(this.#position)) if (selects(object)) this.#faults.pass(`{"type":"ADDED","object":${textOf(object)}}\n`);
    this.#version = table.log.at(this.#position - 1)?.version ?? Math.max(table.log.lostVersion, 1);
    if (this.#options.tellsEndOfAll) this.#bookmark({ annotations: { 'k8s.io/initial-events-end': 'true' } });
  }

  #lineOf({ object, old, isDeletion, version }: Change): string | undefined {
    const { selects } = this.#options;
    const [was, is] = [old !== undefined && selects(old), !isDeletion && selects(object)];
    if (is) return `{"type":"${was ? 'MODIFIED' : 'ADDED'}","object":${textOf(object)}}\n`;
    if (!was || old === undefined) return undefined;
    return `{"type":"DELETED","object":${textOf(isDeletion ? object : atVersion(old, version))}}\n`;
  }

  #bookmark(more: JsonRecord = {}): void {
    const { store, table, lagMs } = this.#options;
    // who is behind may only be told of what he has seen
    if (this.#position === table.log.end && lagMs() === 0) this.#version = Math.max(this.#version, store.version);
    const { apiVersion, kind } = table.rules;
    const object = { kind, apiVersion, metadata: { resourceVersion: String(this.#version), creationTimestamp: null, ...more } };
    this.#faults.write(`{"type":"BOOKMARK","object":${JSON.stringify(object)}}\n`);
  }

  async #bookmarkBetween(everyMs: number, forMs: number): Promise<void> {
    const { signal } = this.#closed;
    const { clock } = this.#options.store;
    const end = clock.now() + forMs;
    for (;;) {
      const left = end - clock.now() - LAST_BOOKMARK_MS;
      if (left <= 0) return;
      await clock.sleep(Math.min(everyMs, left), signal);
      if (signal.aborted) return;
      this.#bookmark();
    }
  }

  async #endAfter(ms: number): Promise<void> {
    const { signal } = this.#closed;
    await this.#options.store.clock.sleep(ms, signal);
    if (!signal.aborted) this.end();
  }

  async #wake(atMs: number): Promise<void> {
    const { clock } = this.#options.store;
    if (this.#wakeAt <= atMs) return;
    this.#wakeAt = atMs;
    await clock.sleep(atMs - clock.now(), this.#closed.signal);
    this.#wakeAt = Number.POSITIVE_INFINITY;
    if (!this.#closed.signal.aborted) this.pump();
  }
}

function atVersion(object: KubeObject, version: number): KubeObject {
  return frozenObject(withMetadata(object, { resourceVersion: String(version) }));
}
