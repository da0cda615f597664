/**
 * What an API server and its garbage collector do with objects, in memory: uid, resourceVersion and generation, status as a
 * subresource, server-side apply, deletion in the background along ownerReferences. Objects are frozen: a change of one throws.
 */
import type { Clock } from '../../lib/clock.js';
import { isRecord, isSameJson, type JsonRecord, readArray } from '../../lib/kube/json.js';
import { KubeError } from '../../lib/kube/kube-error.js';
import type { KubeObject, ObjectKey, ObjectMeta, ResourceKind } from '../../operator/ports.js';
import { mergeApplied, stillApplied } from './apply-merge.js';

export interface WorldEvent {
  readonly type: 'Added' | 'Updated' | 'Deleted';
  readonly resource: ResourceKind;
  readonly object: KubeObject;
  /** The object before; of Updated alone. */
  readonly old?: KubeObject;
}
export type WorldListener = (event: WorldEvent) => void;

interface Entry {
  readonly resource: ResourceKind;
  readonly object: KubeObject;
  /** What our field manager applied last and still holds. */
  readonly applied: JsonRecord;
  readonly appliedStatus: unknown;
}

/** Fields that never change once set, by kind. */
const IMMUTABLE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  ControllerRevision: [['data']],
  Deployment: [['spec', 'selector']],
  ReplicaSet: [['spec', 'selector']],
};
const NOT_APPLIED = ['apiVersion', 'kind', 'status'];

export class FakeServer {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<WorldListener>();
  readonly #goneUids = new Set<string>();
  #resourceVersion = 0;
  #uids = 0;

  constructor(readonly clock: Clock) {}

  get(resource: ResourceKind, key: ObjectKey): KubeObject | undefined {
    return this.#entries.get(entryId(resource, key))?.object;
  }

  objects(resource: ResourceKind): KubeObject[] {
    return [...this.#entries.values()].filter((entry) => isSameResource(entry.resource, resource)).map((entry) => entry.object);
  }

  /** Hears of every change, in order. Returns what ends it. */
  subscribe(listener: WorldListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  create(resource: ResourceKind, object: KubeObject): KubeObject {
    if (this.#entries.has(entryId(resource, keyOf(object)))) {
      throw new KubeError(`${resource.plural} "${object.metadata.name}" already exists`, { code: 409, reason: 'AlreadyExists' });
    }
    return this.#store(resource, object, undefined, { applied: {}, appliedStatus: undefined });
  }

  /** Replaces the object as a user would: fields that change become the user's. */
  replace(resource: ResourceKind, key: ObjectKey, change: (object: KubeObject) => KubeObject): KubeObject {
    const entry = this.#entry(resource, key);
    const next = change(entry.object);
    const before: JsonRecord = entry.object;
    const kept = stillApplied(entry.applied, before, next);
    return this.#store(resource, next, entry, {
      applied: isRecord(kept) ? kept : {},
      appliedStatus: stillApplied(entry.appliedStatus, before['status'], next['status']),
    });
  }

  apply(resource: ResourceKind, object: KubeObject): KubeObject {
    const entry = this.#entries.get(entryId(resource, keyOf(object)));
    checkUid(entry?.object, object, resource);
    const applied = appliedFields(object);
    const { name, namespace } = object.metadata;
    const live: KubeObject = entry?.object ?? {
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    };
    const merged = mergeApplied(live, entry?.applied, applied);
    return this.#store(resource, toObject(merged, live), entry, { applied, appliedStatus: entry?.appliedStatus });
  }

  applyStatus(resource: ResourceKind, object: KubeObject): KubeObject {
    const entry = this.#entry(resource, keyOf(object));
    checkUid(entry.object, object, resource);
    const status = mergeApplied(entry.object['status'], entry.appliedStatus, object['status'] ?? {});
    return this.#store(resource, { ...entry.object, status }, entry, { applied: entry.applied, appliedStatus: object['status'] });
  }

  /** With finalizers the object is only marked; without, it goes, and what it owned goes after it. */
  remove(resource: ResourceKind, key: ObjectKey): void {
    const entry = this.#entry(resource, key);
    const { object } = entry;
    if (!hasFinalizers(object)) {
      this.#drop(entry);
      return;
    }
    const deletionTimestamp = object.metadata.deletionTimestamp ?? this.#timestamp();
    this.#store(resource, { ...object, metadata: { ...object.metadata, deletionTimestamp } }, entry, entry);
  }

