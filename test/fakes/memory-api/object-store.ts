/**
 * What an API server does with objects, over a map: identity and versions, generation, status as a subresource, field managers,
 * finalizers and preconditions. Objects are frozen: a change of one throws. Knows no HTTP.
 */
import type { Clock } from '../../../lib/clock.js';
import { isRecord, isSameJson } from '../../../lib/kube/json.js';
import type { KubeObject, ObjectKey, ResourceKind } from '../../../operator/ports.js';
import type { Change } from './change-log.js';
import { type DeleteOptions, deletionOf } from './deletion.js';
import { frozenObject } from './frozen.js';
import { GarbageCollector } from './garbage-collector.js';
import { defaultRules, type KindRules, SERVED_KINDS } from './kinds.js';
import { type Author, applyFields, isSameManagers, updateFields } from './managers.js';
import { identityOf, isReadyToGo, keyOf, ownableFields, toTimestamp, withMetadata, withOwnable } from './metadata.js';
import { alreadyExists, conflict, invalid, modified, notFound } from './refusals.js';
import { type Entry, Table } from './table.js';
import { checkChange } from './validate.js';

export interface StoreOptions {
  /** Changes of each kind that can still be watched from; older is 410 Expired. */
  readonly historyLength?: number | undefined;
  /** A pod on a node is only marked by a deletion: it goes when `remove` is called with `graceSeconds: 0`, as its kubelet would. */
  readonly hasGracefulPods?: boolean | undefined;
  /** How long garbage stays; absent: it goes at once. */
  readonly garbageDelayMs?: number | undefined;
}

export interface ApplyOptions extends Author {
  /** Absent: forced. */
  readonly force?: boolean;
}

const HISTORY_LENGTH = 10_000;

export class ObjectStore {
  readonly #tables = new Map<string, Table>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #options: StoreOptions;
  #version = 1;
  #uids = 0;

  constructor(
    readonly clock: Clock,
    options: StoreOptions = {},
  ) {
    this.#options = options;
    for (const rules of SERVED_KINDS) this.#addTable(rules);
    new GarbageCollector(this, options.garbageDelayMs);
  }

  /** The newest resourceVersion of all. */
  get version(): number {
    return this.#version;
  }

  /** Hears of every change, in order. Returns what ends it. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  table(resource: ResourceKind): Table {
    return this.#tables.get(tableId(resource)) ?? this.#addTable(defaultRules(resource));
  }

  /** Undefined where nothing is served. */
  findRules(apiVersion: string, plural: string): KindRules | undefined {
    return this.#tables.get(tableId({ apiVersion, plural }))?.rules;
  }

