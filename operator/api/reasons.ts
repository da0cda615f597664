/**
 * Every reason that a condition, a blocker or an Event may carry, and nothing else may.
 * `docs/spec/modeldeployment.md` has a row for each; a test compares the two.
 */
import type { StatusCondition } from './zz_generated.modeldeployment.js';

export type ConditionType = StatusCondition['type'];

/**
 * Ready: the spec's own generation answers with all replicas. Computed by `summarize` from the others, never set elsewhere.
 * ModelVerified: the bytes of the wanted revision have the digest that was asked for. Positive; counts to Ready.
 * Scheduled: every wanted pod was admitted and has a node. Positive; counts to Ready.
 * Available: the address answers, be it from an older revision. Positive; counts to Ready.
 * Reconciling: Slipway or the cluster is on the way to what the spec asks. Present only while True; Ready is False meanwhile.
 * Stalled: nothing will change until somebody changes something. Present only while True; Ready is False meanwhile.
 * UpdateAvailable: this operator would render other pods than the wanted revision's. Present only while True; says nothing about Ready.
 */
export const CONDITION_TYPES = [
  'Ready',
  'ModelVerified',
  'Scheduled',
  'Available',
  'Reconciling',
  'Stalled',
  'UpdateAvailable',
] as const satisfies readonly ConditionType[];

/** From the ground up: the lowest layer that fails is the cause, those above it are consequences. */
export const LAYERS = ['admission', 'node', 'image', 'config', 'download', 'verify', 'load', 'run', 'route'] as const;
export type Layer = (typeof LAYERS)[number];

export interface ReasonInfo {
  /** Conditions that carry it, besides Ready, which repeats the first that fails. */
  readonly types: readonly ConditionType[];
  /** Layer of a blocker; absent for progress and for what is as it should be. */
  readonly layer?: Layer;
  readonly meaning: string;
  /** What a person does about it; empty where there is nothing to do. */
  readonly remedy: string;
}

const BLOCKED: readonly ConditionType[] = ['Reconciling', 'Stalled'];
const UNSCHEDULED: readonly ConditionType[] = ['Scheduled', 'Reconciling'];
const UNVERIFIED: readonly ConditionType[] = ['ModelVerified', 'Reconciling', 'Stalled'];

function blocked(layer: Layer, meaning: string, remedy: string, types: readonly ConditionType[] = BLOCKED): ReasonInfo {
  return { types, layer, meaning, remedy };
}

function progress(types: readonly ConditionType[], meaning: string, remedy = ''): ReasonInfo {
  return { types, meaning, remedy };
}

