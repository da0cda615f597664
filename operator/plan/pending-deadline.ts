/** When a pod that waits without a word becomes a finding (see classify-pod). */
import { LIMITS } from '../api/limits.js';
import type { PodView } from '../view/pod-view.js';

export function pendingDeadlineMs(pod: PodView): number | undefined {
  const { node, conditions, createdAtMs, scheduledAtMs } = pod;
  const sinceMs = scheduledAtMs ?? createdAtMs;
  if (sinceMs === undefined) return undefined;
  if (node !== '') return sinceMs + LIMITS.slowCreateMs + 1;
  return conditions.some(({ type }) => type === 'PodScheduled') ? undefined : sinceMs + LIMITS.silentSchedulerMs + 1;
}
