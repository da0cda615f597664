/**
 * What Kubernetes says, and what of it people read: one case for every row of the classification that needs no view of nodes, in the
 * exact words of the part that says it. Each case tells where its words are from.
 */
import { describe, expect, test } from '@jest/globals';
import { endedWith, makePod, POD_TIME, type PodBuilder, terminated, waiting } from '../../test/builders/pod.js';
import { REASONS, type Reason, type ReasonInfo } from '../api/reasons.js';
import { classifyAdmission } from './classify-admission.js';
import { classifyPod } from './classify-pod.js';
import type { Finding } from './finding.js';

type From =
  /** An end-to-end test sees a real part of Kubernetes, or a real runtime, say it. */
  | { readonly real: string }
  /** A file of Kubernetes 1.34.4, or of a module of it, that formats the words. */
  | { readonly source: string }
  /** Seen once: by whom, in which version, when. */
  | { readonly recorded: string };

interface Row {
  readonly name: string;
  /** The API server's words about pods that it does not make, or a pod. */
  readonly said: string | PodBuilder;
  readonly afterSeconds?: number;
  readonly want: Reason;
  /** What the message has of the cause, and what of the next step. */
  readonly words: readonly string[];
  readonly from: From;
}

const E2E = 'test/e2e/failures.e2e.test.ts';
const PULL = 'containerd 2.1.5 internal/cri/server/images/image_pull.go';
const at = (seconds: number): string => new Date(Date.parse(POD_TIME) + seconds * 1000).toISOString();
const placed = (): PodBuilder => makePod().on('n1');
const fetching = (state: Readonly<Record<string, unknown>>): PodBuilder => placed().init(state);
const failed = (reason: string, message: string): PodBuilder => placed().status({ phase: 'Failed', reason, message });
const disrupted = (reason: string, message: string): PodBuilder =>
  placed().status({ phase: 'Failed' }).condition('DisruptionTarget', 'True', reason, message);
const unplaced = (reason: string, message: string): PodBuilder => makePod().condition('PodScheduled', 'False', reason, message);
const crashed = (lastState: Readonly<Record<string, unknown>>): PodBuilder =>
  placed()
    .fetched()
    .main(waiting('CrashLoopBackOff', 'back-off 10s restarting failed container=runtime pod=x'), { restartCount: 1, lastState })
    .status({ phase: 'Running' });
const runs = (startedAt: string, more: Readonly<Record<string, unknown>> = {}): PodBuilder =>
  placed().fetched().status({ phase: 'Running' }).main({ running: { startedAt } }, more);
const ended = (exitCode: number, reason: string, [startedAt, finishedAt]: readonly [number, number]) => ({
  terminated: { exitCode, reason, startedAt: at(startedAt), finishedAt: at(finishedAt) },
});
const ADMISSION: readonly Row[] = [
  {
    name: 'quota',
    said: 'pods "reader-1a2b3c4d-5d4f-x7k2p" is forbidden: exceeded quota: gpus, requested: requests.nvidia.com/gpu=1, used: requests.nvidia.com/gpu=1, limited: requests.nvidia.com/gpu=1',
    want: 'QuotaExceeded',
    words: ['exceeded quota: gpus', 'used: requests.nvidia.com/gpu=1', 'Raise the quota'],
    from: { source: 'k8s.io/apiserver pkg/admission/plugin/resourcequota/controller.go' },
  },
  {
    name: 'quota that wants requests',
    said: 'pods "x" is forbidden: failed quota: small: must specify limits.cpu for: runtime',
    want: 'QuotaExceeded',
    words: ['must specify limits.cpu'],
    from: { source: 'k8s.io/apiserver pkg/admission/plugin/resourcequota/controller.go' },
  },
  {
    name: 'Pod Security',
    said: 'pods "x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "runtime" must set securityContext.allowPrivilegeEscalation=false)',
    want: 'PodSecurityRejected',
    words: ['allowPrivilegeEscalation != false', 'report it'],
    from: { source: 'k8s.io/pod-security-admission admission/admission.go' },
  },
  {
    name: 'ServiceAccount',
    said: 'pods "x" is forbidden: error looking up service account shop/slipway-runtime: serviceaccount "slipway-runtime" not found',
    want: 'ServiceAccountMissing',
    words: ['shop/slipway-runtime', 'made again'],
    from: { source: 'plugin/pkg/admission/serviceaccount/admission.go' },
  },
  {
    name: 'PriorityClass',
    said: 'pods "x" is forbidden: no PriorityClass with name urgent was found',
    want: 'PriorityClassMissing',
    words: ['with name urgent was found', 'Make that PriorityClass'],
    from: { source: 'plugin/pkg/admission/priority/admission.go' },
  },
  {
    name: 'RuntimeClass',
    said: 'pods "x" is forbidden: pod rejected: RuntimeClass "nvidia" not found',
    want: 'RuntimeClassMissing',
    words: ['RuntimeClass "nvidia" not found', 'Make that RuntimeClass'],
    from: { source: 'plugin/pkg/admission/runtimeclass/admission.go' },
  },
  {
    name: 'LimitRange',
    said: 'Pod "x" is invalid: spec.containers[0].resources.requests: Invalid value: "512Mi": must be less than or equal to memory limit of 256Mi',
    want: 'PodsRefused',
    words: ['memory limit of 256Mi'],
    from: { recorded: 'kube-apiserver 1.34.4, local cluster, 2026-11-24' },
  },
];

