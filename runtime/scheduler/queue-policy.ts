/** The queue's rules, in the terms of Triton's ModelDynamicBatching and ModelQueuePolicy, except that sizes count rows as well. */

export interface QueuePolicy {
  /** Requests that may wait at this level; 0: no bound of their own. */
  readonly maxRequests: number;
  /** Rows that may wait at this level; 0: no bound of their own. One larger request may wait alone. */
  readonly maxRows: number;
  /** 0: requests wait as long as they must. */
  readonly defaultTimeoutSeconds: number;
  /** A request may then ask for a shorter wait, never for a longer one. */
  readonly allowTimeoutOverride: boolean;
  /** REJECT answers DEADLINE_EXCEEDED; DELAY lets the request run when no other of its level waits. */
  readonly timeoutAction: 'REJECT' | 'DELAY';
}

export interface QueuePolicies {
  /** At least 1. */
  readonly priorityLevels: number;
  /** 1 to `priorityLevels`: of requests that ask for level 0, or for one that is not there. */
  readonly defaultPriorityLevel: number;
  readonly defaultPolicy: QueuePolicy;
  /** By level, 1 being the first. */
  readonly levelPolicies: ReadonlyMap<number, QueuePolicy>;
  /** Bytes of input tensors that may wait, of all levels together. */
  readonly maxBytes: number;
  /** Results come in the order in which the requests came. With more than one level there is no such order. */
  readonly preserveOrdering: boolean;
}

/** Index of the level that a request waits in. */
export function computeLevel(policies: QueuePolicies, priority: number): number {
  const isKnown = Number.isInteger(priority) && priority >= 1 && priority <= policies.priorityLevels;
  return (isKnown ? priority : policies.defaultPriorityLevel) - 1;
}

/** Infinity for no timeout. */
export function computeTimeoutSeconds(policy: QueuePolicy, askedSeconds: number | undefined): number {
  const standard = policy.defaultTimeoutSeconds > 0 ? policy.defaultTimeoutSeconds : Number.POSITIVE_INFINITY;
  const isHeard = policy.allowTimeoutOverride && askedSeconds !== undefined && askedSeconds > 0;
  return isHeard ? Math.min(standard, askedSeconds) : standard;
}

/** A sentence that names the field and its value, or undefined for policies that can be kept. */
export function checkPolicies({ priorityLevels, defaultPriorityLevel, preserveOrdering }: QueuePolicies): string | undefined {
  if (!(priorityLevels >= 1)) return `priority_levels is ${priorityLevels}; it must be at least 1`;
  if (!(defaultPriorityLevel >= 1 && defaultPriorityLevel <= priorityLevels))
    return `default_priority_level is ${defaultPriorityLevel}; it must lie between 1 and priority_levels, ${priorityLevels}`;
  if (preserveOrdering && priorityLevels > 1) return `preserve_ordering is true with priority_levels ${priorityLevels}; it needs 1`;
  return undefined;
}
