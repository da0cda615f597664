/** A write that was decided from a cache may be bound to what the cache showed: then it happens only if that is still so. */
import { WaitingError } from '../../lib/errors.js';
import type { KubeObject } from '../ports.js';
import { describeObject } from './ownership.js';

/** The watch that brings the newer object wakes the controller; this is for one that is broken. */
const STALE_RETRY_MS = 1000;

/** The resourceVersion of what is not there. */
export const ABSENT = '';

/** Throws when `desired` names a resourceVersion and the server's object is not of that version any more. */
export function checkFreshness(existing: KubeObject | undefined, desired: KubeObject): void {
  const { resourceVersion } = desired.metadata;
  if (resourceVersion === undefined || resourceVersion === (existing?.metadata.resourceVersion ?? ABSENT)) return;
  if (resourceVersion === ABSENT && existing !== undefined && isOutOfSight(existing, desired)) return;
  throw newStaleError(desired);
}

/** Watches and indexes find objects by labels: one that somebody has taken a label from is there, and no cache will ever show it. */
function isOutOfSight(existing: KubeObject, { metadata: { labels = {} } }: KubeObject): boolean {
  return Object.entries(labels).some(([label, value]) => existing.metadata.labels?.[label] !== value);
}

/** Throws when the server's object is not the one that was seen, or has got another spec since, or is being deleted. */
export function checkGeneration(existing: KubeObject | undefined, seen: KubeObject): void {
  const { uid, generation, deletionTimestamp } = existing?.metadata ?? {};
  if (uid !== seen.metadata.uid || generation !== seen.metadata.generation || deletionTimestamp !== undefined) throw newStaleError(seen);
}

export function newStaleError(desired: KubeObject): WaitingError {
  return new WaitingError('CacheIsBehind', STALE_RETRY_MS, `${describeObject(desired)} changed since it was looked at: looking again`);
}