const NODES: readonly Row[] = [
  {
    name: 'scheduling gate',
    said: unplaced('SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates').spec({
      schedulingGates: [{ name: 'kueue.x-k8s.io/admission' }],
    }),
    want: 'WaitingInQueue',
    words: ['held back by the scheduling gate kueue.x-k8s.io/admission since 2026-01-01T00:00:00Z', 'non-empty scheduling gates'],
    from: { source: 'pkg/registry/core/pod/strategy.go' },
  },
  {
    name: 'no node with as many devices',
    said: unplaced(
      'Unschedulable',
      '0/1 nodes are available: 1 Insufficient nvidia.com/gpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    ),
    want: 'Unschedulable',
    words: ['1 Insufficient nvidia.com/gpu'],
    from: { real: E2E },
  },
  {
    name: 'a scheduler that fails',
    said: unplaced('SchedulerError', 'running "DynamicResources" filter plugin: CEL runtime error: no such key: productName'),
    want: 'SchedulerError',
    words: ['no such key: productName'],
    from: { recorded: 'kube-scheduler 1.34.4 with hand-written ResourceSlices, 2026' },
  },
  {
    name: 'no scheduler at all',
    said: makePod(),
    afterSeconds: 16,
    want: 'SchedulerSilent',
    words: ['since 2026-01-01T00:00:00Z', 'kube-scheduler'],
    from: { recorded: 'Kubernetes 1.34.4 without a scheduler, 2026: a pod has no condition at all' },
  },
  {
    name: 'a claim whose template is not there',
    said: makePod().spec({ resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'one-gpu' }] }),
    afterSeconds: 16,
    want: 'ClaimMissing',
    words: ['resource claim "gpu" of template "one-gpu" since 2026-01-01T00:00:00Z', 'ResourceClaimTemplate'],
    from: { recorded: 'Kubernetes 1.34.4 with a template that is not there, 2026: a pod has no condition at all' },
  },
  {
    name: 'another scheduler that is not there',
    said: makePod().spec({ schedulerName: 'volcano' }),
    afterSeconds: 16,
    want: 'SchedulerUnknown',
    words: ['scheduler "volcano"', 'since 2026-01-01T00:00:00Z', 'spec.schedulerName'],
    from: { recorded: 'Kubernetes 1.34.4 with a schedulerName that nobody has, 2026: a pod has no condition at all' },
  },
  {
    name: 'a device that cannot be allocated',
    said: failed(
      'UnexpectedAdmissionError',
      'Pod was rejected: Allocate failed due to no healthy devices present; cannot allocate unhealthy devices nvidia.com/gpu, which is unexpected',
    ),
    want: 'DeviceAllocationFailed',
    words: ['no healthy devices present', 'See the device plugin of the node'],
    from: { source: 'pkg/kubelet/cm/devicemanager/manager.go, pkg/kubelet/cm/admission/errors.go' },
  },
  {
    name: 'a device that is gone on arrival',
    said: failed('OutOfnvidia.com/gpu', "Pod was rejected: Node didn't have enough resource: nvidia.com/gpu, requested: 1, used: 0, capacity: 0"),
    want: 'DeviceAllocationFailed',
    words: ['requested: 1, used: 0, capacity: 0'],
    from: { source: 'pkg/kubelet/lifecycle/predicate.go' },
  },
  {
    name: 'a slice that is gone on arrival',
    said: failed(
      'OutOfnvidia.com/mig-1g.10gb',
      "Pod was rejected: Node didn't have enough resource: nvidia.com/mig-1g.10gb, requested: 1, used: 2, capacity: 2",
    ),
    want: 'DeviceAllocationFailed',
    words: ['used: 2, capacity: 2'],
    from: { source: 'pkg/kubelet/lifecycle/predicate.go' },
  },
  {
    name: 'CPUs that are gone on arrival',
    said: failed('OutOfcpu', "Pod was rejected: Node didn't have enough resource: cpu, requested: 2000, used: 1500, capacity: 2000"),
    want: 'NodeRefusedPod',
    words: ['cpu, requested: 2000'],
    from: { source: 'pkg/kubelet/lifecycle/predicate.go' },
  },
  {
    name: 'CPUs that cannot be pinned',
    said: failed(
      'UnexpectedAdmissionError',
      'Pod was rejected: Allocate failed due to not enough cpus available to satisfy request: requested=2, available=1, which is unexpected',
    ),
    want: 'NodeRefusedPod',
    words: ['requested=2, available=1'],
    from: { source: 'pkg/kubelet/cm/cpumanager/cpu_assignment.go, pkg/kubelet/cm/admission/errors.go' },
  },
  {
    name: 'eviction for want of memory',
    said: failed('Evicted', 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Ki. ').condition(
      'DisruptionTarget',
      'True',
      'TerminationByKubelet',
      'The node was low on resource: memory. ',
    ),
    want: 'Evicted',
    words: ['was evicted', 'low on resource: memory', 'available: 52Ki'],
    from: { source: 'pkg/kubelet/eviction/helpers.go' },
  },
  {
    name: 'refused by a node under pressure',
    said: failed('Evicted', 'Pod was rejected: The node had condition: [DiskPressure]. '),
    want: 'Evicted',
    words: ['[DiskPressure]'],
    from: { source: 'pkg/kubelet/eviction/helpers.go' },
  },
  {
    name: 'shutdown of the node',
    said: failed('Terminated', 'Pod was terminated in response to imminent node shutdown.').condition(
      'DisruptionTarget',
      'True',
      'TerminationByKubelet',
      'Pod was terminated in response to imminent node shutdown.',
    ),
    want: 'NodeShutdown',
    words: ['went with the shutdown of its node'],
    from: { source: 'pkg/kubelet/nodeshutdown/nodeshutdown_manager.go' },
  },
  {
    name: 'refused by a node that shuts down',
    said: failed('NodeShutdown', 'Pod was rejected: Pod was rejected as the node is shutting down.'),
    want: 'NodeShutdown',
    words: ['shutting down'],
    from: { source: 'pkg/kubelet/nodeshutdown/nodeshutdown_manager.go' },
  },
  {
    name: 'preemption by the scheduler',
    said: disrupted('PreemptionByScheduler', 'default-scheduler: preempting to accommodate a higher priority pod'),
    want: 'Preempted',
    words: ['gave way to a pod of higher priority', 'preempting to accommodate'],
    from: { source: 'pkg/scheduler/framework/preemption/preemption.go' },
  },
  {
    name: 'preemption by the kubelet',
    said: failed('Preempting', 'Preempted in order to admit critical pod').condition(
      'DisruptionTarget',
      'True',
      'TerminationByKubelet',
      'Pod was preempted by Kubelet to accommodate a critical pod.',
    ),
    want: 'Preempted',
    words: ['in order to admit critical pod'],
    from: { source: 'pkg/kubelet/preemption/preemption.go' },
  },
  {
    name: 'kubectl drain',
    said: disrupted('EvictionByEvictionAPI', 'Eviction API: evicting'),
    want: 'Drained',
    words: ['was evicted through the API'],
    from: { source: 'pkg/registry/core/pod/storage/eviction.go' },
  },
  {
    name: 'a taint that pods do not stay for',
    said: disrupted('DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint'),
    want: 'NodeLost',
    words: ['deleting due to NoExecute taint'],
    from: { source: 'pkg/controller/tainteviction/taint_eviction.go' },
  },
  {
    name: 'a node that is gone',
    said: disrupted('DeletionByPodGC', 'PodGC: node no longer exists'),
    want: 'NodeLost',
    words: ['node no longer exists'],
    from: { source: 'pkg/controller/podgc/gc_controller.go' },
  },
  {
    name: 'a container that the node lost',
    said: crashed({
      terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message: 'The container could not be located when the pod was terminated' },
    }),
    want: 'NodeLost',
    words: ['lost track of container runtime'],
    from: { source: 'pkg/kubelet/kubelet_pods.go' },
  },
];

