/** The Writer port over the in-memory API, with faults: a call that fails, a reply that is lost, a process that dies between writes. */
import { checkFreshness } from '../../operator/kube/freshness.js';
import { checkOwnerLives, checkOwnership } from '../../operator/kube/ownership.js';
import type { KubeObject, ObjectKey, Ownership, ResourceKind, Writer } from '../../operator/ports.js';
import { type FakeServer, keyOf } from './fake-server.js';

export type WriteVerb = 'apply' | 'delete' | 'applyStatus';

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
  readonly #server: FakeServer;
  #faults: Fault[] = [];
  #writesLeft = Number.POSITIVE_INFINITY;

  constructor(server: FakeServer) {
    this.#server = server;
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
      const existing = this.#server.get(resource, keyOf(object));
      if (existing !== undefined) checkOwnership(existing, ownership, object);
      checkFreshness(existing, object);
      if (ownership.kind !== 'OrphanOf') return this.#server.apply(resource, object);
      checkOwnerLives(this.#server.get(ownership.owner, { ...keyOf(object), name: ownership.name }), ownership);
      return this.#adopt(resource, object);
    });
  }

  /** Under a manager of its own: what the main one applied stays as it is, and its own. */
  #adopt(resource: ResourceKind, { metadata: { name, namespace = '', ownerReferences = [] } }: KubeObject): KubeObject {
    return this.#server.replace(resource, { namespace, name }, (object) => ({
      ...object,
      metadata: { ...object.metadata, ownerReferences: [...(object.metadata.ownerReferences ?? []), ...ownerReferences] },
    }));
  }

  async delete(resource: ResourceKind, key: ObjectKey, ownership: Ownership): Promise<void> {
    await this.#write('delete', resource, key, () => {
      const existing = this.#server.get(resource, key);
      if (existing === undefined) return;
      checkOwnership(existing, ownership);
      this.#server.remove(resource, key);
    });
  }

  applyStatus(resource: ResourceKind, object: KubeObject): Promise<KubeObject> {
    return this.#write('applyStatus', resource, keyOf(object), () => this.#server.applyStatus(resource, object));
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
