/** Whose object is it? Asked of what the server holds, right before every write. */
import { FIELD_MANAGER, LABELS } from '../../contract/labels.js';
import { WaitingError } from '../../lib/errors.js';
import { isOrphanOf } from '../orphan.js';
import { type EndedPodOf, type KubeObject, type OwnerReference, type Ownership, OwnershipError } from '../ports.js';

const PREDECESSOR_RETRY_MS = 2000;
/** The watch that shows the orphan wakes the controller, which adopts it; this is for one that is broken. */
const ORPHAN_RETRY_MS = 1000;
const POD_RETRY_MS = 1000;

const ENDED: ReadonlySet<unknown> = new Set(['Failed', 'Succeeded']);

/** Throws unless `existing` is ours under `ownership`. `desired` is what is about to be applied, absent for a delete. */
export function checkOwnership(existing: KubeObject, ownership: Ownership, desired?: KubeObject): void {
  if (isOwned(existing, ownership)) return;
  const owner = controllerOf(existing);
  if (isOrphanOf(existing, desired?.metadata.labels?.[LABELS.model] ?? '')) {
    throw new WaitingError('OwnerMissing', ORPHAN_RETRY_MS, `${describeObject(existing)} has lost its owner: it is adopted when that is seen`);
  }
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

/** Throws when who is to own an orphan is gone or going: the orphan would be collected with all its pods. */
export function checkOwnerLives(owner: KubeObject | undefined, { name, uid }: { readonly name: string; readonly uid: string }): void {
  if (owner?.metadata.uid === uid && owner.metadata.deletionTimestamp === undefined) return;
  throw new WaitingError('OwnerGone', ORPHAN_RETRY_MS, `ModelDeployment "${name}" was deleted meanwhile: nothing is adopted for it`);
}

/** Throws unless that is all of the pod that is left, and it was one of the Deployment's. */
export function checkEndedPod(existing: KubeObject, { name, labels }: EndedPodOf): void {
  const owner = controllerOf(existing);
  const isSelected = Object.entries(labels).every(([label, value]) => existing.metadata.labels?.[label] === value);
  const isOfDeployment = owner?.kind === 'ReplicaSet' && groupOf(owner) === 'apps' && owner.name.startsWith(`${name}-`);
  if (existing.kind === 'Pod' && isSelected && isOfDeployment && ENDED.has(phaseOf(existing))) return;
  throw new WaitingError(
    'NotAnEndedPod',
    POD_RETRY_MS,
    `${describeObject(existing)} is not what is left of a pod of Deployment "${name}": it is left alone`,
  );
}

/** Throws unless the Deployment whose pod it was is ours. */
export function checkDeployment(deployment: KubeObject | undefined, { name, uid }: EndedPodOf): void {
  if (deployment !== undefined && controllerOf(deployment)?.uid === uid) return;
  throw new WaitingError('NotOurDeployment', POD_RETRY_MS, `Deployment "${name}" is not there or not ours: what is left of its pods is left alone`);
}

function isOwned(existing: KubeObject, ownership: Ownership): boolean {
  switch (ownership.kind) {
    case 'OrphanOf':
      // adopted already, where the cache does not show that yet: the version that goes along with the write tells
      return isOrphanOf(existing, ownership.name) || controllerOf(existing)?.uid === ownership.uid;
    case 'ControlledBy':
      return controllerOf(existing)?.uid === ownership.uid;
    case 'ManagedBy':
      return existing.metadata.labels?.[LABELS.managedBy] === FIELD_MANAGER;
  }
}

function phaseOf({ status }: KubeObject): unknown {
  return typeof status === 'object' && status !== null && 'phase' in status ? status.phase : undefined;
}

/** The owner has the name and kind of ours and another uid: a ModelDeployment that was deleted and made anew. */
function isPredecessor(owner: OwnerReference, desired: KubeObject | undefined): boolean {
  const own = desired === undefined ? undefined : controllerOf(desired);
  return own !== undefined && own.kind === owner.kind && own.name === owner.name && groupOf(own) === groupOf(owner);
}

/** Without the version: of what one version of the API made, another one is the owner all the same. */
function groupOf({ apiVersion }: OwnerReference): string {
  return apiVersion.split('/')[0] ?? '';
}

function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

function describeOwner(existing: KubeObject, owner: OwnerReference | undefined): string {
  if (owner !== undefined) return `${owner.kind} "${owner.name}"`;
  const manager = existing.metadata.labels?.[LABELS.managedBy];
  if (manager === FIELD_MANAGER) return 'nobody (it has the label of an object of Slipway, but no owner and not the labels of this one)';
  return manager === undefined ? 'somebody else (it has no controller)' : `"${manager}" (its label ${LABELS.managedBy})`;
}