const IMAGES: readonly Row[] = [
  {
    name: 'an image that is not there',
    said: fetching(
      waiting(
        'ImagePullBackOff',
        'Back-off pulling image "registry.test/runtime:1": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "registry.test/runtime:1": failed to resolve reference "registry.test/runtime:1": registry.test/runtime:1: not found',
      ),
    ),
    want: 'ImageNotFound',
    words: ['registry.test/runtime:1: not found', "Correct the image in the chart's values"],
    from: { real: 'cluster/node.e2e.test.ts' },
  },
  {
    name: 'a registry that wants a login',
    said: fetching(
      waiting(
        'ErrImagePull',
        'failed to pull and unpack image "registry.test/runtime:1": failed to resolve reference "registry.test/runtime:1": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials',
      ),
    ),
    want: 'ImageUnauthorized',
    words: ['pull access denied', 'imagePullSecrets'],
    from: { source: `${PULL}, core/remotes/docker/resolver.go` },
  },
  {
    name: 'a registry whose name is none',
    said: fetching(
      waiting(
        'ErrImagePull',
        'failed to pull and unpack image "registry.test/runtime:1": failed to do request: Head "https://registry.test/v2/runtime/manifests/1": dial tcp: lookup registry.test on 10.96.0.10:53: no such host',
      ),
    ),
    want: 'RegistryUnavailable',
    words: ['no such host', 'Mend the way from the node'],
    from: { source: `${PULL}; Go net/net.go` },
  },
  {
    name: 'a registry that the runtime calls unavailable',
    said: fetching(waiting('RegistryUnavailable', 'image pull failed for registry.test/runtime:1 because the registry is unavailable: 503')),
    want: 'RegistryUnavailable',
    words: ['because the registry is unavailable: 503'],
    from: { source: 'pkg/kubelet/images/image_manager.go' },
  },
  {
    name: 'a registry that has had enough',
    said: fetching(
      waiting(
        'ErrImagePull',
        'failed to pull and unpack image "registry.test/runtime:1": failed to copy: httpReadSeeker: failed open: unexpected status from GET request to https://registry.test/v2/runtime/manifests/sha256:1: 429 Too Many Requests\ntoomanyrequests: You have reached your unauthenticated pull rate limit',
      ),
    ),
    want: 'RegistryRateLimited',
    words: ['pull rate limit', 'imagePullSecrets'],
    from: { recorded: 'Docker Hub through containerd and a kubelet, jenkinsci/helm-charts#1586, 2026-01-22' },
  },
  {
    name: 'an image without the signature that is asked for',
    said: fetching(
      waiting(
        'ImagePullBackOff',
        'Back-off pulling image "registry.test/runtime:1": SignatureValidationFailed: image pull failed for registry.test/runtime:1 because the signature validation failed: A signature was required, but no signature exists',
      ),
    ),
    want: 'ImageUntrusted',
    words: ['A signature was required', 'Sign the image'],
    from: { source: 'pkg/kubelet/images/image_manager.go' },
  },
  {
    name: 'a name that is none',
    said: fetching(waiting('InvalidImageName', `Failed to apply default image tag "A B": couldn't parse image name "A B": invalid reference format`)),
    want: 'ImageNotFound',
    words: ['invalid reference format'],
    from: { source: 'pkg/kubelet/images/image_manager.go' },
  },
  {
    name: 'an image that must be there and is not',
    said: fetching(waiting('ErrImageNeverPull', 'Container image "registry.test/runtime:1" is not present with pull policy of Never')),
    want: 'ImagePullFailed',
    words: ['not present with pull policy of Never'],
    from: { source: 'pkg/kubelet/images/image_manager.go' },
  },
  {
    name: 'a node without room for it',
    said: fetching(waiting('ErrImagePull', 'failed to extract layer sha256:1: write /var/lib/containerd/x: no space left on device')),
    want: 'NodeDiskFull',
    words: ['no space left on device', 'Free the disk'],
    from: { source: 'Go syscall/zerrors_linux_amd64.go (ENOSPC)' },
  },
];

