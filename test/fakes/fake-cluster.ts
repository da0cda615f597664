/**
 * The store of the in-memory API without its HTTP, behind the ports of the operator: `cache` and `writer` for the controller, the other methods for the
 * test, which plays user, kubelet and deployment controller. Passes the same contract suite as a real API server.
 */
import type { JsonRecord } from '../../lib/kube/json.js';
import type { Cache, KubeObject, ObjectKey, ResourceKind } from '../../operator/ports.js';
import { FakeCache } from './fake-cache.js';
import { FakeClock } from './fake-clock.js';
import { FakeWriter, type WriteVerb } from './fake-writer.js';
import { type Change, Hands } from './memory-api/hands.js';
import { isSameResource } from './memory-api/metadata.js';
import { ObjectStore } from './memory-api/object-store.js';
import type { WorldEvent, WorldListener } from './memory-api/world-event.js';

export class FakeCluster {
  readonly writer: FakeWriter;
  readonly #store: ObjectStore;
  readonly #hands: Hands;
  readonly #caches = new Map<string, FakeCache>();
  readonly #listeners = new Set<WorldListener>();
  #withheld: WorldEvent[] = [];

  constructor(readonly clock: FakeClock = new FakeClock()) {
    this.#store = new ObjectStore(clock);
    this.#hands = new Hands(this.#store);
    this.writer = new FakeWriter(this.#store);
    this.#hands.subscribe((event) => {
      if (this.#cacheOf(event.resource).isFrozen) this.#withheld.push(event);
      else this.#emit(event);
    });
  }

  cache(resource: ResourceKind): Cache {
    return this.#cacheOf(resource);
  }

  /** The cache shows from now on what it shows now, and its events are withheld. */
  freeze(resource: ResourceKind): void {
    this.#cacheOf(resource).freeze();
  }

  remember(resource: ResourceKind): void {
    this.#cacheOf(resource).remember();
  }

  /** The cache shows from now on what it was told to remember, and its events are withheld. */
  rewind(resource: ResourceKind): void {
    this.#cacheOf(resource).rewind();
  }

  thaw(resource: ResourceKind): void {
    this.#cacheOf(resource).thaw();
    const events = this.#withheld.filter((event) => isSameResource(event.resource, resource));
    this.#withheld = this.#withheld.filter((event) => !events.includes(event));
    for (const event of events) this.#emit(event);
  }

  /** Hears of changes when the caches do. Returns what ends it. */
  subscribe(listener: WorldListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The world itself, whatever the caches show. */
  objects(resource: ResourceKind, namespace?: string): readonly KubeObject[] {
    return this.#hands.objects(resource, namespace);
  }

  get(resource: ResourceKind, key: ObjectKey): KubeObject | undefined {
    return this.#hands.get(resource, key);
  }

  /** As a user creates it, status included: uid and creationTimestamp may be given. */
  create(resource: ResourceKind, object: KubeObject): KubeObject {
    return this.#hands.create(resource, object);
  }

  /** Everything but status, as a user edits it. */
  update(resource: ResourceKind, key: ObjectKey, change: Change): KubeObject {
    return this.#hands.update(resource, key, change);
  }

  /** Status alone, as kubelet and the deployment controller write it: a merge patch of `status`. */
  patchStatus(resource: ResourceKind, key: ObjectKey, status: JsonRecord): KubeObject {
    return this.#hands.patchStatus(resource, key, status);
  }

  /** Deletes; what the object owned follows at once. */
  remove(resource: ResourceKind, key: ObjectKey): void {
    this.#hands.remove(resource, key);
  }

  failNext(verb: WriteVerb, kind: string, error: Error, isReplyLost = false): void {
    this.writer.failNext(verb, kind, error, isReplyLost);
  }

  #cacheOf(resource: ResourceKind): FakeCache {
    const id = `${resource.apiVersion}/${resource.plural}`;
    const known = this.#caches.get(id);
    if (known !== undefined) return known;
    const cache = new FakeCache(this.#store, resource);
    this.#caches.set(id, cache);
    return cache;
  }

  #emit(event: WorldEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
