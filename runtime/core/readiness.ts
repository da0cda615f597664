/** Rules of readiness: ready means that every model answers, never that a port is open. */
export type ModelState = 'Loading' | 'Warming' | 'Ready' | 'Draining' | 'Failed' | 'Unloaded';

export interface ModelStanding {
  readonly name: string;
  readonly version: string;
  readonly state: ModelState;
  /** True of a change that was refused while the server went on with what it had: told, but no reason not to be ready. */
  readonly isRejected?: boolean;
}

export interface Readiness {
  readonly isReady: boolean;
  /** Why not, in one line; empty when ready. */
  readonly reason: string;
}

/** A model that somebody unloaded on purpose counts no more; one that failed to load at the start does. */
export function computeReadiness(models: readonly ModelStanding[], isDraining: boolean): Readiness {
  if (isDraining) return { isReady: false, reason: 'the server is shutting down' };
  if (models.length === 0) return { isReady: false, reason: 'no model is known yet' };
  const waiting = models.filter((model) => model.state !== 'Ready' && model.state !== 'Unloaded' && model.isRejected !== true);
  const reason = waiting.map((model) => `model ${model.name} version ${model.version} is ${model.state}`).join(', ');
  return { isReady: waiting.length === 0, reason };
}

/**
 * The version that a request means: the one it names, else the latest that is ready, else the latest.
 * Versions are decimal integers in strings. Undefined when the model has no such version.
 */
export function selectVersion<Model extends ModelStanding>(versions: readonly Model[], wanted: string): Model | undefined {
  if (wanted !== '') return versions.find((model) => model.version === wanted);
  const latestFirst = [...versions].sort((a, b) => compareVersions(b.version, a.version));
  return latestFirst.find((model) => model.state === 'Ready') ?? latestFirst[0];
}

export function compareVersions(a: string, b: string): number {
  return a.length === b.length ? a.localeCompare(b, 'en') : a.length - b.length;
}
