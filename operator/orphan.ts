/**
 * Objects that we made and that have lost their owner: `kubectl delete --cascade=orphan` keeps them, and a ModelDeployment that is
 * made anew under the same name takes them back, with the pods behind them. Pure. Everything has to speak for it: no controller at
 * all, our labels, and a name that only we give. One that still names a controller is never an orphan, not even when that is gone:
 * then Kubernetes is about to collect it, and nobody wins that race for certain.
 */
import { FIELD_MANAGER, LABELS } from '../contract/labels.js';
import type { KubeObject } from './ports.js';

export function isOrphanOf(object: KubeObject, model: string): boolean {
  const { labels = {}, ownerReferences = [] } = object.metadata;
  if (ownerReferences.some(({ controller }) => controller === true)) return false;
  return labels[LABELS.managedBy] === FIELD_MANAGER && labels[LABELS.model] === model && hasNameOfOurs(object, model);
}

/** One that is being deleted ends by itself. */
export function isAdoptable(object: KubeObject, model: string): boolean {
  return object.metadata.deletionTimestamp === undefined && isOrphanOf(object, model);
}

function hasNameOfOurs({ kind, metadata: { name, labels = {} } }: KubeObject, model: string): boolean {
  const isRevision = labels[LABELS.revision] === name && new RegExp(`^${model}-[0-9a-f]{8}$`).test(name);
  switch (kind) {
    case 'Deployment':
    case 'ControllerRevision':
      return isRevision;
    case 'Service':
      return name === model || isRevision;
    case 'PodDisruptionBudget':
      return name === model;
    case 'Pod':
      // those that serve belong to a ReplicaSet: without one somebody has taken them out to look at them
      return new RegExp(`^${model}-resolve-[0-9a-f]{8}-[0-9]+$`).test(name);
    default:
      return false;
  }
}
