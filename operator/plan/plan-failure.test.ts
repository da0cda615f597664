/** Who is given up, and for what: only for what the model itself did, and never for what nodes and neighbours do to its pods. */
import { describe, expect, test } from '@jest/globals';
import { makeModelDeployment } from '../../test/builders/model-deployment.js';
import { endedWith, makePod, type PodBuilder, terminated, waiting } from '../../test/builders/pod.js';
import { TEST_CONFIG, TestWorld } from '../../test/builders/test-world.js';
import { KINDS } from '../api/kinds.js';
import type { Observed } from '../view/observed.js';
import { viewPod } from '../view/pod-view.js';
import { viewRevision } from '../view/revision-view.js';
import { newContext, revisionState } from './context.js';
import { planFailure } from './plan-failure.js';

const REVISION = 'reader-1a2b3c4d';
const NOW = Date.parse('2026-01-01T01:00:00Z');
/** As a runtime that cannot load its model ends, again and again: three times is enough by itself. */
const hopeless = (name: string): PodBuilder =>
  makePod(name, REVISION)
    .on('n1')
    .fetched()
    .main(waiting('CrashLoopBackOff'), { restartCount: 3, lastState: endedWith('MODEL_INVALID', 'not ONNX') });

function decide(pods: readonly PodBuilder[]): string {
  const model = makeModelDeployment().replicas(3).obj();
  const observed: Observed = {
    ...{ model, uid: 'uid-reader', namespace: 'shop', generation: 1, serving: undefined, leftovers: [], orphans: [], statusz: undefined },
    deployments: new Map([
      [REVISION, { name: REVISION, revision: REVISION, desired: 3, ready: 0, replicas: 3, isCurrent: true, replicaFailure: undefined }],
    ]),
    revisions: [viewRevision({ apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name: REVISION }, revision: 1, data: {} })],
    pods: pods.map((pod) => viewPod(pod.obj())),
    ...{ resolvers: [], objects: new Map() },
  };
  const context = newContext(observed, TEST_CONFIG, NOW);
  return planFailure(context, revisionState(context, REVISION)).kind;
}

const failedWith = (reason: string, message = ''): PodBuilder => hopeless(`p-${reason}`).status({ phase: 'Failed', reason, message });
const disrupted = (reason: string, phase = 'Failed'): PodBuilder =>
  hopeless(`p-${reason}`).status({ phase }).condition('DisruptionTarget', 'True', reason, 'words');

describe('a revision', () => {
  test.each<{ name: string; pods: readonly PodBuilder[]; want: string }>([
    { name: 'whose pod failed three times for good', pods: [hopeless('a')], want: 'GivenUp' },
    {
      name: 'whose three pods failed once each for good',
      pods: ['a', 'b', 'c'].map((name) => makePod(name, REVISION).on('n1').fetched().main(endedWith('MODEL_INVALID', 'x'))),
      want: 'GivenUp',
    },
    {
      name: 'that failed twice',
      pods: [
        makePod('a', REVISION)
          .on('n1')
          .fetched()
          .main(waiting('CrashLoopBackOff'), { restartCount: 2, lastState: endedWith('MODEL_INVALID', 'x') }),
      ],
      want: 'Trusted',
    },
    { name: 'with a pod that is ready', pods: [hopeless('a'), makePod('b', REVISION).on('n1').ready()], want: 'Trusted' },
    { name: 'without pods', pods: [], want: 'Trusted' },
  ])('$name: $want', ({ pods, want }) => expect(decide(pods)).toBe(want));

  describe('whose every pod says that it can never load', () => {
    test.each<{ name: string; pod: PodBuilder }>([
      { name: 'and was evicted', pod: failedWith('Evicted', 'The node was low on resource: memory. ') },
      { name: 'and was preempted by the scheduler', pod: disrupted('PreemptionByScheduler') },
      { name: 'and was preempted by the kubelet', pod: failedWith('Preempting', 'Preempted in order to admit critical pod') },
      { name: 'and was drained', pod: disrupted('EvictionByEvictionAPI') },
      { name: 'and was taken by a taint', pod: disrupted('DeletionByTaintManager') },
      { name: 'and was collected with its node', pod: disrupted('DeletionByPodGC') },
      { name: 'and was ended by the kubelet', pod: disrupted('TerminationByKubelet') },
      { name: 'and was taken by somebody with a reason of their own', pod: disrupted('DeletionByDescheduler') },
      { name: 'and went with the shutdown of its node', pod: failedWith('Terminated', 'Pod was terminated in response to imminent node shutdown.') },
      { name: 'and was not admitted by a node that shuts down', pod: failedWith('NodeShutdown', 'Pod was rejected as the node is shutting down.') },
      { name: 'and did not get its device', pod: failedWith('UnexpectedAdmissionError', 'Allocate failed due to x, which is unexpected') },
      { name: 'and came when the device was gone', pod: failedWith('OutOfnvidia.com/gpu') },
      { name: 'and was refused by its node', pod: failedWith('NodeAffinity') },
      { name: 'and is about to be taken', pod: disrupted('PreemptionByScheduler', 'Running') },
      { name: 'and is ending', pod: hopeless('p').metadata({ deletionTimestamp: '2026-01-01T00:59:00Z' }) },
    ])('$name is not given up', ({ pod }) => {
      expect(decide([pod])).toBe('Trusted');
      expect(decide([pod, hopeless('another')])).toBe('GivenUp'); // what others say counts all the same
    });

    test('and whose disruption was called off is given up', () => {
      expect(decide([hopeless('p').condition('DisruptionTarget', 'False', 'PreemptionByScheduler')])).toBe('GivenUp');
    });
  });

  test.each([
    ['out of memory', terminated(137, 'OOMKilled')],
    ['killed', terminated(137, 'Error')],
    ['crashed', terminated(139, 'Error')],
    ['lost by its node', terminated(137, 'ContainerStatusUnknown')],
    ['cut off from its source', endedWith('SOURCE_UNREACHABLE', 'x')],
    ['refused by its source', endedWith('SOURCE_UNAUTHORIZED', 'x')],
    ['without disk', endedWith('DISK_FULL', 'x')],
  ])('whose container was %s any number of times is not given up', (_, lastState) => {
    const pod = makePod('a', REVISION).on('n1').fetched();
    expect(decide([pod.main(waiting('CrashLoopBackOff'), { restartCount: 99, lastState })])).toBe('Trusted');
  });
});

test('a resolver that was evicted has said nothing of the source', async () => {
  const world = new TestWorld();
  const uri = makeModelDeployment().obj().spec.model.uri;
  world.sources.set(uri, { code: 'SOURCE_NOT_FOUND', stage: 'resolve', message: 'no such tag' });
  world.create(makeModelDeployment().obj());
  for (let attempt = 1; attempt <= 5; attempt++) {
    await world.settle();
    for (const { metadata } of world.cluster.objects(KINDS.pod)) {
      world.cluster.patchStatus(KINDS.pod, { namespace: 'shop', name: metadata.name }, { reason: 'Evicted' });
    }
    await world.reconcile();
    expect(world.condition('Stalled')).toBeUndefined();
    expect(world.ready()).toBe('False Evicted');
    await world.clock.advance(600_000);
  }
});
