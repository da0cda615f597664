/** Why a pod has no node, from its condition PodScheduled, or from there being none. */
import { LIMITS } from '../api/limits.js';
import type { PodView } from '../view/pod-view.js';
import { since, whereOf } from './describe-pod.js';
import { blocked, type Finding, progress } from './finding.js';

/** Gates or claims in a message. */
const NAMED = 5;

/** Undefined when it has a node. */
export function classifyScheduling(pod: PodView, nowMs: number): Finding | undefined {
  if (pod.node !== '') return undefined;
  const scheduled = pod.conditions.find(({ type }) => type === 'PodScheduled');
  const where = whereOf(pod);
  if (scheduled?.status === 'True') return undefined;
  if (scheduled === undefined || scheduled.status !== 'False') return classifySilence(pod, nowMs);
  if (scheduled.reason === 'SchedulingGated') {
    const gates = pod.gates.length === 0 ? 'a scheduling gate' : `the scheduling gate ${pod.gates.slice(0, NAMED).join(', ')}`;
    return blocked('WaitingInQueue', `${where} is held back by ${gates}${since(pod.createdAtMs)}: ${scheduled.message}`);
  }
  if (scheduled.reason === 'Unschedulable') return blocked('Unschedulable', `${where}: ${scheduled.message || 'no node fits'}`);
  return blocked('SchedulerError', `${where}: ${scheduled.reason}: ${scheduled.message}`);
}

function classifySilence(pod: PodView, nowMs: number): Finding {
  const { createdAtMs, schedulerName } = pod;
  const where = whereOf(pod);
  const silentMs = createdAtMs === undefined ? 0 : nowMs - createdAtMs;
  if (silentMs <= LIMITS.silentSchedulerMs) return progress('Scheduling', `${where} waits for the scheduler`);
  if (pod.missingClaims.length > 0) {
    const claims = pod.missingClaims.slice(0, NAMED).join(', ');
    return blocked(
      'ClaimMissing',
      `${where} waits for its resource claim ${claims}${since(createdAtMs)}. See whether that ResourceClaimTemplate is there`,
    );
  }
  if (schedulerName === '') {
    return blocked('SchedulerSilent', `${where}: no scheduler has looked at it${since(createdAtMs)}. See whether kube-scheduler runs`);
  }
  // Slipway names none: a webhook or a policy of the namespace has
  return blocked(
    'SchedulerUnknown',
    `${where} is for scheduler "${schedulerName}", which has not looked at it${since(createdAtMs)}. See whether that runs, or what sets spec.schedulerName of pods here`,
  );
}
