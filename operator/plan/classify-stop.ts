/**
 * A runtime that was ended from outside while its pod was to stay. The kubelet says so in an Event alone, and that is not read; but it
 * shows: what was told to stop ends well by its own account, and what had answered no probe for a minute before it was killed hung.
 */
import { CONTAINERS } from '../../contract/paths.js';
import { LIMITS } from '../api/limits.js';
import type { ContainerView, PodView, Terminated } from '../view/pod-view.js';
import { readTermination } from './classify-termination.js';
import { formatTime, whereOf } from './describe-pod.js';
import { blocked, type Finding } from './finding.js';

/** After a drain, and of a drain that was cut short by a second signal (128 and SIGTERM). */
const TOLD_TO_STOP: readonly number[] = [0, 143];
/** 128 and SIGKILL. */
const KILLED = 137;

/** Undefined when it ended by itself, for want of memory, or nobody knows. */
export function classifyStop(pod: PodView, { name }: ContainerView, ended: Terminated): Finding | undefined {
  if (name !== CONTAINERS.runtime || readTermination(ended) !== undefined) return undefined;
  if (ended.reason !== 'Error' && ended.reason !== 'Completed') return undefined;
  if (TOLD_TO_STOP.includes(ended.exitCode)) {
    return blocked(
      'Stopped',
      `${whereOf(pod)}: container ${name} was told to stop while its pod stays (exit code ${ended.exitCode}), as the kubelet does after failed probes. kubectl describe pod names the probe`,
    );
  }
  const silentSinceMs = ended.exitCode === KILLED ? silenceBefore(pod, ended) : undefined;
  if (silentSinceMs === undefined) return undefined;
  return blocked(
    'ProbeKilled',
    `${whereOf(pod)}: container ${name} answered no probe since ${formatTime(silentSinceMs)} and was killed, as the kubelet does after failed liveness probes. See kubectl logs --previous for its last words`,
  );
}

/** Since when it had not answered: it was ready since it began, and not for the last minute and more of its life. */
function silenceBefore({ unreadySinceMs }: PodView, { startedAtMs, finishedAtMs }: Terminated): number | undefined {
  if (unreadySinceMs === undefined || startedAtMs === undefined || finishedAtMs === undefined) return undefined;
  return unreadySinceMs > startedAtMs && finishedAtMs - unreadySinceMs >= LIMITS.hangMs ? unreadySinceMs : undefined;
}
