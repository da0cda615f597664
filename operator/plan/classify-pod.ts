/**
 * One pod → one finding, the lowest layer that fails. Total: whatever a status holds, something truthful comes out.
 * Order: its end (failed, terminating) → node → image → configuration → init container → runtime.
 */
import { LIMITS } from '../api/limits.js';
import type { ContainerView, PodView, Terminated } from '../view/pod-view.js';
import { classifyImage } from './classify-image.js';
import { classifyLost } from './classify-lost.js';
import { classifyScheduling } from './classify-scheduling.js';
import { classifyStop } from './classify-stop.js';
import { classifyMemory, classifyTermination, isOutOfMemory } from './classify-termination.js';
import { classifyUnready, hasLostReadiness } from './classify-unready.js';
import { since, whereOf } from './describe-pod.js';
import { blocked, type Finding, fine, progress } from './finding.js';

export function classifyPod(pod: PodView, nowMs: number): Finding {
  if (pod.isTerminating) return classifyEnding(pod);
  if (pod.phase === 'Failed') return classifyFailed(pod);
  if (pod.phase === 'Succeeded') return fine('Serving', `${whereOf(pod)} finished`);
  if (pod.phase === 'Unknown') return blocked('NodeLost', `${whereOf(pod)}: the node does not answer`);
  return classifyScheduling(pod, nowMs) ?? classifyContainers(pod, nowMs);
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
  // a container that says why it did not get done knows more than the clock; that it was told to stop says nothing of why
  if (ended !== undefined && ended.reason !== 'RuntimeCrashed' && ended.reason !== 'ResolveFailed') return ended;
  return blocked('DeadlineExceeded', `${where} was not done in time: ${words}. See what it waits for in its log`);
}

function classifyEnded(pod: PodView): Finding | undefined {
  for (const container of pod.containers) {
    if (container.state.kind === 'Terminated' && container.state.exitCode !== 0) return classifyTermination(whereOf(pod), container, container.state);
  }
  return undefined;
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
  if (state.kind === 'Terminated') return classifyEnd(pod, container, state);
  const waiting = classifyWaiting(pod, container, nowMs);
  if (waiting !== undefined) return waiting;
  if (state.kind === 'Running' && container.isReady) return undefined;
  // running once more after a failure: until it is ready, that failure is the story
  if (last !== undefined && !hasLostReadiness(pod, container)) return classifyEnd(pod, container, last);
  if (state.kind !== 'Running') return progress('ContainerCreating', `${whereOf(pod)} is being started`);
  return classifyUnready(pod, container, nowMs);
}

function classifyEnd(pod: PodView, container: ContainerView, ended: Terminated): Finding {
  return classifyStop(pod, container, ended) ?? classifyTermination(whereOf(pod), container, ended);
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
      return last === undefined ? blocked('RuntimeCrashed', `${where}: ${words}`) : classifyEnd(pod, container, last);
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
  const where = whereOf(pod);
  if (pod.mounts.length > 0) {
    const needed = `see that ${pod.mounts.join(' and ')} exists in the namespace`;
    return blocked(
      'VolumeNotMounted',
      `${where} waits for its volumes or its network${since(sinceMs)}: ${needed}. kubectl describe pod has the kubelet's words`,
    );
  }
  // volumes come first, and what this one has needs nothing from anybody
  return blocked(
    'NetworkSetupFailed',
    `${where} waits for its network${since(sinceMs)}. See the network plugin of the node; kubectl describe pod has the kubelet's words`,
  );
}
