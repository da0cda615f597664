/** Whose object is it? Asked of what the server holds, right before every write. */
import { FIELD_MANAGER, LABELS } from '../../contract/labels.js';
import { WaitingError } from '../../lib/errors.js';
import { type KubeObject, type OwnerReference, type Ownership, OwnershipError } from '../ports.js';

const PREDECESSOR_RETRY_MS = 2000;

/** Throws unless `existing` is ours under `ownership`. `desired` is what is about to be applied, absent for a delete. */
export function checkOwnership(existing: KubeObject, ownership: Ownership, desired?: KubeObject): void {
  if (isOwned(existing, ownership)) return;
  const owner = controllerOf(existing);
  if (owner !== undefined && isPredecessor(owner, desired)) {
    throw new WaitingError(
      'PredecessorNotCollected',
      PREDECESSOR_RETRY_MS,
      `${describeObject(existing)} still belongs to a deleted ${owner.kind} of the same name: waiting for Kubernetes to collect it`,
    );
  }
  throw new OwnershipError(describeObject(existing), describeOwner(existing, owner));
}

/** `Deployment "shop/reader"`. */
export function describeObject({ kind, metadata }: KubeObject): string {
  return `${kind} "${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}"`;
}

function isOwned(existing: KubeObject, ownership: Ownership): boolean {
  switch (ownership.kind) {
    case 'ControlledBy':
      return controllerOf(existing)?.uid === ownership.uid;
    case 'ManagedBy':
      return existing.metadata.labels?.[LABELS.managedBy] === FIELD_MANAGER;
  }
}

/** The owner has the name and kind of ours and another uid: a ModelDeployment that was deleted and made anew. */
function isPredecessor(owner: OwnerReference, desired: KubeObject | undefined): boolean {
  const own = desired === undefined ? undefined : controllerOf(desired);
  return own !== undefined && own.kind === owner.kind && own.name === owner.name && own.apiVersion === owner.apiVersion;
}

function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

function describeOwner(existing: KubeObject, owner: OwnerReference | undefined): string {
  if (owner !== undefined) return `${owner.kind} "${owner.name}"`;
  const manager = existing.metadata.labels?.[LABELS.managedBy];
  if (manager === FIELD_MANAGER) return 'nobody any more (its ModelDeployment was deleted with --cascade=orphan)';
  return manager === undefined ? 'somebody else (it has no controller)' : `"${manager}" (its label ${LABELS.managedBy})`;
}
