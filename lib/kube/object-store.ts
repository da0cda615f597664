/**
 * The local copy behind a watch. Tells its listeners what changed, comparing uids: an object that was deleted and made anew while
 * nobody watched is a deletion and an addition. A listener that throws harms neither the copy nor the other listeners.
 */
import { toError } from '../errors.js';
import { type KubeJson, objectId } from './kube-object.js';

/** `object` is undefined when it is gone, `old` when it is new. */
export type StoreChange = { readonly object: KubeJson; readonly old: KubeJson | undefined } | { readonly object: undefined; readonly old: KubeJson };
export type StoreListener = (change: StoreChange) => void;

export class ObjectStore {
  readonly #objects = new Map<string, KubeJson>();
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

  /** Puts the copy in line with a whole list. */
  replaceAll(objects: readonly KubeJson[]): void {
    const present = new Set(objects.map(({ metadata }) => objectId(metadata)));
    for (const [id, old] of [...this.#objects]) if (!present.has(id)) this.#remove(id, old);
    for (const object of objects) this.put(object);
  }

  /** The same version again is no change. */
  put(object: KubeJson): void {
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

  /** Late news of an object's predecessor does not remove the object. */
  remove(object: KubeJson): void {
    const id = objectId(object.metadata);
    const old = this.#objects.get(id);
    if (old !== undefined && old.metadata.uid === object.metadata.uid) this.#remove(id, object);
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
