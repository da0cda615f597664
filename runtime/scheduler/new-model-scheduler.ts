/** The scheduler of one loaded model: its settings in the scheduler's terms, and the statistics that hear of every run. */
import type { BatchPlan } from '../core/batch-plan.js';
import { LIMITS } from '../core/limits.js';
import type { ModelSettings, QueuePolicy as QueueSettings } from '../core/model-settings.js';
import type { InferenceStatistics } from '../dataplane/inference-statistics.js';
import type { Session } from '../dataplane/ports.js';
import type { BatchSizeLearner } from './batch-size-learner.js';
import type { QueuePolicies, QueuePolicy } from './queue-policy.js';
import { Scheduler } from './scheduler.js';

export interface ModelSchedulerOptions {
  readonly model: string;
  readonly sessions: readonly Session[];
  readonly plan: BatchPlan;
  readonly settings: ModelSettings;
  readonly statistics: InferenceStatistics;
  readonly nowSeconds: () => number;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  readonly learner?: BatchSizeLearner;
  /** Batching was switched off while the model served. */
  readonly onPlan?: (plan: BatchPlan) => void;
}

export function newModelScheduler(options: ModelSchedulerOptions): Scheduler {
  const { model, sessions, plan, settings, statistics, nowSeconds, nowMs, learner, onPlan } = options;
  return new Scheduler({
    model,
    sessions,
    plan,
    policies: computeQueuePolicies(settings),
    nowSeconds,
    setTimer,
    defer: setImmediate,
    observer: {
      observeBatch: ({ rows, run }) => statistics.addExecution(nowMs(), rows, run),
      observePlan: (changed) => onPlan?.(changed),
    },
    ...(learner === undefined ? {} : { learner }),
  });
}

/** Returns what takes it back. */
export function setTimer(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

export function computeQueuePolicies(settings: ModelSettings): QueuePolicies {
  const { priorityLevels, defaultPriority, queuePolicy, priorityPolicies, preserveOrdering } = settings;
  return {
    priorityLevels: Math.max(1, priorityLevels),
    defaultPriorityLevel: Math.max(1, defaultPriority),
    defaultPolicy: toPolicy(queuePolicy),
    levelPolicies: new Map([...priorityPolicies].map(([level, policy]) => [level, toPolicy(policy)])),
    maxBytes: LIMITS.queueBytes,
    preserveOrdering,
  };
}

function toPolicy({ maxRows, timeoutSeconds, timeoutAction, allowTimeoutOverride }: QueueSettings): QueuePolicy {
  return {
    maxRequests: LIMITS.queueLength,
    maxRows: maxRows ?? 0,
    defaultTimeoutSeconds: timeoutSeconds ?? 0,
    allowTimeoutOverride,
    timeoutAction,
  };
}
