/**
 * One pod → one finding, the lowest layer that fails. Total: whatever a status holds, something truthful comes out.
 * Order: its end (failed, terminating) → node → image → configuration → init container → runtime.
 */
import { LIMITS } from '../api/limits.js';
import type { ContainerView, PodView } from '../view/pod-view.js';
import { classifyImage } from './classify-image.js';
import { classifyLost } from './classify-lost.js';
import { classifyMemory, classifyTermination, isOutOfMemory } from './classify-termination.js';
import { blocked, type Finding, fine, progress } from './finding.js';

export function classifyPod(pod: PodView, nowMs: number): Finding {
  if (pod.isTerminating) return classifyEnding(pod);
  if (pod.phase === 'Failed') return classifyFailed(pod);
  if (pod.phase === 'Succeeded') return fine('Serving', `${whereOf(pod)} finished`);
  if (pod.phase === 'Unknown') return blocked('NodeLost', `${whereOf(pod)}: the node does not answer`);
  return classifyScheduling(pod, nowMs) ?? classifyContainers(pod, nowMs);
}

/** `Pod reader-x on node n1`. */
export function whereOf(pod: Pick<PodView, 'name' | 'node'>): string {
  return pod.node === '' ? `Pod ${pod.name}` : `Pod ${pod.name} on node ${pod.node}`;
}

/** One that ends because it was to is on its way; one that was taken away says by whom. */
function classifyEnding(pod: PodView): Finding {
  const lost = classifyLost(pod, whereOf(pod));
  return lost === undefined ? progress('Terminating', `${whereOf(pod)} is ending`) : progress(lost.reason, `${lost.message} (it is ending)`);
}

function classifyFailed(pod: PodView): Finding {
  const where = whereOf(pod);
  const lost = classifyLost(pod, where);
  if (lost !== undefined) return lost;
  const words = pod.message === '' ? pod.reason : pod.message;
  const ended = classifyEnded(pod);
  if (pod.reason !== 'DeadlineExceeded') return ended ?? blocked('RuntimeCrashed', `${where} failed: ${words === '' ? 'no reason given' : words}`);
  // a container that says why it did not get done knows more than the clock
  if (ended !== undefined && ended.reason !== 'RuntimeCrashed') return ended;
  return blocked('DeadlineExceeded', `${where} was not done in time: ${words}. See what it waits for in its log`);
}

function classifyEnded(pod: PodView): Finding | undefined {
  for (const container of pod.containers) {
    if (container.state.kind === 'Terminated' && container.state.exitCode !== 0) return classifyTermination(whereOf(pod), container, container.state);
  }
  return undefined;
}

function classifyScheduling(pod: PodView, nowMs: number): Finding | undefined {
  if (pod.node !== '') return undefined;
  const scheduled = pod.conditions.find(({ type }) => type === 'PodScheduled');
  const where = whereOf(pod);
  if (scheduled?.status === 'True') return undefined;
  if (scheduled === undefined || scheduled.status !== 'False') {
    const silentMs = pod.createdAtMs === undefined ? 0 : nowMs - pod.createdAtMs;
    if (silentMs <= LIMITS.silentSchedulerMs) return progress('Scheduling', `${where} waits for the scheduler`);
    return blocked('SchedulerSilent', `${where}: no scheduler has looked at it${since(pod.createdAtMs)}. See whether kube-scheduler runs`);
  }
  if (scheduled.reason === 'SchedulingGated') return blocked('WaitingInQueue', `${where} is held back by a scheduling gate: ${scheduled.message}`);
  if (scheduled.reason === 'Unschedulable') return blocked('Unschedulable', `${where}: ${scheduled.message || 'no node fits'}`);
  return blocked('SchedulerError', `${where}: ${scheduled.reason}: ${scheduled.message}`);
}

function classifyContainers(pod: PodView, nowMs: number): Finding {
  for (const container of pod.containers) {
    const finding = container.isInit ? classifyInit(pod, container, nowMs) : classifyMain(pod, container, nowMs);
    if (finding !== undefined) return finding;
  }
  if (pod.isReady) return fine('Serving', `${whereOf(pod)} is ready`);
  const isUp = pod.containers.length > 0 && pod.containers.every(({ isInit, isReady }) => isInit || isReady);
  if (isUp)
    return blocked('NodeLost', `${whereOf(pod)}: its containers were ready and Kubernetes counts it as not ready, as when the node stops reporting`);
  return progress('ContainerCreating', `${whereOf(pod)} is being started`);
}