  kinds(): KindRules[] {
    return Array.from(this.#tables.values(), ({ rules }) => rules);
  }

  get(resource: ResourceKind, key: ObjectKey): KubeObject | undefined {
    return this.#find(resource, key)?.object;
  }

  objects(resource: ResourceKind): KubeObject[] {
    return Array.from(this.table(resource).entries.values(), ({ object }) => object);
  }

  /** With its status, uid and times if it has any: whoever may not set them leaves them out. */
  create(resource: ResourceKind, object: KubeObject, { manager }: Author): KubeObject {
    const { rules } = this.table(resource);
    if (this.#find(resource, keyOf(object)) !== undefined) throw alreadyExists(resource, object.metadata.name);
    const empty = { fields: {}, managers: new Map() };
    const { managers } = updateFields(empty, ownableFields(object, rules, undefined), { manager });
    const status = rules.hasStatus ? ownableFields(object, rules, 'status') : {};
    return this.#commit(resource, { object, managers: updateFields({ fields: {}, managers }, status, { manager, subresource: 'status' }).managers });
  }

  /** Replaces what the author's endpoint reaches. */
  update(resource: ResourceKind, key: ObjectKey, { change, author }: { change: (object: KubeObject) => KubeObject; author: Author }): KubeObject {
    const { rules } = this.table(resource);
    const entry = this.#require(resource, key);
    const wanted = change(entry.object);
    checkPreconditions(resource, wanted, entry.object);
    const fields = ownableFields(wanted, rules, author.subresource);
    const { managers } = updateFields({ fields: ownableFields(entry.object, rules, author.subresource), managers: entry.managers }, fields, author);
    const object = withOwnable(entry.object, fields, { rules, subresource: author.subresource });
    return this.#commit(resource, { object, managers }, entry);
  }

  apply(resource: ResourceKind, config: KubeObject, options: ApplyOptions): KubeObject {
    const { subresource } = options;
    const { rules } = this.table(resource);
    const entry = this.#find(resource, keyOf(config));
    if (entry === undefined && subresource !== undefined) throw notFound(resource, config.metadata.name);
    if (entry !== undefined) checkPreconditions(resource, config, entry.object);
    else checkMayCreate(resource, config);
    const { name, namespace } = config.metadata;
    const live = entry?.object ?? {
      apiVersion: config.apiVersion,
      kind: config.kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    };
    const held = { fields: ownableFields(live, rules, subresource), managers: entry?.managers ?? new Map() };
    const next = applyFields(held, ownableFields(config, rules, subresource), { ...options, force: options.force ?? true });
    const object = withOwnable(live, isRecord(next.fields) ? next.fields : {}, { rules, subresource });
    return this.#commit(resource, { object, managers: next.managers }, entry);
  }

  /** Returns the object if it is still there, waiting for its finalizers or its kubelet. */
  remove(resource: ResourceKind, key: ObjectKey, options: DeleteOptions = {}): KubeObject | undefined {
    const entry = this.#require(resource, key);
    const marked = deletionOf(entry.object, {
      ...options,
      resource,
      nowMs: this.clock.now(),
      hasGracefulPods: this.#options.hasGracefulPods ?? false,
    });
    if (isReadyToGo(marked)) {
      this.#drop(resource, entry);
      return undefined;
    }
    return this.#commit(resource, { object: marked, managers: entry.managers }, entry);
  }

  #commit(resource: ResourceKind, { object, managers }: Entry, entry?: Entry): KubeObject {
    const { rules } = this.table(resource);
    const old = entry?.object;
    const now = toTimestamp(this.clock.now());
    const newUid = () => `00000000-0000-4000-8000-${String(++this.#uids).padStart(12, '0')}`;
    const identity = identityOf(object, { rules, old, newUid, now });
    if (old !== undefined) {
      checkChange(old, object, rules);
      const unchanged = withMetadata(object, { ...identity, resourceVersion: old.metadata.resourceVersion });
      if (isSameJson(old, unchanged) && isSameManagers(entry?.managers ?? managers, managers)) return old;
    }
    const stored = frozenObject(withMetadata(object, { ...identity, resourceVersion: String(++this.#version) }));
    if (old !== undefined && isReadyToGo(stored)) {
      this.#drop(resource, { object: stored, managers });
      return stored;
    }
    const id = objectId(keyOf(stored));
    this.table(resource).entries.set(id, { object: stored, managers });
    this.#tell({ version: this.#version, atMs: this.clock.now(), id, resource: rules, object: stored, isDeletion: false, old });
    return stored;
  }

  /** A deletion has a version of its own, and its event the object as it was last. */
  #drop(resource: ResourceKind, { object }: Entry): void {
    const table = this.table(resource);
    const id = objectId(keyOf(object));
    const old = table.entries.get(id)?.object;
    table.entries.delete(id);
    const last = frozenObject(withMetadata(object, { resourceVersion: String(++this.#version) }));
    this.#tell({ version: this.#version, atMs: this.clock.now(), id, resource: table.rules, object: last, isDeletion: true, old });
  }

  #tell(change: Change): void {
    this.table(change.resource).log.append(change);
    for (const listener of [...this.#listeners]) listener(change);
  }

  #find(resource: ResourceKind, key: ObjectKey): Entry | undefined {
    return this.table(resource).entries.get(objectId(key));
  }

  #require(resource: ResourceKind, key: ObjectKey): Entry {
    const entry = this.#find(resource, key);
    if (entry === undefined) throw notFound(resource, key.name);
    return entry;
  }

  #addTable(rules: KindRules): Table {
    const table = new Table(rules, this.#options.historyLength ?? HISTORY_LENGTH);
    this.#tables.set(tableId(rules), table);
    return table;
  }
}

export function objectId({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

function tableId({ apiVersion, plural }: Pick<ResourceKind, 'apiVersion' | 'plural'>): string {
  return `${apiVersion}/${plural}`;
}

/** A uid or a version in what is written must be those of the object. */
function checkPreconditions(resource: ResourceKind, { metadata: { uid, resourceVersion } }: KubeObject, live: KubeObject): void {
  const { name } = live.metadata;
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) throw modified(resource, name);
  if (uid !== undefined && uid !== live.metadata.uid) throw invalid(resource, name, `metadata.uid: Invalid value: "${uid}": field is immutable`);
}

function checkMayCreate(resource: ResourceKind, { metadata: { name, uid } }: KubeObject): void {
  if (uid === undefined) return;
  throw conflict(resource, name, `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`);
}
