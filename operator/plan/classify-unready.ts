/** A runtime that runs and is not ready: it loads, has been loading for too long, or was ready and is no more. */
import { LIMITS } from '../api/limits.js';
import type { ContainerView, PodView } from '../view/pod-view.js';
import { since, whereOf } from './describe-pod.js';
import { blocked, type Finding, progress } from './finding.js';

/** Ready is set to False before a container starts, and again only after it was True. */
export function hasLostReadiness({ unreadySinceMs }: PodView, { state }: ContainerView): boolean {
  return state.kind === 'Running' && state.startedAtMs !== undefined && unreadySinceMs !== undefined && unreadySinceMs > state.startedAtMs;
}

export function classifyUnready(pod: PodView, container: ContainerView, nowMs: number): Finding {
  const where = whereOf(pod);
  if (hasLostReadiness(pod, container)) {
    return blocked(
      'ReadinessLost',
      `${where} was ready and is not${since(pod.unreadySinceMs)}. It gets calls again when its readiness probe succeeds, and is started anew when it hangs. See kubectl logs`,
    );
  }
  const startedAtMs = container.state.kind === 'Running' ? container.state.startedAtMs : undefined;
  const words = `${where} loads and warms the model${since(startedAtMs)}`;
  if (startedAtMs === undefined || nowMs - startedAtMs <= LIMITS.slowLoadMs) return progress('Loading', words);
  const minutes = LIMITS.slowLoadMs / 60_000;
  return blocked('LoadTimeout', `${words}, for more than ${minutes} minutes. It goes on; see kubectl logs, and whether CPU and memory are enough`);
}

/** When a pod that only loads becomes a finding. */
export function loadDeadlineMs(pod: PodView): number | undefined {
  const main = pod.containers.find(({ isInit }) => !isInit);
  if (pod.isReady || main?.state.kind !== 'Running' || main.isReady || main.state.startedAtMs === undefined) return undefined;
  return main.state.startedAtMs + LIMITS.slowLoadMs + 1;
}
