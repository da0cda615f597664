/** What people read in each case: Ready's reason and the words that must be in its message. */
import { describe, expect, test } from '@jest/globals';
import { DIGEST_A, DIGEST_B, type ModelDeploymentBuilder, makeModelDeployment } from '../../test/builders/model-deployment.js';
import type { PodFate } from '../../test/builders/simulated-kubernetes.js';
import { REPORT, TestWorld } from '../../test/builders/test-world.js';
import { KINDS } from '../api/kinds.js';

const NO_GPU =
  '0/1 nodes are available: 1 Insufficient nvidia.com/gpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';
const fetchFails = (code: 'DIGEST_MISMATCH' | 'SOURCE_UNREACHABLE', message: string): PodFate => ({
  kind: 'FetchFails',
  termination: { code, stage: 'download', message },
});

interface Row {
  readonly name: string;
  readonly fate: PodFate;
  readonly model?: ModelDeploymentBuilder;
  readonly wantReady: string;
  readonly wantWords: readonly string[];
  readonly wantOther: readonly string[];
}

describe('status', () => {
  test.each<Row>([
    {
      name: 'no GPU is free',
      model: makeModelDeployment().spec({ accelerator: { vendor: 'nvidia', products: ['NVIDIA-L4'] } }),
      fate: { kind: 'Unschedulable', message: NO_GPU },
      wantReady: 'False Unschedulable',
      wantWords: [NO_GPU, 'Pod reader-'],
      wantOther: ['Scheduled=False', 'Available=False', 'ModelVerified=Unknown', 'Reconciling=True'],
    },
    {
      name: 'the image is not there',
      fate: { kind: 'ImagePull', message: 'rpc error: code = NotFound desc = registry.test/runtime: not found' },
      wantReady: 'False ImageNotFound',
      wantWords: ['node-1', 'registry.test/runtime@sha256:1', 'code = NotFound'],
      wantOther: ['Scheduled=True', 'ModelVerified=Unknown'],
    },
    {
      name: 'the bytes are not the right ones',
      fate: fetchFails('DIGEST_MISMATCH', 'got sha256:0 and wanted sha256:a'),
      wantReady: 'False DigestMismatch',
      wantWords: ['got sha256:0', 'given up after', 'Change the spec'],
      wantOther: ['ModelVerified=False', 'Stalled=True', 'Scheduled=Unknown'],
    },
    {
      name: 'the bytes are right and nothing that can be loaded',
      fate: { kind: 'LoadFails', termination: { code: 'MODEL_INVALID', stage: 'load', message: 'Protobuf parsing failed. '.repeat(40) } },
      wantReady: 'False ModelInvalid',
      wantWords: ['Protobuf parsing failed', 'parsing … Change the spec to try again'],
      wantOther: ['ModelVerified=True', 'Stalled=True', 'Scheduled=Unknown'],
    },
    {
      name: 'ONNX Runtime ends its sentence itself',
      fate: { kind: 'LoadFails', termination: { code: 'MODEL_INVALID', stage: 'load', message: 'Protobuf parsing failed.' } },
      wantReady: 'False ModelInvalid',
      wantWords: ['on node node-1: Protobuf parsing failed. Change the spec'],
      wantOther: ['Available=False'],
    },
    {
      name: 'the source went away',
      fate: fetchFails('SOURCE_UNREACHABLE', 'registry.test: connection refused'),
      wantReady: 'False SourceUnreachable',
      wantWords: ['connection refused', 'restarted'],
      wantOther: ['ModelVerified=False', 'Scheduled=True', 'Reconciling=True'],
    },
  ])('$name', async ({ model = makeModelDeployment(), fate, wantReady, wantWords, wantOther }) => {
    const world = new TestWorld();
    world.fates.set(DIGEST_A, fate);
    world.create(model.obj());
    await world.settle();
    expect(world.ready()).toBe(wantReady);
    for (const words of wantWords) expect(world.condition('Ready')?.message).toContain(words);
    expect(world.model().status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual(expect.arrayContaining([...wantOther]));
    expect(world.model().status?.blockers?.[0]?.reason).toBe(wantReady.replace('False ', ''));
    expect(world.recorder.events.filter(({ type }) => type === 'Warning').map(({ reason }) => reason)).toContain(wantReady.replace('False ', ''));
  });

  test('words of the API server about refused pods reach the headline', async () => {
    const world = new TestWorld();
    world.create(makeModelDeployment().digest(DIGEST_A).obj());
    for (let pass = 0; pass < 2; pass++) await world.reconcile();
    const [name = ''] = world.names('deployment');
    const message =
      'pods "reader-x" is forbidden: exceeded quota: gpus, requested: requests.nvidia.com/gpu=1, used: requests.nvidia.com/gpu=1, limited: requests.nvidia.com/gpu=1';
    world.cluster.patchStatus(
      KINDS.deployment,
      { namespace: 'shop', name },
      { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }] },
    );
    await world.reconcile();
    expect(world.ready()).toBe('False QuotaExceeded');
    expect(world.condition('Ready')?.message).toContain('exceeded quota: gpus');
    expect(world.condition('Scheduled')).toMatchObject({ status: 'False', reason: 'QuotaExceeded' });
  });

  test('a pod that cannot be asked yet is asked again; the digest of the bytes is known all the same', async () => {
    const world = new TestWorld();
    world.probe.set('10.0.0.1', undefined);
    world.create(makeModelDeployment().obj());
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.model().status?.model).toMatchObject({ digest: DIGEST_A, contentDigest: `sha256:${'c'.repeat(64)}`, bytes: 1234 });
    expect(world.model().status?.model?.signature).toBeUndefined();
    expect(world.lastResult).toEqual({ kind: 'RequeueAfter', afterMs: 15_000 });
  });

  test('what pods found out of a model that was given up is known without them, and without a status', async () => {
    const world = new TestWorld();
    world.fates.set(DIGEST_A, { kind: 'LoadFails', termination: { code: 'MODEL_INVALID', stage: 'load', message: 'no ONNX file' } });
    world.create(makeModelDeployment().obj());
    await world.settle();
    expect(world.names('pod')).toEqual([]);
    const known = world.model().status?.model;
    expect(known).toMatchObject({ contentDigest: `sha256:${'c'.repeat(64)}`, bytes: 1234 });
    world.cluster.patchStatus(KINDS.modelDeployment, { namespace: 'shop', name: 'reader' }, { model: null, conditions: null });
    await world.settle();
    expect(world.model().status?.model).toEqual(known);
  });

  test('what was known of the old model is not said of the new one', async () => {
    const world = new TestWorld();
    world.create(makeModelDeployment().obj());
    await world.settle();
    world.probe.set('10.0.0.1', undefined);
    world.edit({ model: { uri: 'oci://registry.test/models/reader:2' } });
    await world.settle();
    expect(world.model().status?.model).toMatchObject({ digest: DIGEST_B });
    expect(world.model().status?.model?.signature).toBeUndefined();
  });

  test.each([{ name: 'other' }, { digest: DIGEST_B }])('the report of another model is none: %p', async (other) => {
    const world = new TestWorld();
    world.probe.set('10.0.0.1', { ...REPORT, models: REPORT.models.map((model) => ({ ...model, ...other })) });
    world.create(makeModelDeployment().obj());
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.model().status?.model?.signature).toBeUndefined();
  });

  test('many pods and revisions stay within the limits of the CRD, the worst first', async () => {
    const world = new TestWorld();
    world.create(makeModelDeployment().replicas(30).obj());
    for (let pass = 0; pass < 8; pass++) {
      await world.reconcile();
      world.kubernetes.step();
    }
    await world.reconcile();
    const pods = world.model().status?.pods ?? [];
    expect(pods).toHaveLength(20);
    expect(pods[0]?.reason).toBe('Scheduling');
    expect(world.model().status?.columns?.replicas).toMatch(/^\d\/30$/);
  });
});
