/**
 * A cache that shows our own writes before its watch brings them. Without it the pass after a write does not see what that write
 * did, and does it again: most of all when the API server is busy and its watches lag.
 *
 * An object that was written is shown in place of the cached one only while the cache shows the very version that it showed
 * when the write began, and for ten seconds at most: whatever else the watch brings, or nothing for so long, and the cache is
 * believed again. What is kept here is thus never needed and never wrong for longer than a watch may lag anyway.
 */
import type { Clock } from '../../lib/clock.js';
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
  readonly clock: Pick<Clock, 'now'>;
  /** What the cache keeps of an object. */
  readonly transform?: (object: KubeObject) => KubeObject;
}

export class OwnWrites implements Cache {
  readonly #options: OwnWritesOptions;
  readonly #objects = new ObjectIndex();
  /** In the order of the writes. */
  readonly #written = new Map<string, Written>();

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
    if (this.#options.cache.get(key) === written.over && this.#options.clock.now() < written.untilMs)
      return this.#objects.get(key.namespace, key.name);
    this.#forget(idOf(key));
    return undefined;
  }

  #forget(id: string): void {
    const written = this.#written.get(id);
    if (written === undefined) return;
    this.#written.delete(id);
    this.#objects.remove({ apiVersion: '', kind: '', metadata: written.key });
  }

  #forgetOld(): void {
    const now = this.#options.clock.now();
    for (const [id, { untilMs }] of this.#written) {
      if (untilMs > now && this.#written.size <= MAX_UNSEEN) return;
      this.#forget(id);
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
