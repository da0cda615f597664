import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { endedWith, makePod, POD_TIME, type PodBuilder, terminated, waiting } from '../../test/builders/pod.js';
import { LIMITS } from '../api/limits.js';
import { REASONS } from '../api/reasons.js';
import { viewPod } from '../view/pod-view.js';
import { classifyPod } from './classify-pod.js';

const NOW = Date.parse(POD_TIME) + 5_000;
const LATER = Date.parse(POD_TIME) + 120_000;
const running = { running: { startedAt: POD_TIME } };
const QUOTA_WORDS =
  '0/1 nodes are available: 1 Insufficient nvidia.com/gpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';

interface Row {
  readonly name: string;
  readonly pod: PodBuilder;
  readonly now?: number;
  readonly want: string;
  readonly words?: string;
}

const ROWS: readonly Row[] = [
  { name: 'ready', pod: makePod().on('n1').ready(), want: 'Fine Serving' },
  { name: 'just created', pod: makePod(), want: 'Progress Scheduling' },
  { name: 'no scheduler', pod: makePod(), now: LATER, want: 'Blocked SchedulerSilent', words: 'since 2026-01-01T00:00:00Z' },
  {
    name: 'no node fits',
    pod: makePod().condition('PodScheduled', 'False', 'Unschedulable', QUOTA_WORDS),
    want: 'Blocked Unschedulable',
    words: QUOTA_WORDS,
  },
  {
    name: 'scheduling gate',
    pod: makePod().condition('PodScheduled', 'False', 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates'),
    want: 'Blocked WaitingInQueue',
  },
  {
    name: 'scheduler error',
    pod: makePod().condition('PodScheduled', 'False', 'SchedulerError', 'CEL runtime error: no such key: x'),
    want: 'Blocked SchedulerError',
    words: 'no such key',
  },
  { name: 'being created', pod: makePod().on('n1').init(waiting('PodInitializing')), want: 'Progress ContainerCreating' },
  {
    name: 'a Secret that is missing',
    pod: makePod()
      .on('n1')
      .spec({ volumes: [{ name: 'credentials', secret: { secretName: 'registry' } }] })
      .init(waiting('PodInitializing'))
      .condition('PodReadyToStartContainers', 'False'),
    now: LATER,
    want: 'Blocked VolumeNotMounted',
    words: 'Secret "registry"',
  },
  {
    name: 'a large image that takes its time',
    pod: makePod().on('n1').init(waiting('PodInitializing')).condition('PodReadyToStartContainers', 'True'),
    now: LATER,
    want: 'Progress ContainerCreating',
  },
  {
    name: 'image not there',
    pod: makePod()
      .on('n1')
      .init(
        waiting(
          'ImagePullBackOff',
          'Back-off pulling image "registry.test/runtime:1": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image: not found',
        ),
      ),
    want: 'Blocked ImageNotFound',
    words: 'registry.test/runtime:1',
  },
  {
    name: 'image refused',
    pod: makePod().on('n1').init(waiting('ErrImagePull', 'pull access denied, repository does not exist or may require authorization')),
    want: 'Blocked ImageUnauthorized',
  },
  {
    name: 'registry away',
    pod: makePod().on('n1').init(waiting('ErrImagePull', 'dial tcp: lookup registry.test on 10.96.0.10:53: no such host')),
    want: 'Blocked RegistryUnavailable',
  },
  {
    name: 'node disk full',
    pod: makePod().on('n1').init(waiting('ErrImagePull', 'write /var/lib/x: no space left on device')),
    want: 'Blocked NodeDiskFull',
  },
  {
    name: 'image name malformed',
    pod: makePod().on('n1').init(waiting('InvalidImageName', `Failed to apply default image tag "A B": couldn't parse image name`)),
    want: 'Blocked ImageNotFound',
  },
  {
    name: 'image odd',
    pod: makePod().on('n1').init(waiting('ErrImageNeverPull', 'Container image is not present with pull policy of Never')),
    want: 'Blocked ImagePullFailed',
  },
  {
    name: 'ConfigMap missing',
    pod: makePod().on('n1').init(waiting('CreateContainerConfigError', 'configmap "ca" not found')),
    want: 'Blocked ConfigMissing',
    words: 'configmap "ca" not found',
  },
  {
    name: 'cannot be started',
    pod: makePod().on('n1').init(waiting('RunContainerError', 'exec: "node": not found')),
    want: 'Blocked ContainerCreateFailed',
  },
  { name: 'downloading', pod: makePod().on('n1').init(running).main(waiting('PodInitializing')), want: 'Progress Downloading' },
  {
    name: 'digest mismatch',
    pod: makePod().on('n1').init(endedWith('DIGEST_MISMATCH', 'got sha256:0')),
    want: 'Blocked DigestMismatch',
    words: 'got sha256:0',
  },
  {
    name: 'not found, between two starts',
    pod: makePod()
      .on('n1')
      .init(waiting('CrashLoopBackOff', 'back-off 10s'), { restartCount: 2, lastState: endedWith('SOURCE_NOT_FOUND', 'no tag 4') }),
    want: 'Blocked SourceNotFound',
    words: 'no tag 4 (restarted 2 times)',
  },
  {
    name: 'unauthorized, running once more',
    pod: makePod()
      .on('n1')
      .init(running, { restartCount: 1, lastState: endedWith('SOURCE_UNAUTHORIZED', '401') }),
    want: 'Blocked SourceUnauthorized',
    words: '401 (restarted once)',
  },
  { name: 'message lost, exit code kept', pod: makePod().on('n1').init(terminated(24, 'Error')), want: 'Blocked DigestMismatch' },
  {
    name: 'fetch fails without a better name',
    pod: makePod().on('n1').init(endedWith('INTERNAL', 'boom')),
    want: 'Blocked DownloadFailed',
    words: 'boom',
  },
  { name: 'loading', pod: makePod().on('n1').fetched().main(running), want: 'Progress Loading' },
  { name: 'between init and runtime', pod: makePod().on('n1').fetched().main(waiting('PodInitializing')), want: 'Progress ContainerCreating' },
  {
    name: 'model invalid',
    pod: makePod()
      .on('n1')
      .fetched()
      .main(waiting('CrashLoopBackOff'), { restartCount: 1, lastState: endedWith('MODEL_INVALID', 'Protobuf parsing failed') }),
    want: 'Blocked ModelInvalid',
    words: 'Protobuf parsing failed',
  },
  { name: 'operator unsupported', pod: makePod().on('n1').fetched().main(endedWith('OP_UNSUPPORTED', 'Foo(1)')), want: 'Blocked OpUnsupported' },
  { name: 'provider missing', pod: makePod().on('n1').fetched().main(endedWith('PROVIDER_MISSING', 'cuda')), want: 'Blocked ProviderMissing' },
  {
    name: 'wrong version of the image',
    pod: makePod()
      .on('n1')
      .fetched()
      .main(terminated(2, 'Error', '{"code":"USAGE","stage":"serve","message":"--x is not known"}')),
    want: 'Blocked RuntimeIncompatible',
  },
  {
    name: 'out of memory',
    pod: makePod()
      .on('n1')
      .fetched()
      .main(waiting('CrashLoopBackOff'), { restartCount: 3, lastState: terminated(137, 'OOMKilled') }),
    want: 'Blocked HostMemoryExceeded',
    words: 'memory limit of 1Gi (restarted 3 times). Raise spec.runtime.resources.limits.memory',
  },
  {
    name: 'a limit that even the start does not fit into',
    pod: makePod()
      .on('n1')
      .fetched()
      .main(
        waiting('RunContainerError', 'failed to create containerd task: runc create failed: container init was OOM-killed (memory limit too low?)'),
      ),
    want: 'Blocked HostMemoryExceeded',
    words: 'memory limit of 1Gi',
  },
  {
    name: 'out of memory, said as a plain error this time and by name the time before',
    pod: makePod()
      .on('n1')
      .fetched()
      .main(terminated(137, 'Error'), { restartCount: 1, lastState: terminated(137, 'OOMKilled') }),
    want: 'Blocked HostMemoryExceeded',
    words: 'memory limit of 1Gi (restarted once). Raise spec.runtime.resources.limits.memory',
  },
  {
    name: 'a crash after an end for want of memory',
    pod: makePod()
      .on('n1')
      .fetched()
      .main(terminated(139, 'Error'), { restartCount: 1, lastState: terminated(137, 'OOMKilled') }),
    want: 'Blocked RuntimeCrashed',
    words: 'exit code 139, SIGSEGV, Error) (restarted once). See kubectl logs --previous',
  },
  {
    name: 'killed, and nobody said by whom',
    pod: makePod()
      .on('n1')
      .fetched()
      .main(waiting('CrashLoopBackOff'), { restartCount: 2, lastState: terminated(137, 'Error') }),
    want: 'Blocked RuntimeCrashed',
    words:
      'SIGKILL, Error) (restarted 2 times). Its memory limit of 1Gi is the likely cause: raise spec.runtime.resources.limits.memory. If it is not',
  },
  {
    name: 'killed without a limit',
    pod: makePod()
      .on('n1')
      .spec({ containers: [{ name: 'runtime' }] })
      .fetched()
      .main(terminated(137, 'Error')),
    want: 'Blocked RuntimeCrashed',
    words: 'exit code 137, SIGKILL, Error). See kubectl logs --previous',
  },
  {
    name: 'a resolver that its deadline ended, with a limit that is not the user’s',
    pod: makePod()
      .on('n1')
      .spec({ initContainers: [], containers: [{ name: 'resolve', resources: { limits: { memory: '256Mi' } } }] })
      .status({
        ...{ phase: 'Failed', reason: 'DeadlineExceeded' },
        containerStatuses: [{ name: 'resolve', state: terminated(137, 'Error') }],
      }),
    want: 'Blocked DeadlineExceeded',
    words: 'was not done in time: DeadlineExceeded. See what it waits for in its log',
  },
  ...(
    [
      ['INTERNAL', 'Stopped by SIGTERM before the end', 'DeadlineExceeded'],
      ['SOURCE_UNREACHABLE', 'registry.test timed out', 'SourceUnreachable'],
    ] as const
  ).map(
    ([code, message, want]): Row => ({
      name: `a resolver that its deadline ended, with ${code} as its last word`,
      pod: makePod()
        .on('n1')
        .spec({ initContainers: [], containers: [{ name: 'resolve' }] })
        .status({
          ...{ phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' },
          containerStatuses: [{ name: 'resolve', state: endedWith(code, message) }],
        }),
      want: `Blocked ${want}`,
    }),
  ),
  {
    name: 'killed with a message of its own',
    pod: makePod()
      .on('n1')
      .fetched()
      .main(terminated(137, 'Error', '{"code":"MODEL_INVALID","stage":"load","message":"Protobuf parsing failed"}')),
    want: 'Blocked ModelInvalid',
    words: 'Protobuf parsing failed',
  },
  {
    name: 'segmentation fault',
    pod: makePod()
      .on('n1')
      .fetched()
      .main(waiting('CrashLoopBackOff'), { restartCount: 1, lastState: terminated(139, 'Error') }),
    want: 'Blocked RuntimeCrashed',
    words: 'exit code 139, SIGSEGV',
  },
  { name: 'told to stop', pod: makePod().on('n1').fetched().main(terminated(0, 'Completed')), want: 'Blocked Stopped' },
  { name: 'node lost the container', pod: makePod().on('n1').fetched().main(terminated(137, 'ContainerStatusUnknown')), want: 'Blocked NodeLost' },
  { name: 'node stopped reporting', pod: makePod().on('n1').ready().condition('Ready', 'False'), want: 'Blocked NodeLost' },
  {
    name: 'evicted',
    pod: makePod().on('n1').status({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }),
    want: 'Blocked Evicted',
    words: 'low on resource: memory',
  },
  {
    name: 'preempted',
    pod: makePod()
      .on('n1')
      .status({ phase: 'Failed' })
      .condition('DisruptionTarget', 'True', 'PreemptionByScheduler', 'preempting to accommodate a higher priority pod'),
    want: 'Blocked Preempted',
  },
  {
    name: 'drained',
    pod: makePod().on('n1').status({ phase: 'Failed' }).condition('DisruptionTarget', 'True', 'EvictionByEvictionAPI'),
    want: 'Blocked Drained',
  },
  {
    name: 'node shut down',
    pod: makePod().on('n1').status({ phase: 'Failed', reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' }),
    want: 'Blocked NodeShutdown',
  },
  {
    name: 'device not given',
    pod: makePod()
      .on('n1')
      .status({ phase: 'Failed', reason: 'UnexpectedAdmissionError', message: 'Allocate failed due to no healthy devices present' }),
    want: 'Blocked DeviceAllocationFailed',
  },
  {
    name: 'device gone on arrival',
    pod: makePod().on('n1').status({ phase: 'Failed', reason: 'OutOfnvidia.com/gpu', message: 'Node did not have enough resource' }),
    want: 'Blocked DeviceAllocationFailed',
  },
  {
    name: 'node refuses',
    pod: makePod().on('n1').status({ phase: 'Failed', reason: 'OutOfcpu', message: 'Node did not have enough resource: cpu' }),
    want: 'Blocked NodeRefusedPod',
  },
  { name: 'node unknown', pod: makePod().on('n1').status({ phase: 'Unknown' }), want: 'Blocked NodeLost' },
  { name: 'ending', pod: makePod().on('n1').ready().metadata({ deletionTimestamp: POD_TIME }), want: 'Progress Terminating' },
];

describe('classifyPod', () => {
  test.each(ROWS)('$name', ({ pod, now = NOW, want, words = '' }) => {
    const { severity, reason, message } = classifyPod(pod.view(), now);
    expect(`${severity} ${reason}`).toBe(want);
    expect(message).toContain(words);
    expect(message).toContain('Pod reader-1a2b3c4d-5d4f-x7k2p');
  });

  test('is total: whatever a pod says, it is one of our reasons in one short line', () => {
    const status = fc.oneof(
      fc.jsonValue(),
      fc.record({
        phase: fc.jsonValue(),
        conditions: fc.jsonValue(),
        containerStatuses: fc.array(fc.jsonValue()),
        initContainerStatuses: fc.jsonValue(),
      }),
    );
    fc.assert(
      fc.property(status, fc.jsonValue(), fc.integer(), (anyStatus, anySpec, now) => {
        const object = { ...makePod().obj(), status: anyStatus, spec: anySpec };
        const { reason, message } = classifyPod(viewPod(object), now);
        return (
          Object.hasOwn(REASONS, reason) && message !== '' && !message.includes('\n') && new TextEncoder().encode(message).length <= LIMITS.message
        );
      }),
    );
  });

  test('is total over statuses that look like a kubelet’s', () => {
    const text = fc.oneof(
      fc.constantFrom('CrashLoopBackOff', 'ErrImagePull', 'OOMKilled', 'Error', 'PodInitializing', 'ContainerCreating', ''),
      fc.string(),
    );
    const end = fc.record({ exitCode: fc.integer(), reason: text, message: text }, { requiredKeys: ['exitCode'] });
    const state = fc.record({ waiting: fc.record({ reason: text, message: text }), running: fc.constant({}), terminated: end }, { requiredKeys: [] });
    const container = fc.record(
      { name: fc.constantFrom('fetch', 'runtime'), ready: fc.boolean(), restartCount: fc.nat(9), state, lastState: state },
      { requiredKeys: ['name'] },
    );
    const pod = fc.record({
      phase: fc.constantFrom('Pending', 'Running', 'Failed', 'Succeeded', 'Unknown'),
      reason: text,
      initContainerStatuses: fc.array(container),
      containerStatuses: fc.array(container),
    });
    fc.assert(fc.property(pod, (fields) => Object.hasOwn(REASONS, classifyPod(makePod().on('n').status(fields).view(), LATER).reason)));
  });
});