const CONFIGURATION: readonly Row[] = [
  {
    name: 'a key that a Secret has not',
    said: fetching(waiting('CreateContainerConfigError', "couldn't find key token in Secret shop/registry")),
    want: 'ConfigMissing',
    words: ['key token in Secret shop/registry'],
    from: { source: 'pkg/kubelet/kubelet_pods.go' },
  },
  {
    name: 'a program that is not in the image',
    said: fetching(
      waiting(
        'RunContainerError',
        'failed to create containerd task: failed to create shim task: OCI runtime create failed: exec: "node": executable file not found in $PATH',
      ),
    ),
    want: 'ContainerCreateFailed',
    words: ['executable file not found'],
    from: { source: 'containerd 2.1.5 internal/cri/server/container_start.go, core/runtime/v2/task_manager.go; Go os/exec' },
  },
  {
    name: 'a Secret that is not there to be mounted',
    said: fetching(waiting('PodInitializing')).spec({ volumes: [{ name: 'c', secret: { secretName: 'registry-login' } }] }),
    afterSeconds: 61,
    want: 'VolumeNotMounted',
    words: ['Secret "registry-login"', 'since 2026-01-01T00:00:00Z'],
    from: { recorded: 'kubelet 1.34.4, local cluster, 2026-11-24' },
  },
  {
    name: 'a network that does not come',
    said: fetching(waiting('PodInitializing')).condition('PodReadyToStartContainers', 'False'),
    afterSeconds: 61,
    want: 'NetworkSetupFailed',
    words: ['since 2026-01-01T00:00:00Z', 'network plugin'],
    from: { source: 'pkg/kubelet/status/generate.go' },
  },
];