export const REASONS = {
  // as it should be
  Serving: progress(['Available'], 'Ready pods of the serving revision answer at the address.'),
  Verified: progress(['ModelVerified'], 'The bytes were checked against the digest before anything read them.'),
  PodsScheduled: progress(['Scheduled'], 'Every pod that was asked for has a node.'),
  Suspended: progress(['Scheduled', 'ModelVerified', 'Available'], 'spec.suspend is true: no pods.', 'Set spec.suspend to false.'),
  ScaledToZero: progress(
    ['Scheduled', 'ModelVerified', 'Available'],
    'spec.replicas is 0: no pods, so nothing answers and Ready is False.',
    'Scale up.',
  ),
  UpdateOffered: progress(
    ['UpdateAvailable'],
    'The operator would render other pods for this spec than those that the revision was made with. It changes none of them unasked.',
    'Nothing, or accept it: kubectl slipway update NAME.',
  ),
  // on the way
  Resolving: progress(['ModelVerified', 'Reconciling'], 'A pod asks the source for the digest of the model.'),
  RevisionCreated: progress(['Reconciling'], 'The spec became a revision and its objects are being made.'),
  WaitingForPods: progress(['Scheduled', 'ModelVerified', 'Available', 'Reconciling'], 'Pods are being created.'),
  Scheduling: progress(['Scheduled', 'Reconciling'], 'A pod waits for the scheduler.'),
  ContainerCreating: progress(['ModelVerified', 'Reconciling'], 'The node pulls the image and mounts volumes.'),
  Downloading: progress(['ModelVerified', 'Reconciling'], 'The model is being fetched and checked.'),
  Loading: progress(['Reconciling'], 'The runtime loads and warms the model.'),
  Terminating: progress([], 'In status.pods: the pod is ending.'),
  TakingOver: progress(['Reconciling'], 'The new revision is ready and the address moves to it.'),
  WaitingForDeletion: progress(['Reconciling'], 'Objects of a deleted ModelDeployment of the same name are still being removed.'),
  Adopting: progress(['Reconciling'], 'Objects of this model that have lost their owner, as after --cascade=orphan, are taken back.'),
  NotReady: progress(['Available', 'Reconciling'], 'No pod of the serving revision is ready.', 'See Reconciling, Stalled and status.pods.'),
  // admission
  QuotaExceeded: blocked(
    'admission',
    'A ResourceQuota of the namespace refuses the pods.',
    'Raise the quota, or lower spec.runtime.resources, spec.accelerator.count or spec.replicas.',
    UNSCHEDULED,
  ),
  PodSecurityRejected: blocked(
    'admission',
    'The namespace’s Pod Security level refuses the pods.',
    'Report it: Slipway’s pods are made for the level restricted.',
    UNSCHEDULED,
  ),
  ServiceAccountMissing: blocked(
    'admission',
    'The ServiceAccount of the pods is not there.',
    'Wait a moment; Slipway makes it again. If it stays, look for what deletes it.',
    UNSCHEDULED,
  ),
  PriorityClassMissing: blocked(
    'admission',
    'The pods name a PriorityClass that is not there. Slipway names none: a webhook or a policy does.',
    'Make the PriorityClass, or change what sets it.',
    UNSCHEDULED,
  ),
  RuntimeClassMissing: blocked(
    'admission',
    'The pods name a RuntimeClass that is not there. Slipway names none: a webhook or a policy does.',
    'Make the RuntimeClass, or change what sets it.',
    UNSCHEDULED,
  ),
  PodsRefused: blocked(
    'admission',
    'The API server refuses the pods for another reason, such as a LimitRange or a webhook.',
    'Do what the message says.',
    UNSCHEDULED,
  ),
  WaitingInQueue: blocked(
    'admission',
    'A scheduling gate holds the pod back, as queueing systems do.',
    'Wait for the queue, or see who set the gate.',
    UNSCHEDULED,
  ),
  // node
  Unschedulable: blocked(
    'node',
    'The scheduler finds no node; the message has its own words.',
    'Free or add such nodes, or ask for less.',
    UNSCHEDULED,
  ),
  SchedulerError: blocked('node', 'The scheduler failed on the pod.', 'See the scheduler’s log for the pod.', UNSCHEDULED),
  SchedulerSilent: blocked('node', 'No scheduler has looked at the pod.', 'See whether kube-scheduler runs.', UNSCHEDULED),
  ClaimMissing: blocked(
    'node',
    'A resource claim that the pod asks for was not made. Slipway asks for none: a webhook or a policy does.',
    'Make the ResourceClaimTemplate that the message names, or change what sets it.',
    UNSCHEDULED,
  ),
  SchedulerUnknown: blocked(
    'node',
    'The pod is for a scheduler other than Kubernetes’ own, which has not looked at it. Slipway names none: a webhook or a policy does.',
    'See whether that scheduler runs, or change what sets spec.schedulerName.',
    UNSCHEDULED,
  ),
  DeviceAllocationFailed: blocked(
    'node',
    'The node admitted the pod and could not give it its device.',
    'See the device plugin on the node.',
    BLOCKED,
  ),
  NodeRefusedPod: blocked(
    'node',
    'The kubelet refused the pod: resources, affinity or ports did not fit when it arrived.',
    'The pod is made anew; if it repeats, see the node.',
    BLOCKED,
  ),
  Evicted: blocked(
    'node',
    'The kubelet evicted the pod because the node ran short.',
    'Raise requests so that the pod is placed where it fits, or free the node.',
    BLOCKED,
  ),
  Preempted: blocked('node', 'A pod of higher priority took the place.', 'Add nodes or raise priority.', BLOCKED),
  Drained: blocked('node', 'The pod was evicted through the API, as kubectl drain does.', 'Nothing: it is made anew on another node.', BLOCKED),
  NodeLost: blocked(
    'node',
    'The node of the pod stopped answering or is gone.',
    'See kubectl describe node; the pod is made anew elsewhere when Kubernetes gives it up.',
    BLOCKED,
  ),
  NodeShutdown: blocked(
    'node',
    'The node of the pod is shutting down.',
    'Nothing: it is made anew on another node; the node takes pods again when it is back.',
    BLOCKED,
  ),
  NodeDiskFull: blocked(
    'node',
    'The disk of the node has no room for the image or the model.',
    'Free the node’s disk, or set ephemeral-storage requests so that another node is chosen.',
    BLOCKED,
  ),
  // image
  ImageNotFound: blocked('image', 'The registry has no such image.', 'Correct the image in the chart’s values.', BLOCKED),
  ImageUnauthorized: blocked(
    'image',
    'The registry refuses the node.',
    'Give imagePullSecrets in the chart and make that Secret in the namespace.',
    BLOCKED,
  ),
  RegistryUnavailable: blocked(
    'image',
    'The image’s registry cannot be reached from the node.',
    'Mend the network between node and registry; the kubelet tries again by itself.',
    BLOCKED,
  ),
  RegistryRateLimited: blocked(
    'image',
    'The image’s registry has had too many requests from this address or account.',
    'Wait, log in with imagePullSecrets of the chart, or use a mirror.',
    BLOCKED,
  ),
  ImageUntrusted: blocked(
    'image',
    'The node wants a signature of the image and finds none that it trusts.',
    'Sign the image, or mend the node’s policy.',
    BLOCKED,
  ),
  ImagePullFailed: blocked('image', 'The image cannot be pulled for another reason.', 'Do what the kubelet’s words say.', BLOCKED),
  // config
  ConfigMissing: blocked(
    'config',
    'A Secret or ConfigMap that the container needs is not there.',
    'Make it in the namespace; the pod goes on by itself.',
    BLOCKED,
  ),
  VolumeNotMounted: blocked(
    'config',
    'The container has been waiting for its volumes or network for more than a minute, and it mounts Secrets or ConfigMaps.',
    'Make the Secret or ConfigMap that the message names; kubectl describe pod has the kubelet’s words.',
    BLOCKED,
  ),
  NetworkSetupFailed: blocked(
    'config',
    'The pod has been waiting for its network for more than a minute.',
    'See the network plugin (CNI) of the node; kubectl describe pod has the kubelet’s words.',
    BLOCKED,
  ),
  ContainerCreateFailed: blocked('config', 'The container runtime could not create or start the container.', 'Do what the message says.', BLOCKED),
  UpdateNotOffered: blocked(
    'config',
    'spec.runtime.acceptedUpdate names an update that this operator does not offer and that no stored revision was made with; nothing is rolled.',
    'Set it to status.update.id, or to what it was before.',
    ['Stalled'],
  ),
  // download
  UriInvalid: blocked('download', 'The pods cannot use spec.model.uri as it is; the message says why.', 'Correct spec.model.uri.', UNVERIFIED),
  Unpinned: blocked('download', 'An http or https source without a digest.', 'Set spec.model.digest or spec.model.allowUnpinned.', UNVERIFIED),
  SourceUnreachable: blocked(
    'download',
    'The host of the model cannot be reached.',
    'Mend name, network, proxy or certificate; it is tried again by itself.',
    UNVERIFIED,
  ),
  SourceUnauthorized: blocked(
    'download',
    'The source of the model refuses access.',
    'Mend the Secret that spec.model.secretRef names; it is tried again by itself.',
    UNVERIFIED,
  ),
  SourceNotFound: blocked(
    'download',
    'The source has no such repository, tag, digest or path.',
    'Correct spec.model.uri or spec.model.digest, or push the model.',
    UNVERIFIED,
  ),
  ArtifactInvalid: blocked('download', 'The artifact is not one that can be served.', 'Push the model with slipway push.', UNVERIFIED),
  DownloadFailed: blocked('download', 'Fetching ended for a reason without a better name.', 'See the log of the container fetch.', UNVERIFIED),
  DeadlineExceeded: blocked(
    'download',
    'The resolver pod was not done within its ten minutes.',
    'See its log for what it waits for: most often a source that answers slowly or not at all. It is tried again by itself.',
    UNVERIFIED,
  ),
  ResolveFailed: blocked('download', 'The resolver pod ended without saying why.', 'See the pod and its log.', UNVERIFIED),
  // verify
  DigestMismatch: blocked(
    'verify',
    'The bytes that came do not have the digest that was asked for; nothing read them.',
    'Correct spec.model.digest, or find out who changed the model.',
    UNVERIFIED,
  ),
  // load
  ModelInvalid: blocked(
    'load',
    'ONNX Runtime refuses the file; the message has its own words.',
    'Export the model again: one .onnx file, an opset that this ONNX Runtime knows.',
  ),
  OpUnsupported: blocked(
    'load',
    'The model uses an operator or a datatype that the runtime has not.',
    'Export the model with another opset or without that operator.',
  ),
  ProviderMissing: blocked(
    'load',
    'The execution provider for spec.accelerator is not in the image or found no device.',
    'Use a runtime image with that provider, or remove spec.accelerator.',
  ),
  WarmupFailed: blocked('load', 'The model loaded and failed on its first run.', 'Run the model with slipway serve and see.'),
  LoadTimeout: blocked(
    'load',
    'The runtime has been loading and warming the model for more than 30 minutes. It goes on.',
    'See kubectl logs of the pod, and whether CPU and memory are enough.',
  ),
  HostMemoryExceeded: blocked(
    'load',
    'The kernel ended the container because it used more memory than its limit.',
    'Raise spec.runtime.resources.limits.memory.',
  ),
  // run
  RuntimeIncompatible: blocked(
    'run',
    'The runtime image refused its command line: operator and image are of different versions.',
    'Install operator and runtime image of one version.',
  ),
  ProbeKilled: blocked(
    'run',
    'The runtime had answered no probe for a minute and more when it was ended: it hung.',
    'See kubectl logs --previous of the pod for its last words, and report it.',
  ),
  Stopped: blocked(
    'run',
    'The runtime was told to stop while its pod was to stay, as the kubelet does after failed probes.',
    'See kubectl describe pod, which names the probe; a node that is too busy fails probes, too.',
  ),
  ReadinessLost: blocked(
    'run',
    'The pod was ready and its readiness probe fails now; it gets no calls.',
    'It comes back by itself or is started anew. If it stays, see kubectl logs of the pod.',
  ),
  RuntimeCrashed: blocked('run', 'The runtime ended without saying why.', 'See kubectl logs --previous of the pod.'),
  // route
  NameConflict: blocked(
    'route',
    'An object with the name of one of Slipway’s exists and belongs to somebody else. It is left alone.',
    'Rename the ModelDeployment or remove that object.',
    ['Stalled'],
  ),
  WriteFailed: blocked('route', 'The API server refused one of Slipway’s writes; it is tried again.', 'Do what the message says.', ['Reconciling']),
  // Events only
  Resolved: progress([], 'Event: the digest of the model is known.'),
  Adopted: progress([], 'Event: an object that had lost its owner is this model’s again.'),
  RevisionServing: progress([], 'Event: the address moved to this revision.'),
  RevisionFailed: progress([], 'Event: a revision was given up after failures that only a change of the spec can mend.'),
  RevisionRetired: progress([], 'Event: an older revision was scaled to 0.'),
  Scaled: progress([], 'Event: the number of pods was changed to what the spec asks.'),
} as const satisfies Record<string, ReasonInfo>;

export type Reason = keyof typeof REASONS;

/** Texts from a status or an annotation may be those of another version. */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}

/** Position of a blocker's layer, 0 being the ground; progress comes after every blocker. */
export function layerRank(reason: Reason): number {
  const info: ReasonInfo = REASONS[reason];
  return info.layer === undefined ? LAYERS.length : LAYERS.indexOf(info.layer);
}
