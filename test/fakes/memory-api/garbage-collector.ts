/**
 * The garbage collector: what only gone owners own goes, in the background after them or, for a foreground deletion, before them.
 * An owner that was never here counts as alive, so that tests can make a pod without the ReplicaSet behind it.
 */
import type { KubeObject } from '../../../operator/ports.js';
import type { Change } from './change-log.js';
import { FOREGROUND, ORPHAN, ownersOf } from './deletion.js';
import { finalizersOf, keyOf, withMetadata } from './metadata.js';
import type { ObjectStore } from './object-store.js';

const AUTHOR = { manager: 'kube-controller-manager' };
type Dependents = Map<string, Change>;

export class GarbageCollector {
  readonly #store: ObjectStore;
  readonly #delayMs: number;
  /** By uid of the owner. */
  readonly #dependents = new Map<string, Dependents>();
  readonly #gone = new Set<string>();
  #waiting: Change[] = [];
  #isScheduled = false;

  /** Without a delay, what is garbage is gone when the call returns that made it so. */
  constructor(store: ObjectStore, delayMs = 0) {
    this.#store = store;
    this.#delayMs = delayMs;
    store.subscribe((change) => this.#note(change));
  }

  #note(change: Change): void {
    const { old, object, isDeletion } = change;
    const id = `${change.resource.apiVersion}/${change.resource.plural}/${change.id}`;
    if (old !== undefined) for (const { uid } of ownersOf(old)) this.#forget(uid, id);
    if (!isDeletion) for (const { uid } of ownersOf(object)) this.#dependentsOf(uid).set(id, change);
    if (isDeletion && object.metadata.uid !== undefined) this.#gone.add(object.metadata.uid);
    if (!this.#concerns(change)) return;
    this.#waiting.push(change);
    this.#schedule();
  }

  #concerns({ object, old, isDeletion }: Change): boolean {
    if (isDeletion)
      return this.#dependents.has(object.metadata.uid ?? '') || (old !== undefined && ownersOf(old).some(({ isBlocking }) => isBlocking));
    if (object.metadata.deletionTimestamp !== undefined && finalizersOf(object).some((each) => each === FOREGROUND || each === ORPHAN)) return true;
    return ownersOf(object).some(({ uid }) => this.#gone.has(uid));
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    if (this.#delayMs === 0) this.#work();
    else this.#store.clock.sleep(this.#delayMs).then(() => this.#work());
  }

  #work(): void {
    for (let change = this.#waiting.shift(); change !== undefined; change = this.#waiting.shift()) this.#collect(change);
    this.#isScheduled = false;
  }

  #collect({ resource, object, isDeletion }: Change): void {
    const { uid = '' } = object.metadata;
    if (!isDeletion) {
      const live = this.#store.get(resource, keyOf(object));
      if (live?.metadata.uid !== uid) return;
      if (!this.#finish({ resource, object: live })) this.#sweep({ resource, object: live });
      return;
    }
    for (const dependent of this.#live(uid)) this.#sweep(dependent);
    for (const owner of ownersOf(object)) this.#finishOwner(owner.uid);
  }

  /** Removes an object whose owners are all gone, or the references to those that are. */
  #sweep({ resource, object }: Pick<Change, 'resource' | 'object'>): void {
    const owners = ownersOf(object);
    const gone = owners.filter(({ uid }) => this.#gone.has(uid));
    if (gone.length === 0) return;
    if (gone.length < owners.length) {
      this.#withoutOwners({ resource, object }, new Set(gone.map(({ uid }) => uid)));
    } else if (object.metadata.deletionTimestamp === undefined) {
      this.#store.remove(resource, keyOf(object), { uid: object.metadata.uid });
    }
  }

  /** True when it waits for its dependents, or has just been let go. */
  #finish({ resource, object }: Pick<Change, 'resource' | 'object'>): boolean {
    const { uid = '', deletionTimestamp } = object.metadata;
    const finalizer = finalizersOf(object).find((each) => each === FOREGROUND || each === ORPHAN);
    if (deletionTimestamp === undefined || finalizer === undefined) return false;
    if (finalizer === ORPHAN) for (const dependent of this.#live(uid)) this.#withoutOwners(dependent, new Set([uid]));
    for (const dependent of this.#live(uid)) {
      if (dependent.object.metadata.deletionTimestamp === undefined) this.#store.remove(dependent.resource, keyOf(dependent.object));
    }
    const isBlocked = this.#live(uid).some((dependent) => ownersOf(dependent.object).some((owner) => owner.uid === uid && owner.isBlocking));
    if (isBlocked || this.#store.get(resource, keyOf(object))?.metadata.uid !== uid) return true;
    const finalizers = finalizersOf(object).filter((each) => each !== finalizer);
    this.#store.update(resource, keyOf(object), { change: (live) => withMetadata(live, { finalizers }), author: AUTHOR });
    return true;
  }

  #finishOwner(uid: string): void {
    for (const rules of this.#store.kinds()) {
      for (const object of this.#store.objects(rules)) if (object.metadata.uid === uid) this.#finish({ resource: rules, object });
    }
  }

  #withoutOwners({ resource, object }: Pick<Change, 'resource' | 'object'>, uids: ReadonlySet<string>): void {
    const ownerReferences = object.metadata.ownerReferences?.filter(({ uid }) => !uids.has(uid)) ?? [];
    const change = (live: KubeObject) => withMetadata(live, { ownerReferences: ownerReferences.length === 0 ? undefined : ownerReferences });
    this.#store.update(resource, keyOf(object), { change, author: AUTHOR });
  }

  #live(uid: string): Pick<Change, 'resource' | 'object'>[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])].flatMap(({ resource, object }) => {
      const live = this.#store.get(resource, keyOf(object));
      return live === undefined ? [] : [{ resource, object: live }];
    });
  }

  #dependentsOf(uid: string): Dependents {
    const known = this.#dependents.get(uid) ?? new Map();
    this.#dependents.set(uid, known);
    return known;
  }

  #forget(uid: string, id: string): void {
    const known = this.#dependents.get(uid);
    known?.delete(id);
    if (known?.size === 0) this.#dependents.delete(uid);
  }
}