const OURS = 'runtime/serve.ts and contract/termination.ts';
const CONTAINERS_ROWS: readonly Row[] = [
  {
    name: 'the source has it not',
    said: fetching(endedWith('SOURCE_NOT_FOUND', '404')),
    want: 'SourceNotFound',
    words: ['404'],
    from: { real: E2E },
  },
  {
    name: 'other bytes',
    said: fetching(endedWith('DIGEST_MISMATCH', 'got sha256:0')),
    want: 'DigestMismatch',
    words: ['got sha256:0'],
    from: { real: E2E },
  },
  {
    name: 'a source away',
    said: fetching(endedWith('SOURCE_UNREACHABLE', 'refused')),
    want: 'SourceUnreachable',
    words: ['refused'],
    from: { real: E2E },
  },
  {
    name: 'a source that refuses',
    said: fetching(endedWith('SOURCE_UNAUTHORIZED', '401')),
    want: 'SourceUnauthorized',
    words: ['401'],
    from: { source: OURS },
  },
  { name: 'a full disk', said: fetching(endedWith('DISK_FULL', 'needs 3 GB')), want: 'NodeDiskFull', words: ['needs 3 GB'], from: { source: OURS } },
  { name: 'a download that fails', said: fetching(endedWith('INTERNAL', 'boom')), want: 'DownloadFailed', words: ['boom'], from: { source: OURS } },
  {
    name: 'an artifact of another form',
    said: fetching(endedWith('ARTIFACT_INVALID', '2 layers')),
    want: 'ArtifactInvalid',
    words: ['2 layers'],
    from: { source: OURS },
  },
  { name: 'a uri of another form', said: fetching(endedWith('URI_INVALID', 'x://')), want: 'UriInvalid', words: ['x://'], from: { source: OURS } },
  {
    name: 'a source without a pin',
    said: fetching(endedWith('UNPINNED', 'no digest')),
    want: 'Unpinned',
    words: ['no digest'],
    from: { source: OURS },
  },
  {
    name: 'a file that is no model',
    said: crashed(endedWith('MODEL_INVALID', 'Protobuf parsing failed')),
    want: 'ModelInvalid',
    words: ['Protobuf'],
    from: { real: E2E },
  },
  {
    name: 'an operator that is missing',
    said: crashed(endedWith('OP_UNSUPPORTED', 'Foo(1)')),
    want: 'OpUnsupported',
    words: ['Foo(1)'],
    from: { source: OURS },
  },
  {
    name: 'a provider that is missing',
    said: crashed(endedWith('PROVIDER_MISSING', 'cuda')),
    want: 'ProviderMissing',
    words: ['cuda'],
    from: { real: E2E },
  },
  {
    name: 'a first run that fails',
    said: crashed(endedWith('WARMUP_FAILED', 'Reshape')),
    want: 'WarmupFailed',
    words: ['Reshape'],
    from: { source: OURS },
  },
  {
    name: 'another version of the runtime',
    said: crashed(endedWith('USAGE', '--x')),
    want: 'RuntimeIncompatible',
    words: ['--x'],
    from: { source: OURS },
  },
  {
    name: 'out of memory',
    said: crashed(terminated(137, 'OOMKilled')),
    want: 'HostMemoryExceeded',
    words: ['memory limit of 1Gi', 'Raise spec.runtime.resources.limits.memory'],
    from: { real: E2E },
  },
  ...[1, 134, 139].map(
    (code): Row => ({
      name: `an end with ${code} and without a word`,
      said: crashed(terminated(code, 'Error')),
      want: 'RuntimeCrashed',
      words: [`exit code ${code}`, 'kubectl logs --previous'],
      from: { source: 'pkg/kubelet/kuberuntime/kuberuntime_container.go' },
    }),
  ),
  {
    name: 'a hang that the liveness probe ended',
    said: crashed(ended(137, 'Error', [10, 500])).unreadySince(at(390)),
    want: 'ProbeKilled',
    words: ['answered no probe since 2026-01-01T00:06:30Z', 'failed liveness probes', 'kubectl logs --previous'],
    from: { source: 'pkg/kubelet/prober/worker.go; of our probes in operator/render/serving-template.ts' },
  },
  ...[0, 143].map(
    (code): Row => ({
      name: `a stop from outside that ends with ${code}`,
      said: crashed(ended(code, code === 0 ? 'Completed' : 'Error', [10, 500])).unreadySince(at(495)),
      want: 'Stopped',
      words: ['was told to stop while its pod stays', 'kubectl describe pod names the probe'],
      from: { source: 'runtime/server-life.ts' },
    }),
  ),
  {
    name: 'a load within its time',
    said: runs(at(10)).unreadySince(at(0)),
    afterSeconds: 1800,
    want: 'Loading',
    words: ['since 2026-01-01T00:00:10Z'],
    from: { source: 'pkg/kubelet/status/generate.go' },
  },
  {
    name: 'a load beyond its time',
    said: runs(at(10)).unreadySince(at(0)),
    afterSeconds: 1811,
    want: 'LoadTimeout',
    words: ['since 2026-01-01T00:00:10Z', 'more than 30 minutes'],
    from: { source: 'pkg/kubelet/status/generate.go' },
  },
  {
    name: 'readiness that was there and is gone',
    said: runs(at(10)).unreadySince(at(900)),
    afterSeconds: 5000,
    want: 'ReadinessLost',
    words: ['was ready and is not since 2026-01-01T00:15:00Z'],
    from: { source: 'pkg/kubelet/status/generate.go' },
  },
  {
    name: 'a resolver beyond its time',
    said: failed('DeadlineExceeded', 'Pod was active on the node longer than the specified deadline'),
    want: 'DeadlineExceeded',
    words: ['longer than the specified deadline'],
    from: { source: 'pkg/kubelet/active_deadline.go' },
  },
];

