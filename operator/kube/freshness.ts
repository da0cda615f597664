/** A write that was decided from a cache may be bound to what the cache showed: then it happens only if that is still so. */
import { WaitingError } from '../../lib/errors.js';
import type { KubeObject } from '../ports.js';
import { describeObject } from './ownership.js';

/** The watch that brings the newer object wakes the controller; this is for one that is broken. */
const STALE_RETRY_MS = 1000;

/** Throws when `desired` names a resourceVersion and the server's object is not of that version any more. */
export function checkFreshness(existing: KubeObject | undefined, desired: KubeObject): void {
  const { resourceVersion } = desired.metadata;
  if (resourceVersion !== undefined && resourceVersion !== existing?.metadata.resourceVersion) throw newStaleError(desired);
}

export function newStaleError(desired: KubeObject): WaitingError {
  return new WaitingError('CacheIsBehind', STALE_RETRY_MS, `${describeObject(desired)} changed since it was looked at: looking again`);
}
