/**
 * Keeps a local copy of one kind, whatever happens to the watch. List page by page, then watch from there with bookmarks; when the
 * server ends a watch in peace, watch on from the last version seen; after anything else (410, ERROR event, reset, garbage,
 * silence) list again, later each time it fails. The copy stays readable meanwhile: old news, not none.
 */
import { type BackoffOptions, backoffMs } from '../backoff.js';
import { type Clock, SYSTEM_CLOCK } from '../clock.js';
import { describeError, type Logger, SILENT_LOGGER } from '../logger.js';
import { isRecord, readArray, readNumber, readRecord, readString } from './json.js';
import { isGone, KubeError } from './kube-error.js';
import { type KubeJson, type KubeResource, parseObject } from './kube-object.js';
import { ObjectStore } from './object-store.js';
import { resourcePath } from './resource-path.js';
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

export interface ReflectorTuning {
  readonly pageSize: number;
  /** The server bookmarks about once a minute: this long without a byte means that the other end is gone. */
  readonly silenceMs: number;
  /** A watch lasts this long to twice this long, so that the watches of many processes do not end together. */
  readonly watchSeconds: number;
  /** A server that ends a watch sooner is not well: without a pause it would be asked in a tight loop. */
  readonly minWatchMs: number;
  readonly listTimeoutMs: number;
  readonly backoff: BackoffOptions;
}

const TUNING: ReflectorTuning = {
  pageSize: 500,
  silenceMs: 150_000,
  watchSeconds: 300,
  minWatchMs: 1000,
  listTimeoutMs: 60_000,
  backoff: { baseMs: 800, maxMs: 30_000, jitter: 0.5 },
};

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
  /** In a row, without news in between. */
  #failures = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#tuning = { ...TUNING, ...options.tuning };
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
        let version = await this.#list(signal);
        while (!signal.aborted) version = await this.#watch(version, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#tellFailure(error);
        await this.#clock.sleep(backoffMs(this.#failures++, this.#tuning.backoff, this.#random), signal);
        if (!signal.aborted) this.#options.onRelist?.(reasonOf(error));
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const objects: KubeJson[] = [];
    let next: string | undefined;
    for (;;) {
      const page = await this.#options.transport.request({
        method: 'GET',
        path: this.#path(),
        query: { limit: this.#tuning.pageSize, continue: next, labelSelector: this.#options.labelSelector },
        signal,
        timeoutMs: this.#tuning.listTimeoutMs,
      });
      for (const item of readArray(page, 'items')) objects.push(this.#parse(item));
      const metadata = readRecord(page, 'metadata');
      next = readString(metadata, 'continue');
      if (next !== undefined && next !== '') continue;
      this.store.replaceAll(objects);
      this.#hasSynced = true;
      this.#setSynced();
      return readString(metadata, 'resourceVersion') ?? '';
    }
  }

  /** Returns the version to watch on from when the server ended the watch in peace. */
  async #watch(fromVersion: string, signal: AbortSignal): Promise<string> {
    const { watchSeconds, silenceMs, minWatchMs } = this.#tuning;
    const query = {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: fromVersion,
      timeoutSeconds: Math.ceil(watchSeconds * (1 + this.#random())),
      labelSelector: this.#options.labelSelector,
    };
    const start = this.#clock.now();
    let version = fromVersion;
    const chunks = await this.#options.transport.stream({ method: 'GET', path: this.#path(), query, signal }, silenceMs);
    for await (const line of readWatchLines(chunks)) {
      version = this.#take(line) ?? version;
      this.#failures = 0;
    }
    if (this.#clock.now() - start < minWatchMs) throw new KubeError('The server ended the watch at once', { code: 0, reason: 'Closed' });
    return version;
  }

  /** Takes an event into the copy; returns the version that the copy is at. */
  #take({ type, object }: WatchLine): string | undefined {
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

  /** A version that is too old is everyday life; the rest is worth a line, once it repeats a warning. */
  #tellFailure(error: unknown): void {
    const fields = { reason: reasonOf(error), error: describeError(error), failures: this.#failures + 1 };
    if (isGone(error) || this.#failures === 0) this.#logger.debug('The watch broke and is made anew', fields);
    else this.#logger.warn('The watch keeps breaking and is made anew', fields);
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
