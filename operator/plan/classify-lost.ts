/**
 * Why a pod was lost to something that is not the model: its node refused it, threw it out or went away, or somebody took its place.
 * From the pod's own reason, where the kubelet gives one, else from the condition DisruptionTarget.
 */
import type { Reason } from '../api/reasons.js';
import type { PodCondition, PodView } from '../view/pod-view.js';
import { blocked, type Finding } from './finding.js';

interface Loss {
  readonly reason: Reason;
  /** What became of one pod: `Pod x on node n …`. */
  readonly one: string;
  /** Of several: `3 pods of revision r …`. */
  readonly many: string;
  /** What to do about it, where the words do not say so. */
  readonly remedy?: string;
}

const EVICTED: Loss = { reason: 'Evicted', one: 'was evicted', many: 'were evicted' };
const PREEMPTED: Loss = { reason: 'Preempted', one: 'gave way to a pod of higher priority', many: 'gave way to pods of higher priority' };
const DRAINED: Loss = { reason: 'Drained', one: 'was evicted through the API', many: 'were evicted through the API' };
const SHUT_DOWN: Loss = { reason: 'NodeShutdown', one: 'went with the shutdown of its node', many: 'went with the shutdown of their node' };
const NODE_LOST: Loss = { reason: 'NodeLost', one: 'was lost with its node', many: 'were lost with their node' };
const REFUSED: Loss = { reason: 'NodeRefusedPod', one: 'was refused by its node', many: 'were refused by their node' };
const NO_DEVICE: Loss = {
  ...{ reason: 'DeviceAllocationFailed', one: 'did not get its device', many: 'did not get their device' },
  remedy: 'See the device plugin of the node',
};
/** Somebody else's reason in DisruptionTarget. */
const TAKEN: Loss = { reason: 'NodeLost', one: 'was taken away', many: 'were taken away' };

const LOSSES = [EVICTED, PREEMPTED, DRAINED, SHUT_DOWN, NODE_LOST, REFUSED, NO_DEVICE];

/** status.reason, as kubelets of the last years write it. */
const BY_POD_REASON: Readonly<Record<string, Loss>> = {
  Evicted: EVICTED,
  Preempting: PREEMPTED,
  Terminated: SHUT_DOWN,
  NodeShutdown: SHUT_DOWN,
  Shutdown: SHUT_DOWN,
  NodeLost: NODE_LOST,
};

const BY_DISRUPTION: Readonly<Record<string, Loss>> = {
  PreemptionByScheduler: PREEMPTED,
  EvictionByEvictionAPI: DRAINED,
  DeletionByTaintManager: NODE_LOST,
  DeletionByPodGC: NODE_LOST,
};

/** The kubelet ends pods for three causes under one name. Where the pod itself does not say which, the message does. */
const BY_KUBELET: readonly (readonly [RegExp, Loss])[] = [
  [/shutdown/i, SHUT_DOWN],
  [/critical pod/i, PREEMPTED],
];

/** Undefined when nothing but the pod's own containers ended it. */
export function classifyLost(pod: PodView, where: string): Finding | undefined {
  const loss = lossOf(pod);
  if (loss === undefined) return undefined;
  const words = pod.message || disruptionOf(pod)?.message || pod.reason || disruptionOf(pod)?.reason || '';
  return blocked(loss.reason, `${where} ${loss.one}: ${withRemedy(words, loss.remedy)}`);
}

/** `were evicted`, for a count of pods before it. */
export function describeLosses(reason: Reason): string {
  return LOSSES.find((loss) => loss.reason === reason)?.many ?? 'failed';
}

/**
 * Taken away, or about to be: how its containers end says nothing of the model. A pod that runs on because whoever wanted its place
 * thought better of it is believed again when Kubernetes takes the condition back, after two minutes.
 */
export function isTakenAway(pod: PodView): boolean {
  return lossOf(pod) !== undefined || pod.reason === 'DeadlineExceeded';
}

function lossOf(pod: PodView): Loss | undefined {
  const disruption = disruptionOf(pod);
  if (pod.phase === 'Failed' && pod.reason !== '' && pod.reason !== 'DeadlineExceeded')
    return lossOfReason(pod) ?? lossOfDisruption(disruption) ?? REFUSED;
  return lossOfDisruption(disruption);
}

function lossOfReason({ reason, message }: PodView): Loss | undefined {
  const known = Object.hasOwn(BY_POD_REASON, reason) ? BY_POD_REASON[reason] : undefined;
  if (known !== undefined) return known;
  // CPU and memory managers fail under the same name as devices
  if (reason === 'UnexpectedAdmissionError') return /not enough cpus|memorymanager/i.test(message) ? REFUSED : NO_DEVICE;
  // only names of extended resources have a slash: OutOfnvidia.com/gpu, OutOfcpu
  return /^OutOf[^/]+\/./.test(reason) ? NO_DEVICE : undefined;
}

function lossOfDisruption(disruption: PodCondition | undefined): Loss | undefined {
  if (disruption === undefined) return undefined;
  const { reason, message } = disruption;
  if (reason === 'TerminationByKubelet') return BY_KUBELET.find(([pattern]) => pattern.test(message))?.[1] ?? EVICTED;
  return (Object.hasOwn(BY_DISRUPTION, reason) ? BY_DISRUPTION[reason] : undefined) ?? TAKEN;
}

function disruptionOf({ conditions }: PodView): PodCondition | undefined {
  return conditions.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
}

function withRemedy(words: string, remedy: string | undefined): string {
  return remedy === undefined ? words : `${words.replace(/[.\s]+$/, '')}. ${remedy}`;
}
