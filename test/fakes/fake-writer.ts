/** The Writer port over the in-memory API, with faults: a call that fails, a reply that is lost, a process that dies between writes. */
import { ADOPTION_MANAGER, FIELD_MANAGER } from '../../contract/labels.js';
import { KubeError } from '../../lib/kube/kube-error.js';
import { checkFreshness, checkGeneration } from '../../operator/kube/freshness.js';
import { checkOwnerLives, checkOwnership } from '../../operator/kube/ownership.js';
import type { KubeObject, ObjectKey, Ownership, ResourceKind, Writer } from '../../operator/ports.js';
import { keyOf } from './memory-api/metadata.js';
import type { ObjectStore } from './memory-api/object-store.js';

export type WriteVerb = 'create' | 'apply' | 'delete' | 'applyStatus';

/** The process that writes is dead: nothing that it does arrives any more. */
export class CrashError extends Error {
  override readonly name = 'CrashError';
  constructor() {
    super('The writer has crashed');
  }
}

interface Fault {
  readonly verb: WriteVerb;
  readonly kind: string;
  readonly error: Error;
  /** The write is done and only its reply is lost. */
  readonly isReplyLost: boolean;
}

export interface WriteRecord {
  readonly verb: WriteVerb;
  readonly kind: string;
  readonly key: ObjectKey;
}

export class FakeWriter implements Writer {
  /** Every write that reached the server. For counting ("an unchanged world causes no write"), not for asserting order. */
  readonly writes: WriteRecord[] = [];
  readonly #store: ObjectStore;
  #faults: Fault[] = [];
  #writesLeft = Number.POSITIVE_INFINITY;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** The next write of that verb and kind fails with `error`; with `isReplyLost` the server has done it all the same. */
  failNext(verb: WriteVerb, kind: string, error: Error, isReplyLost = false): void {
    this.#faults.push({ verb, kind, error, isReplyLost });
  }

  /** After `count` more writes every write throws CrashError, until `restart`. */
  crashAfter(count: number): void {
    this.#writesLeft = count;
  }

  restart(): void {
    this.#writesLeft = Number.POSITIVE_INFINITY;
  }

  get hasCrashed(): boolean {
    return this.#writesLeft <= 0;
  }

  apply(resource: ResourceKind, object: KubeObject, ownership: Ownership): Promise<KubeObject> {
    return this.#write('apply', resource, keyOf(object), () => {
      const existing = this.#store.get(resource, keyOf(object));
      if (existing !== undefined) checkOwnership(existing, ownership, object);
      checkFreshness(existing, object);
      if (ownership.kind !== 'OrphanOf') return this.#store.apply(resource, object, { manager: FIELD_MANAGER });
      checkOwnerLives(this.#store.get(ownership.owner, { ...keyOf(object), name: ownership.name }), ownership);
      return this.#store.apply(resource, object, { manager: ADOPTION_MANAGER });
    });
  }

  create(resource: ResourceKind, object: KubeObject, ownership: Ownership): Promise<KubeObject> {
    if (this.#store.get(resource, keyOf(object)) !== undefined) return this.apply(resource, object, ownership);
    const { resourceVersion: _, ...metadata } = object.metadata;
    return this.#write('create', resource, keyOf(object), () => this.#store.create(resource, { ...object, metadata }, { manager: FIELD_MANAGER }));
  }

  async delete(resource: ResourceKind, key: ObjectKey, ownership: Ownership): Promise<void> {
    await this.#write('delete', resource, key, () => {
      const existing = this.#store.get(resource, key);
      if (existing === undefined) return;
      checkOwnership(existing, ownership);
      this.#store.remove(resource, key);
    });
  }

  async confirm(resource: ResourceKind, seen: KubeObject): Promise<void> {
    if (this.hasCrashed) throw new CrashError();
    checkGeneration(this.#store.get(resource, keyOf(seen)), seen);
  }

  applyStatus(resource: ResourceKind, object: KubeObject): Promise<KubeObject> {
    return this.#write('applyStatus', resource, keyOf(object), () => {
      const { uid, ...metadata } = object.metadata;
      const existing = this.#store.get(resource, keyOf(object));
      if (uid !== undefined && existing !== undefined && existing.metadata.uid !== uid) {
        throw new KubeError(`it was deleted and made anew: its uid is ${existing.metadata.uid}, not ${uid}`, { code: 409, reason: 'Conflict' });
      }
      if (existing !== undefined) checkFreshness(existing, object);
      return this.#store.apply(resource, { ...object, metadata }, { manager: FIELD_MANAGER, subresource: 'status' });
    });
  }

  async #write<Result>(verb: WriteVerb, { kind }: ResourceKind, key: ObjectKey, work: () => Result): Promise<Result> {
    if (this.hasCrashed) throw new CrashError();
    const fault = this.#faults.find((each) => each.verb === verb && each.kind === kind);
    this.#faults = this.#faults.filter((each) => each !== fault);
    if (fault !== undefined && !fault.isReplyLost) throw fault.error;
    const result = work();
    this.writes.push({ verb, kind, key });
    this.#writesLeft--;
    if (fault !== undefined) throw fault.error;
    return result;
  }
}
