/** The Cache port over watches: one for all namespaces, or one for each of those that the operator may see. */
import { type Clock, SYSTEM_CLOCK } from '../../lib/clock.js';
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
  readonly #clock: Pick<Clock, 'now'>;
  #relists = 0;
  #lastEventMs: number | undefined;
  #lastVersion: string | undefined;

  constructor({ namespaces = [], ...options }: InformerOptions) {
    this.name = options.resource.kind;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    const places = namespaces.length === 0 ? [undefined] : namespaces;
    const onRelist = (reason: string): void => {
      this.#relists++;
      options.onRelist?.(reason);
    };
    this.#reflectors = places.map((namespace) => new Reflector({ ...options, namespace, onRelist }));
    for (const { store } of this.#reflectors) {
      store.subscribe(({ object, old }) => {
        this.#lastEventMs = this.#clock.now();
        this.#lastVersion = (object ?? old)?.metadata.resourceVersion;
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

  /** For people who look. */
  state(): { objects: number; resourceVersion: string | undefined; lastEventSecondsAgo: number | undefined; relists: number } {
    return {
      objects: this.#reflectors.reduce((sum, { store }) => sum + store.size, 0),
      resourceVersion: this.#lastVersion,
      lastEventSecondsAgo: this.#lastEventMs === undefined ? undefined : Math.round(this.#clock.now() - this.#lastEventMs) / 1000,
      relists: this.#relists,
    };
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
