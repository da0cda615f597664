/** The Cache port over the in-memory API. Frozen, it shows the world as it was: what a watch that lags would show. */
import type { Cache, KubeObject, ObjectKey, ResourceKind } from '../../operator/ports.js';
import { keyOf } from './memory-api/metadata.js';
import type { ObjectStore } from './memory-api/object-store.js';

export class FakeCache implements Cache {
  readonly #store: ObjectStore;
  readonly #resource: ResourceKind;
  #frozen: readonly KubeObject[] | undefined;
  #remembered: readonly KubeObject[] = [];

  constructor(store: ObjectStore, resource: ResourceKind) {
    this.#store = store;
    this.#resource = resource;
  }

  freeze(): void {
    this.#frozen ??= this.#store.objects(this.#resource);
  }

  /** Keeps what there is now for `rewind`. */
  remember(): void {
    this.#remembered = this.#store.objects(this.#resource);
  }

  /** Shows from now on what there was then: what a process that starts on old reads sees. */
  rewind(): void {
    this.#frozen = this.#remembered;
  }

  thaw(): void {
    this.#frozen = undefined;
  }

  get isFrozen(): boolean {
    return this.#frozen !== undefined;
  }

  get(key: ObjectKey): KubeObject | undefined {
    if (this.#frozen === undefined) return this.#store.get(this.#resource, key);
    return this.#frozen.find((object) => keyOf(object).name === key.name && keyOf(object).namespace === key.namespace);
  }

  count(namespace: string): number {
    return this.list({ namespace }).length;
  }

  list(filter: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> }): readonly KubeObject[] {
    const objects = this.#frozen ?? this.#store.objects(this.#resource);
    return objects.filter(
      ({ metadata }) =>
        (filter.namespace === undefined || filter.namespace === metadata.namespace) &&
        Object.entries(filter.labels ?? {}).every(([label, value]) => metadata.labels?.[label] === value),
    );
  }
}
