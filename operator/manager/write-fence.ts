/**
 * No write without the lease, none that outlives it: one that was paused must not finish yesterday's plan beside its successor.
 * Asked right before each request that writes, and not before the reads that lead to it: a pause between the two is a pause, too.
 */
import type { LeaderElection } from './leader-election.js';

/** Somebody else may lead by now. */
export class NotLeadingError extends Error {
  override readonly name = 'NotLeadingError';
  constructor() {
    super('This replica does not lead any more: nothing was written');
  }
}

/** Milliseconds that a write which begins now may take. Throws when there may be none. */
export function newWriteFence(election: Pick<LeaderElection, 'remainingMs'>): () => number {
  return () => {
    const remainingMs = election.remainingMs();
    if (remainingMs <= 0) throw new NotLeadingError();
    return remainingMs;
  };
}