const ROWS = [...ADMISSION, ...NODES, ...IMAGES, ...CONFIGURATION, ...CONTAINERS_ROWS];

/** Reasons of blockers that no pod and no refusal tells: each by the test that shows it. */
const TOLD_ELSEWHERE: readonly Reason[] = ['ResolveFailed', 'UpdateNotOffered', 'NameConflict', 'WriteFailed'];

function classify({ said, afterSeconds = 5 }: Row): Finding {
  if (typeof said === 'string') return classifyAdmission('Deployment reader-1a2b3c4d', said);
  return classifyPod(said.view(), Date.parse(POD_TIME) + afterSeconds * 1000);
}

describe('what is said and what people read', () => {
  test.each(ROWS)('$name', (row) => {
    const { reason, message, severity } = classify(row);
    expect(`${reason}: ${message}`).toMatch(new RegExp(`^${row.want}: `));
    for (const words of row.words) expect(message).toContain(words);
    expect(severity).toBe(row.want === 'Loading' ? 'Progress' : 'Blocked');
    expect(message).toContain(typeof row.said === 'string' ? 'Deployment reader-1a2b3c4d' : 'Pod reader-1a2b3c4d-5d4f-x7k2p');
  });

  test('every reason of a blocker has a case', () => {
    const all = Object.entries(REASONS).flatMap(([name, info]: readonly [string, ReasonInfo]) => (info.layer === undefined ? [] : [name]));
    const shown = new Set<string>([...ROWS.map(({ want }) => want), ...TOLD_ELSEWHERE]);
    expect(all.filter((name) => !shown.has(name))).toEqual([]);
  });

  test('at most three of ten rest on a recording alone', () => {
    expect(ROWS.filter(({ from }) => 'recorded' in from).length / ROWS.length).toBeLessThanOrEqual(0.3);
  });
});
