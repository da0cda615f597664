/**
 * A Kubernetes API in memory, behind the ports of the operator: `cache` and `writer` for the controller, the other methods for the
 * test, which plays user, kubelet and deployment controller. Passes the same contract suite as a real API server.
 */
import { isRecord, type JsonRecord } from '../../lib/kube/json.js';
import type { Cache, KubeObject, ObjectKey, ResourceKind } from '../../operator/ports.js';
import { FakeCache } from './fake-cache.js';
import { FakeClock } from './fake-clock.js';
import { FakeServer, isSameResource, type WorldEvent, type WorldListener } from './fake-server.js';
import { FakeWriter, type WriteVerb } from './fake-writer.js';

/** A JSON merge patch (objects are merged, null removes, all else replaces) or a function to the new object. */
export type Change = JsonRecord | ((object: KubeObject) => KubeObject);

export class FakeCluster {
  readonly writer: FakeWriter;
  readonly #server: FakeServer;
  readonly #caches = new Map<string, FakeCache>();
  readonly #listeners = new Set<WorldListener>();
  #withheld: WorldEvent[] = [];

  constructor(readonly clock: FakeClock = new FakeClock()) {
    this.#server = new FakeServer(clock);
    this.writer = new FakeWriter(this.#server);
    this.#server.subscribe((event) => {
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
    return this.#server.objects(resource).filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  }

  get(resource: ResourceKind, key: ObjectKey): KubeObject | undefined {
    return this.#server.get(resource, key);
  }

  /** As a user creates it, status included: uid and creationTimestamp may be given. */
  create(resource: ResourceKind, object: KubeObject): KubeObject {
    return this.#server.create(resource, object);
  }

  /** Everything but status, as a user edits it. */
  update(resource: ResourceKind, key: ObjectKey, change: Change): KubeObject {
    return this.#server.replace(resource, key, (object) => {
      const { status: _, ...changed } = typeof change === 'function' ? change(object) : mergePatch(object, change);
      return toKubeObject({ ...changed, ...('status' in object ? { status: object['status'] } : {}) }, object);
    });
  }

  /** Status alone, as kubelet and the deployment controller write it: a merge patch of `status`. */
  patchStatus(resource: ResourceKind, key: ObjectKey, status: JsonRecord): KubeObject {
    return this.#server.replace(resource, key, (object) => ({
      ...object,
      status: mergePatch(isRecord(object['status']) ? object['status'] : {}, status),
    }));
  }

  /** Deletes; what the object owned follows at once. */
  remove(resource: ResourceKind, key: ObjectKey): void {
    this.#server.remove(resource, key);
  }

  failNext(verb: WriteVerb, kind: string, error: Error, isReplyLost = false): void {
    this.writer.failNext(verb, kind, error, isReplyLost);
  }

  #cacheOf(resource: ResourceKind): FakeCache {
    const id = `${resource.apiVersion}/${resource.plural}`;
    const known = this.#caches.get(id);
    if (known !== undefined) return known;
    const cache = new FakeCache(this.#server, resource);
    this.#caches.set(id, cache);
    return cache;
  }

  #emit(event: WorldEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

/** RFC 7386. */
function mergePatch(target: JsonRecord, patch: JsonRecord): JsonRecord {
  const merged: Record<string, unknown> = { ...target };
  for (const [field, value] of Object.entries(patch)) {
    const before = merged[field];
    if (value === null) delete merged[field];
    else merged[field] = isRecord(value) ? mergePatch(isRecord(before) ? before : {}, value) : value;
  }
  return merged;
}

function toKubeObject(changed: JsonRecord, before: KubeObject): KubeObject {
  const metadata = isRecord(changed['metadata']) ? changed['metadata'] : {};
  return { ...changed, apiVersion: before.apiVersion, kind: before.kind, metadata: { ...metadata, name: before.metadata.name } };
}
