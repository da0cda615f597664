/** The models that the server has, in the words of Triton's repository index. */
import type { ModelStanding, ModelState } from './readiness.js';

/** A model that drains still answers, as Triton's does while it unloads. */
const STATES = {
  Loading: 'LOADING',
  Warming: 'LOADING',
  Ready: 'READY',
  Draining: 'UNLOADING',
  Failed: 'UNAVAILABLE',
  Unloaded: 'UNAVAILABLE',
} as const satisfies Record<ModelState, string>;

export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: (typeof STATES)[ModelState];
  /** Empty when it is ready. */
  readonly reason: string;
}

export function computeRepositoryIndex(models: readonly (ModelStanding & { readonly reason: string })[], isReadyOnly: boolean): IndexEntry[] {
  const wanted = isReadyOnly ? models.filter((model) => model.state === 'Ready') : models;
  return wanted.map(({ name, version, state, reason }) => ({ name, version, state: STATES[state], reason }));
}
