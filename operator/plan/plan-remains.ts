/**
 * Pods that failed leave an object behind. A node that refuses or evicts every pod makes one more each time, many a second, and
 * Kubernetes itself clears up only beyond 12,500 in a cluster. The newest few of a revision are kept: they are what people look at
 * and what the status speaks of.
 */
import { LIMITS } from '../api/limits.js';
import type { PodView } from '../view/pod-view.js';
import { hasEnded, type PhasePlan, type PlanContext } from './context.js';

export function planRemains({ observed }: PlanContext): PhasePlan {
  // of those alone whose Deployment is seen to be ours; others go with the ReplicaSet that they belong to
  const outdated = [...observed.deployments.keys()]
    .sort()
    .flatMap((revision) => outdatedOf(observed.pods.filter((pod) => pod.revision === revision)));
  // each that goes asks for another pass, which goes on
  const now = outdated.slice(0, LIMITS.deletedPodsPerPass);
  return { actions: now.map(({ name, revision }) => ({ kind: 'DeleteEndedPod', pod: name, revision })) };
}

function outdatedOf(pods: readonly PodView[]): PodView[] {
  const ended = pods.filter((pod) => hasEnded(pod.phase) && !pod.isTerminating);
  return ended.sort(compareAge).slice(0, Math.max(0, ended.length - LIMITS.keptFailedPods));
}

/** Oldest first. */
function compareAge(a: PodView, b: PodView): number {
  return (a.createdAtMs ?? 0) - (b.createdAtMs ?? 0) || (a.name < b.name ? -1 : 1);
}
