/** The Cache port over watches: one for all namespaces, or one for each of those that the operator may see. */
import { Reflector, type ReflectorOptions } from '../../lib/kube/reflector.js';
import type { Cache, KubeObject, ObjectKey, ResourceKind } from '../ports.js';
import { type ObjectFilter, ObjectIndex } from './object-index.js';

export interface InformerOptions extends Omit<ReflectorOptions, 'resource' | 'namespace'> {
  readonly resource: ResourceKind;
  /** Absent or empty: all. */
  readonly namespaces?: readonly string[];
}

/** `object` is the object as it is now, or as it was last when it is gone; `old` what it was before, if it was. */
export type ChangeListener = (object: KubeObject, old?: KubeObject) => void;

export class Informer implements Cache {
  readonly name: string;
  readonly #reflectors: readonly Reflector[];
  readonly #index = new ObjectIndex();

  constructor({ namespaces = [], ...options }: InformerOptions) {
    this.name = options.resource.kind;
    const places = namespaces.length === 0 ? [undefined] : namespaces;
    this.#reflectors = places.map((namespace) => new Reflector({ ...options, namespace }));
    for (const { store } of this.#reflectors) {
      store.subscribe(({ object, old }) => {
        if (object === undefined) this.#index.remove(old);
        else this.#index.put(object);
      });
    }
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#index.get(key.namespace, key.name);
  }

  list(filter: ObjectFilter): readonly KubeObject[] {
    return this.#index.list(filter);
  }

  count(namespace: string): number {
    return this.#index.count(namespace);
  }

  /** Hears of every change once the cache shows it. */
  subscribe(listener: ChangeListener): void {
    for (const { store } of this.#reflectors) {
      store.subscribe(({ object, old }) => {
        if (object === undefined) listener(old);
        else if (old === undefined) listener(object);
        else listener(object, old);
      });
    }
  }

  get hasSynced(): boolean {
    return this.#reflectors.every((reflector) => reflector.hasSynced);
  }

  /** Resolves when every object that was there at the start is in the cache. */
  async synced(): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.synced));
  }

  /** Until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }
}
