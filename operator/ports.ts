/**
 * What the controller needs from the world, as small interfaces. `operator/kube` implements them over a real API server,
 * `test/fakes` in memory; both pass the same contract suite (`test/contract`).
 */
export type { Clock } from '../lib/clock.js';

import type { KubeObject, ResourceKind } from '../lib/kube-types.js';

export type { KubeObject, ObjectMeta, OwnerReference, ResourceKind } from '../lib/kube-types.js';

export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** Reads of a local copy that a watch keeps up to date. May lag behind the server; never partly filled after `start`. */
export interface Cache<T extends KubeObject = KubeObject> {
  get(key: ObjectKey): T | undefined;
  /** Objects of the namespace (all when undefined) whose labels contain `labels`. */
  list(filter: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> }): readonly T[];
  /** How many there are of the namespace, without looking at them. */
  count(namespace: string): number;
}

/** Asks the server itself, for the rare decision that a cache which lags would get wrong. */
export interface Census {
  /** No object of the kind is in the namespace. */
  isEmpty(resource: ResourceKind, namespace: string): Promise<boolean>;
}

/** An object of that name exists and belongs to somebody else: it is left alone. */
export class OwnershipError extends Error {
  override readonly name = 'OwnershipError';
  constructor(
    readonly object: string,
    readonly owner: string,
  ) {
    super(`${object} exists and belongs to ${owner}: rename the ModelDeployment or remove that object`);
  }
}

/** How a write learns whom the object must belong to. */
export type Ownership =
  /** The object must be absent or have this controller owner reference. */
  | { readonly kind: 'ControlledBy'; readonly uid: string }
  /** The object must be absent or carry the label `app.kubernetes.io/managed-by: slipway-operator`. */
  | { readonly kind: 'ManagedBy' }
  /**
   * Adoption: the object must be there, ours by labels and name and without a controller, and the owner, asked of the server right
   * before, must be there and not be deleted. Only the fields that the apply names are taken; all others stay with whoever set them.
   */
  | { readonly kind: 'OrphanOf'; readonly owner: ResourceKind; readonly name: string; readonly uid: string };

/** Writes. Each checks ownership against the server first and throws OwnershipError rather than touch what is not ours. */
export interface Writer {
  /**
   * Server-side apply with field manager `slipway-operator`, forced. Returns the object as the server stored it. Where the object
   * names a `resourceVersion`, the server's must still be of that version (an empty one: there must be none): else nothing is written
   * and WaitingError is thrown.
   */
  apply(resource: ResourceKind, object: KubeObject, ownership: Ownership): Promise<KubeObject>;
  /**
   * For what no cache shows: creates it, which the server refuses when the name is taken; then it is applied as above. Only for
   * objects of which no later apply leaves a field out: what a creation has set stays (docs/adr/0043).
   */
  create(resource: ResourceKind, object: KubeObject, ownership: Ownership): Promise<KubeObject>;
  /** Deletes with background propagation when the object is ours; absent is success. */
  delete(resource: ResourceKind, key: ObjectKey, ownership: Ownership): Promise<void>;
  /**
   * Throws WaitingError unless the server has the object with the uid and the generation that `seen` has: a cache may lag behind what
   * a user asked for and another replica has done already. Asked before what cannot be taken back.
   */
  confirm(resource: ResourceKind, seen: KubeObject): Promise<void>;
  /** Server-side apply of the status subresource. `uid` guards against writing to a namesake made later; `resourceVersion` as above. */
  applyStatus(resource: ResourceKind, object: KubeObject): Promise<KubeObject>;
}

export interface EventRecorder {
  /** Records an Event about an object. Repeats are counted, not multiplied. Never throws and never blocks the caller. */
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** Asks a serving pod for `/statusz`. Undefined when it cannot be had now: no data is not bad data. */
export interface ModelProbe<Report = unknown> {
  statusz(podIp: string): Promise<Report | undefined>;
}

/** What a reconcile asks for next: nothing, or another pass after `afterMs`. `actions` says what it did, for people who ask. */
export type ReconcileResult = ({ readonly kind: 'Done' } | { readonly kind: 'RequeueAfter'; readonly afterMs: number }) & {
  readonly actions?: readonly string[];
};

export interface Reconciler {
  /** Throws for a retry with backoff; TerminalError, WaitingError and RetryError (lib/errors) mean what they say. */
  reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult>;
}