/** Undefined when the container is done and the next may be looked at. */
function classifyInit(pod: PodView, container: ContainerView, nowMs: number): Finding | undefined {
  const { state, last } = container;
  if (state.kind === 'Terminated') return state.exitCode === 0 ? undefined : classifyTermination(whereOf(pod), container, state);
  const waiting = classifyWaiting(pod, container, nowMs);
  if (waiting !== undefined) return waiting;
  if (last !== undefined && last.exitCode !== 0) return classifyTermination(whereOf(pod), container, last);
  if (state.kind !== 'Running') return progress('ContainerCreating', `${whereOf(pod)} is being started`);
  return progress('Downloading', `${whereOf(pod)} downloads and verifies the model${since(state.startedAtMs)}`);
}

/** Undefined when the container is ready. */
function classifyMain(pod: PodView, container: ContainerView, nowMs: number): Finding | undefined {
  const { state, last } = container;
  if (state.kind === 'Terminated') return classifyTermination(whereOf(pod), container, state);
  const waiting = classifyWaiting(pod, container, nowMs);
  if (waiting !== undefined) return waiting;
  if (state.kind === 'Running' && container.isReady) return undefined;
  // running once more after a failure: until it is ready, that failure is the story
  if (last !== undefined) return classifyTermination(whereOf(pod), container, last);
  if (state.kind !== 'Running') return progress('ContainerCreating', `${whereOf(pod)} is being started`);
  return progress('Loading', `${whereOf(pod)} loads and warms the model${since(state.startedAtMs)}`);
}

/** Undefined when the container does not wait, or waits between two starts, whose cause its last end tells. */
function classifyWaiting(pod: PodView, container: ContainerView, nowMs: number): Finding | undefined {
  const { state, last } = container;
  if (state.kind !== 'Waiting') return undefined;
  const where = whereOf(pod);
  const image = classifyImage(where, container);
  if (image !== undefined) return image;
  const words = state.message === '' ? state.reason : state.message;
  if (isOutOfMemory(state.reason, state.message)) return classifyMemory(where, container);
  switch (state.reason) {
    case 'CreateContainerConfigError':
      return blocked('ConfigMissing', `${where}: container ${container.name}: ${words}. Make it in the namespace; the pod goes on by itself`);
    case 'CreateContainerError':
    case 'RunContainerError':
    case 'StartError':
    case 'PostStartHookError':
      return blocked('ContainerCreateFailed', `${where}: container ${container.name} could not be started: ${words}`);
    case 'CrashLoopBackOff':
      return last === undefined ? blocked('RuntimeCrashed', `${where}: ${words}`) : classifyTermination(where, container, last);
    case 'ContainerCreating':
    case 'PodInitializing':
      // a runtime that waits for its init container says PodInitializing too; that one was looked at before
      return container === pod.containers[0] ? classifySlowCreate(pod, nowMs) : undefined;
    default:
      return undefined;
  }
}

function classifySlowCreate(pod: PodView, nowMs: number): Finding | undefined {
  const sinceMs = pod.scheduledAtMs ?? pod.createdAtMs;
  if (sinceMs === undefined || nowMs - sinceMs <= LIMITS.slowCreateMs) return undefined;
  // volumes and network are there: what lasts is the pull of the image
  if (pod.conditions.some(({ type, status }) => type === 'PodReadyToStartContainers' && status === 'True')) return undefined;
  const needed = pod.mounts.length === 0 ? '' : `: see that ${pod.mounts.join(' and ')} exists in the namespace`;
  return blocked(
    'VolumeNotMounted',
    `${whereOf(pod)} waits for its volumes or its network${since(sinceMs)}${needed}. kubectl describe pod has the kubelet's words`,
  );
}

/** A fixed time and not an age: an age would change the status at every look. */
function since(startedAtMs: number | undefined): string {
  return startedAtMs === undefined ? '' : ` since ${new Date(startedAtMs).toISOString().replace(/\.\d+Z$/, 'Z')}`;
}