  #store(resource: ResourceKind, object: KubeObject, entry: Entry | undefined, owned: Pick<Entry, 'applied' | 'appliedStatus'>): KubeObject {
    const old = entry?.object;
    checkImmutable(old, object);
    const id = entryId(resource, keyOf(object));
    if (old !== undefined && isSameJson(old, { ...object, metadata: { ...object.metadata, ...identityOf(old) } })) {
      this.#entries.set(id, { resource, object: old, ...owned });
      return old;
    }
    const stored = freeze({ ...object, metadata: { ...object.metadata, ...this.#nextIdentity(old, object) } });
    const next: Entry = { resource, object: stored, applied: owned.applied, appliedStatus: owned.appliedStatus };
    if (stored.metadata.deletionTimestamp !== undefined && hasFinalizers(old) && !hasFinalizers(stored)) {
      this.#drop(next);
      return stored;
    }
    this.#entries.set(id, next);
    this.#emit(old === undefined ? { type: 'Added', resource, object: stored } : { type: 'Updated', resource, object: stored, old });
    this.#collectGarbage();
    return stored;
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entryId(entry.resource, keyOf(entry.object)));
    if (entry.object.metadata.uid !== undefined) this.#goneUids.add(entry.object.metadata.uid);
    this.#emit({ type: 'Deleted', resource: entry.resource, object: entry.object });
    this.#collectGarbage();
  }

  /** An owner that was never here counts as alive, so that tests can make a pod without the ReplicaSet behind it. */
  #collectGarbage(): void {
    for (const entry of [...this.#entries.values()]) {
      const owners = entry.object.metadata.ownerReferences ?? [];
      if (owners.length === 0 || !owners.every((owner) => this.#goneUids.has(owner.uid))) continue;
      // what it owned may have gone with an earlier one of this round
      const isThere = this.#entries.has(entryId(entry.resource, keyOf(entry.object)));
      if (isThere && entry.object.metadata.deletionTimestamp === undefined) this.remove(entry.resource, keyOf(entry.object));
    }
  }

  #nextIdentity(old: KubeObject | undefined, object: KubeObject): Partial<ObjectMeta> {
    const resourceVersion = String(++this.#resourceVersion);
    if (old !== undefined) {
      const { generation } = old.metadata;
      const isSameSpec = isSameJson(old['spec'], object['spec']);
      return { ...identityOf(old), resourceVersion, ...(generation === undefined ? {} : { generation: isSameSpec ? generation : generation + 1 }) };
    }
    const { uid = `00000000-0000-4000-8000-${String(++this.#uids).padStart(12, '0')}`, creationTimestamp = this.#timestamp() } = object.metadata;
    const generation = isRecord(object['spec']) ? { generation: object.metadata.generation ?? 1 } : {};
    return { uid, creationTimestamp, resourceVersion, ...generation };
  }

  #emit(event: WorldEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  #entry(resource: ResourceKind, key: ObjectKey): Entry {
    const entry = this.#entries.get(entryId(resource, key));
    if (entry === undefined) throw new KubeError(`${resource.plural} "${key.name}" not found`, { code: 404, reason: 'NotFound' });
    return entry;
  }

  #timestamp(): string {
    return `${new Date(this.clock.now()).toISOString().slice(0, 19)}Z`;
  }
}

function hasFinalizers(object: KubeObject | undefined): boolean {
  return readArray(object?.metadata, 'finalizers').length > 0;
}

export function keyOf({ metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

export function isSameResource(left: ResourceKind, right: ResourceKind): boolean {
  return left.apiVersion === right.apiVersion && left.plural === right.plural;
}

function entryId({ apiVersion, plural }: ResourceKind, { namespace, name }: ObjectKey): string {
  return `${apiVersion}/${plural}/${namespace}/${name}`;
}

/** What an apply says, without what it cannot set. */
function appliedFields(object: KubeObject): JsonRecord {
  const { labels, annotations, ownerReferences } = object.metadata;
  const finalizers = readArray(object.metadata, 'finalizers');
  const fields = Object.entries(object).filter(([field]) => !NOT_APPLIED.includes(field));
  const metadata = { labels, annotations, ownerReferences, ...(finalizers.length === 0 ? {} : { finalizers }) };
  return { ...Object.fromEntries(fields), metadata };
}

/** The merge keeps whatever `live` had, so kind and metadata are those of `live` plus what was applied. */
function toObject(merged: unknown, live: KubeObject): KubeObject {
  if (!isRecord(merged) || !isRecord(merged['metadata'])) return live;
  return { ...merged, apiVersion: live.apiVersion, kind: live.kind, metadata: { ...merged['metadata'], name: live.metadata.name } };
}

function identityOf({ metadata: { uid, creationTimestamp, resourceVersion, generation } }: KubeObject): Partial<ObjectMeta> {
  return {
    ...(uid === undefined ? {} : { uid }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(generation === undefined ? {} : { generation }),
  };
}

function checkUid(existing: KubeObject | undefined, object: KubeObject, { plural }: ResourceKind): void {
  const { uid, name } = object.metadata;
  if (uid === undefined || uid === existing?.metadata.uid) return;
  throw new KubeError(`Operation cannot be fulfilled on ${plural} "${name}": uid ${uid} does not match ${existing?.metadata.uid ?? 'any object'}`, {
    code: 409,
    reason: 'Conflict',
  });
}

function checkImmutable(old: KubeObject | undefined, next: KubeObject): void {
  if (old === undefined) return;
  for (const path of IMMUTABLE[old.kind] ?? []) {
    if (isSameJson(readPath(old, path), readPath(next, path))) continue;
    throw new KubeError(`${old.kind} "${old.metadata.name}" is invalid: ${path.join('.')}: field is immutable`, { code: 422, reason: 'Invalid' });
  }
}

function readPath(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, field) => (isRecord(at) ? at[field] : undefined), value);
}

function freeze(object: KubeObject): KubeObject {
  return freezeDeep(structuredClone(object));
}

function freezeDeep<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) freezeDeep(inner);
    Object.freeze(value);
  }
  return value;
}
