/**
 * A cache that shows our own writes before its watch brings them. Without it the pass after a write does not see what that write
 * did, and does it again: most of all when the API server is busy and its watches lag.
 *
 * An object that was written is shown in place of the cached one only while the cache shows the very version that it showed
 * when the write began, and for ten seconds at most: whatever else the watch brings, or nothing for so long, and the cache is
 * believed again. What is kept here is thus never needed and never wrong for longer than a watch may lag anyway. Who decided by an
 * object that the watch never brought hears of its end: it may be gone since, and then no watch will ever tell.
 */
import type { Clock } from '../../lib/clock.js';
import { toError } from '../../lib/errors.js';
import type { Cache, KubeObject, ObjectKey } from '../ports.js';
import { type ObjectFilter, ObjectIndex } from './object-index.js';

const UNSEEN_MS = 10_000;
const MAX_UNSEEN = 10_000;

interface Written {
  readonly key: ObjectKey;
  /** What the cache showed when the write began. */
  readonly over: KubeObject | undefined;
  readonly untilMs: number;
}

export interface OwnWritesOptions {
  readonly cache: Cache;
  /** For durations. */
  readonly clock: Clock;
  /** What the cache keeps of an object. */
  readonly transform?: (object: KubeObject) => KubeObject;
  readonly onListenerError?: (error: Error) => void;
}

/** Hears of an own write that is not shown any more, although no watch has brought it. */
export type UnseenListener = (object: KubeObject) => void;

export class OwnWrites implements Cache {
  readonly #options: OwnWritesOptions;
  readonly #objects = new ObjectIndex();
  /** In the order of the writes. */
  readonly #written = new Map<string, Written>();
  readonly #listeners: UnseenListener[] = [];
  #isWaiting = false;

  constructor(options: OwnWritesOptions) {
    this.#options = options;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#unseen(key) ?? this.#options.cache.get(key);
  }

  list(filter: ObjectFilter): readonly KubeObject[] {
    const cached = this.#options.cache.list(filter);
    if (this.#written.size === 0) return cached;
    const own = this.#objects.list(filter).filter((object) => this.#unseen(keyOf(object)) !== undefined);
    if (own.length === 0) return cached;
    const ids = new Set(own.map((object) => idOf(keyOf(object))));
    return [...cached.filter((object) => !ids.has(idOf(keyOf(object)))), ...own];
  }

  count(namespace: string): number {
    return this.#options.cache.count(namespace);
  }

  onUnseen(listener: UnseenListener): void {
    this.#listeners.push(listener);
  }

  /** Writes one object and shows what the server stored. */
  async show(key: ObjectKey, write: () => Promise<KubeObject>): Promise<KubeObject> {
    const over = this.#options.cache.get(key);
    const stored = await write();
    const id = idOf(key);
    this.#forget(id);
    // the watch brought something meanwhile: this write, or what came before or after it
    if (this.#options.cache.get(key) !== over || stored.metadata.resourceVersion === over?.metadata.resourceVersion) return stored;
    this.#written.set(id, { key, over, untilMs: this.#options.clock.now() + UNSEEN_MS });
    this.#objects.put(this.#options.transform?.(stored) ?? stored);
    this.#forgetOld();
    void this.#tellUnseen();
    return stored;
  }

  /** What is deleted is not shown any more than the cache shows it. */
  forget(key: ObjectKey): void {
    this.#forget(idOf(key));
  }

  #unseen(key: ObjectKey): KubeObject | undefined {
    if (this.#written.size === 0) return undefined;
    const written = this.#written.get(idOf(key));
    if (written === undefined) return undefined;
    const isSeen = this.#options.cache.get(key) !== written.over;
    if (!isSeen && this.#options.clock.now() < written.untilMs) return this.#objects.get(key.namespace, key.name);
    if (isSeen) this.#forget(idOf(key)); // what is over and was not seen is told of first
    return undefined;
  }

  #forget(id: string): void {
    const written = this.#written.get(id);
    if (written === undefined) return;
    this.#written.delete(id);
    this.#objects.remove({ apiVersion: '', kind: '', metadata: written.key });
  }

  /** One wait at a time, for the oldest. */
  async #tellUnseen(): Promise<void> {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    for (let [next] = this.#written.values(); next !== undefined; [next] = this.#written.values()) {
      const waitMs = next.untilMs - this.#options.clock.now();
      if (waitMs > 0) await this.#options.clock.sleep(waitMs);
      else this.#tellOne(next);
    }
    this.#isWaiting = false;
  }

  #tellOne({ key, over }: Written): void {
    const object = this.#objects.get(key.namespace, key.name);
    const isSeen = this.#options.cache.get(key) !== over;
    this.#forget(idOf(key));
    if (object === undefined || isSeen) return;
    for (const listener of this.#listeners) {
      try {
        listener(object);
      } catch (error) {
        this.#options.onListenerError?.(toError(error));
      }
    }
  }

  #forgetOld(): void {
    for (const written of this.#written.values()) {
      if (this.#written.size <= MAX_UNSEEN) return;
      this.#tellOne(written);
    }
  }
}

function keyOf({ metadata: { namespace = '', name } }: KubeObject): ObjectKey {
  return { namespace, name };
}

/** Neither a namespace nor a name has a slash. */
function idOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
