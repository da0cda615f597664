/** A change of the world as tests hear of it. */
import type { KubeObject, ResourceKind } from '../../../operator/ports.js';
import type { Change } from './change-log.js';

export interface WorldEvent {
  readonly type: 'Added' | 'Updated' | 'Deleted';
  readonly resource: ResourceKind;
  readonly object: KubeObject;
  /** The object before; of Updated alone. */
  readonly old?: KubeObject;
}
export type WorldListener = (event: WorldEvent) => void;

export function toWorldEvent({ resource, object, old, isDeletion }: Change): WorldEvent {
  if (isDeletion) return { type: 'Deleted', resource, object };
  return old === undefined ? { type: 'Added', resource, object } : { type: 'Updated', resource, object, old };
}
