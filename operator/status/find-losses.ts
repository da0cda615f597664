/**
 * Pods of a revision that were lost, as far as that is news. What is left of a pod stays as an object after another has taken its
 * place, so it is old news once a pod that was made later is ready. Of one whose replacement is on its way, the replacement tells. But
 * where replacements are lost as well, what they were lost to is the cause: it is said once for all of them, with their number, and
 * stays said while the next one tries.
 */
import { LIMITS } from '../api/limits.js';
import type { Reason } from '../api/reasons.js';
import { describeLosses } from '../plan/classify-lost.js';
import { isLive, type RevisionState } from '../plan/context.js';
import { formatTime } from '../plan/describe-pod.js';
import { blocked, type Finding } from '../plan/finding.js';
import type { PodView } from '../view/pod-view.js';

interface Loss {
  readonly pod: PodView;
  readonly finding: Finding;
}

export function findLosses({ name, pods }: RevisionState, replicas: number, findings: ReadonlyMap<PodView, Finding>): Finding[] {
  const live = pods.filter(isLive);
  const ready = live.filter(({ isReady }) => isReady);
  const isMadeGood = (lostAtMs: number): boolean => ready.some(({ createdAtMs = 0 }) => createdAtMs >= lostAtMs);
  const news = pods.flatMap((pod): Loss[] => {
    const finding = findings.get(pod);
    return finding === undefined || pod.lostAtMs === undefined || isMadeGood(pod.lostAtMs) ? [] : [{ pod, finding }];
  });
  const failed = news.filter(({ pod }) => pod.phase === 'Failed' && !pod.isTerminating);
  const replacements = live.length - ready.length;
  const isTelling = live.length < replicas || failed.length > replacements || failed.length >= LIMITS.keptFailedPods;
  const leaving = news.filter(({ pod }) => pod.isTerminating).map(({ finding }) => finding);
  return [...(isTelling ? [...groupByReason(failed)].map(([reason, group]) => describeGroup(name, reason, group)) : []), ...leaving];
}

function groupByReason(losses: readonly Loss[]): Map<Reason, Loss[]> {
  const groups = new Map<Reason, Loss[]>();
  for (const loss of losses) groups.set(loss.finding.reason, [...(groups.get(loss.finding.reason) ?? []), loss]);
  return groups;
}

/** `3 pods of revision reader-1a2b3c4d were evicted since 2026-01-01T00:00:00Z, the last: Pod … was evicted: …`. */
function describeGroup(revision: string, reason: Reason, group: readonly Loss[]): Finding {
  const byTime = [...group].sort((a, b) => (a.pod.lostAtMs ?? 0) - (b.pod.lostAtMs ?? 0) || (a.pod.name < b.pod.name ? -1 : 1));
  const [first, last] = [byTime[0], byTime.at(-1)];
  const message = last?.finding.message ?? '';
  if (group.length === 1) return blocked(reason, message);
  const since = formatTime(first?.pod.lostAtMs ?? 0);
  return blocked(reason, `${group.length} pods of revision ${revision} ${describeLosses(reason)} since ${since}, the last: ${message}`);
}
