/**
 * Keeps a local copy of one kind, whatever happens to the watch. List page by page, then watch from there with bookmarks; when the
 * server ends a watch in peace, watch on from the last version seen; when it does not let a watch begin (429, 503, nobody there), ask
 * for the same again later; after anything else (410, ERROR event, reset, garbage, silence) list again, later each time it fails; and
 * list now and then anyway, for an event that never came leaves no trace. The copy stays readable meanwhile: old news, not none.
 *
 * Events are pulled, by one loop, from the watch that it has: a watch that was given up has nobody who would take what it still says.
 */
import { backoffMs } from '../backoff.js';
import { type Clock, SYSTEM_CLOCK } from '../clock.js';
import { describeError, type Logger, SILENT_LOGGER } from '../logger.js';
import { isRecord, readNumber, readRecord, readString } from './json.js';
import { isGone, KubeError } from './kube-error.js';
import { type KubeJson, type KubeResource, parseObject } from './kube-object.js';
import { listPages } from './list-pages.js';
import { ObjectStore } from './object-store.js';
import { REFLECTOR_TUNING, type ReflectorTuning } from './reflector-tuning.js';
import { resourcePath } from './resource-path.js';
import { isOlder } from './resource-version.js';
import type { KubeTransport } from './transport.js';
import { readWatchLines, type WatchLine } from './watch-stream.js';

export interface ReflectorOptions {
  readonly transport: KubeTransport;
  readonly resource: KubeResource;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Makes objects smaller before they are kept. */
  readonly transform?: (object: KubeJson) => KubeJson;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly tuning?: Partial<ReflectorTuning>;
  /** Hears of every list after the first, with why. */
  readonly onRelist?: (reason: string) => void;
  readonly onListenerError?: (error: Error) => void;
}

/** Of a watch that may not begin. Then a list is tried: it may be let in, and be news. */
const MAX_WATCH_REFUSALS = 3;
const MAX_RETRY_AFTER_MS = 60_000;

export class Reflector {
  readonly store: ObjectStore;
  /** Resolves when the first list is in the store. */
  readonly synced: Promise<void>;
  readonly #options: ReflectorOptions;
  readonly #tuning: ReflectorTuning;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #random: () => number;
  #setSynced: () => void = () => undefined;
  #hasSynced = false;
  /** In a row, without a good watch in between. */
  #failures = 0;
  /** The newest version that the copy was told of. */
  #version = '';
  #relistAt = 0;
  #staleLists = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#tuning = { ...REFLECTOR_TUNING, ...options.tuning };
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? Math.random;
    this.#logger = (options.logger ?? SILENT_LOGGER).child({ kind: options.resource.kind, watchNamespace: options.namespace });
    this.store = new ObjectStore((error) => {
      this.#logger.error('A listener of the watch threw', { error });
      options.onListenerError?.(error);
    });
    this.synced = new Promise((resolve) => {
      this.#setSynced = resolve;
    });
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Lists and watches until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#list(signal);
        while (!signal.aborted && this.#clock.now() < this.#relistAt) await this.#watchOrWait(signal);
        if (!signal.aborted) this.#options.onRelist?.('Periodic');
      } catch (error) {
        if (signal.aborted) return;
        await this.#pause(error, signal);
        if (!signal.aborted) this.#options.onRelist?.(reasonOf(error));
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { labelSelector, transport } = this.#options;
    const call = { method: 'GET', path: this.#path(), query: { labelSelector }, signal, timeoutMs: this.#tuning.listTimeoutMs } as const;
    const { pageSize, maxPages, maxListRestarts, relistMs, backoff } = this.#tuning;
    const parse = (item: unknown): KubeJson => this.#parse(item);
    const { items, version } = await listPages(transport, call, { parse, pageSize, maxPages, maxRestarts: maxListRestarts });
    this.#refuseStale(version);
    this.store.replaceAll(items, version);
    this.#version = version;
    this.#relistAt = this.#clock.now() + relistMs * (1 - backoff.jitter * this.#random());
    this.#hasSynced = true;
    this.#setSynced();
  }

  /** A server that lags behind the others would turn time back. One that was restored from a backup does so for good. */
  #refuseStale(version: string): void {
    if (!isOlder(version, this.#version)) this.#staleLists = 0;
    else if (this.#staleLists++ < this.#tuning.maxStaleLists) {
      const message = `The list is of version ${version}, and version ${this.#version} has been seen: the server lags behind`;
      throw new KubeError(message, { code: 0, reason: 'Stale' });
    }
  }

  /** Watches until the server ends that in peace. Who may not watch waits and asks for the same again, which costs less than a list. */
  async #watchOrWait(signal: AbortSignal): Promise<void> {
    for (let refusals = 0; !signal.aborted; refusals++) {
      try {
        return await this.#take(await this.#openWatch(signal), signal);
      } catch (error) {
        if (!(error instanceof WatchRefusal) || refusals >= MAX_WATCH_REFUSALS) throw error instanceof WatchRefusal ? error.cause : error;
        await this.#pause(error.cause, signal);
      }
    }
  }

  async #openWatch(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const query = {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: this.#version,
      timeoutSeconds: Math.ceil(this.#tuning.watchSeconds * (1 + this.#random())),
      labelSelector: this.#options.labelSelector,
    };
    try {
      return await this.#options.transport.stream({ method: 'GET', path: this.#path(), query, signal }, this.#tuning.silenceMs);
    } catch (error) {
      throw isGone(error) ? error : new WatchRefusal(error);
    }
  }

