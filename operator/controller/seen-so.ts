/**
 * That an object says all that an action asks for, remembered for as long as neither the object, nor the model, nor the stored
 * revision changed: most passes find nothing to do, and need not render and compare to find it again.
 */
import type { Action } from '../plan/action.js';
import type { KubeObject } from '../ports.js';

interface Seen {
  readonly by: unknown;
  readonly revision: KubeObject | undefined;
  readonly action: string;
}

export interface Asked {
  readonly action: Action;
  readonly model: object;
  readonly revision: KubeObject | undefined;
}

const known = new WeakMap<KubeObject, Seen>();

export function isSeenSo(object: KubeObject | undefined, { action, model, revision }: Asked): boolean {
  const seen = object === undefined ? undefined : known.get(object);
  return seen !== undefined && seen.by === model && seen.revision === revision && seen.action === JSON.stringify(action);
}

export function noteSeenSo(object: KubeObject | undefined, { action, model, revision }: Asked): void {
  if (object !== undefined) known.set(object, { by: model, revision, action: JSON.stringify(action) });
}
