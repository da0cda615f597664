/**
 * The local copy behind a watch. Tells its listeners what changed, comparing uids: an object that was deleted and made anew while
 * nobody watched is a deletion and an addition. News that is provably older than what is known changes nothing, so events that come
 * twice, late or in another order never turn time back. A listener that throws harms neither the copy nor the other listeners.
 */
import { toError } from '../errors.js';
import { type KubeJson, objectId } from './kube-object.js';
import { compareVersions, isOlder } from './resource-version.js';

/** Of deletions since the last list: without them a late event would bring a deleted object back. */
const MAX_TOMBSTONES = 2000;

/** `object` is undefined when it is gone, `old` when it is new. */
export type StoreChange = { readonly object: KubeJson; readonly old: KubeJson | undefined } | { readonly object: undefined; readonly old: KubeJson };
export type StoreListener = (change: StoreChange) => void;

export class ObjectStore {
  readonly #objects = new Map<string, KubeJson>();
  /** Versions of deletions, oldest first. */
  readonly #tombstones = new Map<string, string>();
  /** Whatever is not newer than this is in the copy, or was when it was listed. */
  #listVersion: string | undefined;
  readonly #listeners: StoreListener[] = [];
  readonly #onListenerError: (error: Error) => void;

  constructor(onListenerError: (error: Error) => void) {
    this.#onListenerError = onListenerError;
  }

  get size(): number {
    return this.#objects.size;
  }

  subscribe(listener: StoreListener): void {
    this.#listeners.push(listener);
  }

  get(id: string): KubeJson | undefined {
    return this.#objects.get(id);
  }

  values(): IterableIterator<KubeJson> {
    return this.#objects.values();
  }

  /** Puts the copy in line with a whole list, `version` of the collection. A list is the truth, older or not. */
  replaceAll(objects: readonly KubeJson[], version?: string): void {
    this.#listVersion = version;
    this.#tombstones.clear();
    const present = new Set(objects.map(({ metadata }) => objectId(metadata)));
    for (const [id, old] of [...this.#objects]) if (!present.has(id)) this.#remove(id, old);
    for (const object of objects) this.#set(object);
  }

  /** An event of a watch. The same version again is no change. */
  put(object: KubeJson): void {
    const { resourceVersion } = object.metadata;
    const id = objectId(object.metadata);
    if (isOlder(resourceVersion, this.#objects.get(id)?.metadata.resourceVersion)) return;
    if (isNoNewer(resourceVersion, this.#tombstones.get(id)) || isNoNewer(resourceVersion, this.#listVersion)) return;
    this.#tombstones.delete(id);
    this.#set(object);
  }

  /** Late news of an object, or of its predecessor of the same name, does not remove the object. */
  remove(object: KubeJson): void {
    const { uid, resourceVersion } = object.metadata;
    const id = objectId(object.metadata);
    if (isNoNewer(resourceVersion, this.#listVersion)) return;
    this.#bury(id, resourceVersion);
    const old = this.#objects.get(id);
    if (old !== undefined && old.metadata.uid === uid && !isOlder(resourceVersion, old.metadata.resourceVersion)) this.#remove(id, object);
  }

  #bury(id: string, version: string | undefined): void {
    if (version === undefined || isOlder(version, this.#tombstones.get(id))) return;
    this.#tombstones.delete(id);
    this.#tombstones.set(id, version);
    const [oldest] = this.#tombstones.keys();
    if (this.#tombstones.size > MAX_TOMBSTONES && oldest !== undefined) this.#tombstones.delete(oldest);
  }

  #set(object: KubeJson): void {
    const id = objectId(object.metadata);
    const old = this.#objects.get(id);
    if (old === undefined || old.metadata.uid !== object.metadata.uid) {
      if (old !== undefined) this.#remove(id, old);
      this.#objects.set(id, object);
      this.#emit({ object, old: undefined });
    } else if (old.metadata.resourceVersion !== object.metadata.resourceVersion) {
      this.#objects.set(id, object);
      this.#emit({ object, old });
    }
  }

  #remove(id: string, last: KubeJson): void {
    this.#objects.delete(id);
    this.#emit({ object: undefined, old: last });
  }

  #emit(change: StoreChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#onListenerError(toError(error));
      }
    }
  }
}

/** Provably. */
function isNoNewer(version: string | undefined, than: string | undefined): boolean {
  const order = compareVersions(version, than);
  return order !== undefined && order <= 0;
}