  async #take(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const { stableMs, minWatchMs } = this.#tuning;
    const start = this.#clock.now();
    try {
      for await (const line of readWatchLines(chunks)) {
        if (signal.aborted) return;
        const version = this.#takeLine(line);
        if (version !== undefined && !isOlder(version, this.#version)) this.#version = version;
      }
    } finally {
      if (this.#clock.now() - start >= stableMs) this.#failures = 0;
    }
    if (this.#clock.now() - start < minWatchMs) throw new KubeError('The server ended the watch at once', { code: 0, reason: 'Closed' });
  }

  /** Takes an event into the copy; returns the version that the copy is at. */
  #takeLine({ type, object }: WatchLine): string | undefined {
    switch (type) {
      case 'ADDED':
      case 'MODIFIED': {
        const parsed = this.#parse(object);
        this.store.put(parsed);
        return parsed.metadata.resourceVersion;
      }
      case 'DELETED': {
        const parsed = this.#parse(object);
        this.store.remove(parsed);
        return parsed.metadata.resourceVersion;
      }
      case 'BOOKMARK':
        return readString(readRecord(object, 'metadata'), 'resourceVersion');
      case 'ERROR':
        throw watchError(object);
    }
  }

  #parse(value: unknown): KubeJson {
    const object = parseObject(value, this.#options.resource);
    return this.#options.transform?.(object) ?? object;
  }

  #path(): string {
    return resourcePath(this.#options.resource, { namespace: this.#options.namespace });
  }

  /** Longer with each failure in a row, and no shorter than the server asks for. */
  async #pause(error: unknown, signal: AbortSignal): Promise<void> {
    this.#tellFailure(error);
    const ownMs = backoffMs(this.#failures++, this.#tuning.backoff, this.#random);
    const askedMs = error instanceof KubeError ? Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) : 0;
    await this.#clock.sleep(askedMs + ownMs, signal);
  }

  /** A version that is too old is everyday life; the rest is worth a line, once it repeats a warning. */
  #tellFailure(error: unknown): void {
    const fields = { reason: reasonOf(error), error: describeError(error), failures: this.#failures + 1 };
    if (isGone(error) || this.#failures === 0) this.#logger.debug('The watch broke and is made anew', fields);
    else this.#logger.warn('The watch keeps breaking and is made anew', fields);
  }
}

/** The watch could not begin; nothing of it was heard. */
class WatchRefusal extends Error {
  override readonly name = 'WatchRefusal';
  constructor(override readonly cause: unknown) {
    super('The server did not let the watch begin');
  }
}

function watchError(status: unknown): KubeError {
  const message = readString(status, 'message') ?? 'The server ended the watch with an error that says nothing';
  return new KubeError(message, {
    code: readNumber(status, 'code') ?? 0,
    reason: (isRecord(status) && readString(status, 'reason')) || 'WatchError',
  });
}

function reasonOf(error: unknown): string {
  return error instanceof KubeError ? error.reason : 'Unknown';
}
