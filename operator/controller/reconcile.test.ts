import { describe, expect, test } from '@jest/globals';
import { DIGEST_A, DIGEST_B, makeModelDeployment } from '../../test/builders/model-deployment.js';
import { makePod } from '../../test/builders/pod.js';
import { TestWorld } from '../../test/builders/test-world.js';
import { KINDS } from '../api/kinds.js';
import { asRecord } from '../view/json.js';

const READER = { namespace: 'shop', name: 'reader' };
const URI_2 = { model: { uri: 'oci://registry.test/models/reader:2' } };

async function serving(builder = makeModelDeployment()): Promise<TestWorld> {
  const world = new TestWorld();
  world.create(builder.obj());
  await world.settle();
  return world;
}

function retirements({ recorder }: TestWorld): string[] {
  return recorder.events.filter(({ reason }) => reason === 'RevisionRetired').map(({ message }) => message);
}

describe('a new model', () => {
  test('is resolved, stored, served and Ready', async () => {
    const world = await serving(makeModelDeployment().replicas(2));
    expect(world.ready()).toBe('True Serving');
    const [revision = ''] = world.names('deployment');
    expect(revision).toMatch(/^reader-[0-9a-f]{8}$/);
    expect(world.names('service')).toEqual(['reader', revision]);
    expect(world.names('controllerRevision')).toEqual([revision]);
    expect(world.names('podDisruptionBudget')).toEqual(['reader']);
    expect(world.names('serviceAccount')).toEqual(['slipway-runtime']);
    expect(world.serving()).toBe(revision);
    const { status } = world.model();
    expect(status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      address: { grpc: 'reader.shop.svc:8001', rest: 'reader.shop.svc:8000' },
      columns: { model: DIGEST_A.slice(0, 19), revision, replicas: '2/2', accelerator: 'CPU' },
      model: { digest: DIGEST_A, bytes: 1234, provider: 'cpu', format: 'onnx' },
      coldStart: { download: 1.5, load: 0.2, warmup: 0.1 },
      revisions: [{ name: revision, role: 'Stable', digest: DIGEST_A, replicas: { desired: 2, ready: 2 } }],
    });
    expect(status?.conditions?.map(({ type, status: is }) => `${type}=${is}`)).toEqual([
      'Ready=True',
      'ModelVerified=True',
      'Scheduled=True',
      'Available=True',
    ]);
    expect(world.recorder.reasons).toEqual(['Resolved', 'RevisionCreated', 'Serving']);
  });

  test('leaves no resolver pod behind, and one pod per replica', async () => {
    const world = await serving();
    expect(world.names('pod')).toHaveLength(1);
    expect(world.names('podDisruptionBudget')).toEqual([]);
  });

  test('with a pinned digest is not resolved at all', async () => {
    const world = new TestWorld();
    world.create(makeModelDeployment().digest(DIGEST_B).obj());
    await world.reconcile();
    expect(world.names('pod')).toEqual([]);
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });

  test('at rest causes no write and asks for no other pass', async () => {
    const world = await serving();
    const before = world.cluster.writer.writes.length;
    await world.reconcile();
    expect(world.cluster.writer.writes).toHaveLength(before);
    expect(world.lastResult).toEqual({ kind: 'Done' });
  });

  test('owns its children, and nobody adopts anything', async () => {
    const world = await serving(makeModelDeployment().replicas(2));
    for (const kind of ['deployment', 'service', 'controllerRevision', 'podDisruptionBudget'] as const) {
      for (const { metadata } of world.cluster.objects(KINDS[kind])) {
        expect(metadata.ownerReferences).toEqual([
          expect.objectContaining({ kind: 'ModelDeployment', name: 'reader', uid: 'uid-reader', controller: true }),
        ]);
      }
    }
  });
});

describe('a change of the model', () => {
  test('takes over only when all of the new pods are ready; the address is never without ready pods', async () => {
    const world = await serving(makeModelDeployment().replicas(2));
    const old = world.serving();
    const seen: (string | undefined)[] = [];
    world.edit(URI_2);
    await world.settle(() => {
      const selected = world.serving();
      seen.push(selected);
      const ready = world.cluster
        .objects(KINDS.pod)
        .filter((pod) => pod.metadata.labels?.['slipway.dev/revision'] === selected && asRecord(pod['status'])['phase'] === 'Running');
      expect(ready).toHaveLength(2);
    });
    expect(world.ready()).toBe('True Serving');
    expect(world.serving()).not.toBe(old);
    expect(new Set(seen).size).toBe(2);
    expect(world.names('deployment')).toEqual([world.serving()]);
    expect(world.names('controllerRevision')).toHaveLength(2);
    expect(world.model().status?.model?.digest).toBe(DIGEST_B);
    expect(world.recorder.reasons).toContain('RevisionServing');
    expect(retirements(world)).toEqual([`Revision ${old} serves no more and is scaled to 0`]);
  });

  test('of which the source knows nothing leaves the old one serving and says so', async () => {
    const world = await serving();
    const old = world.serving();
    world.sources.set(URI_2.model.uri, { code: 'SOURCE_NOT_FOUND', stage: 'resolve', message: 'no tag 2 in models/reader' });
    world.edit(URI_2);
    await world.settle();
    expect(world.ready()).toBe('False SourceNotFound');
    expect(world.condition('Ready')?.message).toContain(`revision ${old} still serves`);
    expect(world.condition('Available')?.status).toBe('True');
    expect(world.lastResult).toEqual({ kind: 'RequeueAfter', afterMs: 10_000 });
    await world.clock.advance(10_000);
    await world.settle();
    await world.clock.advance(20_000);
    await world.settle();
    expect(world.condition('Stalled')).toMatchObject({ reason: 'SourceNotFound', message: expect.stringContaining('Given up after 3 attempts') });
    expect(world.condition('Scheduled')).toMatchObject({ status: 'Unknown', message: 'No pods of the new spec: its digest was given up' });
    expect(world.lastResult).toEqual({ kind: 'Done' });
    expect(world.names('pod').filter((name) => name.includes('resolve'))).toHaveLength(3);
    world.edit({ model: { uri: 'oci://registry.test/models/reader:1' } });
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.serving()).toBe(old);
  });

  test('that is taken back while the new pods start removes the candidate', async () => {
    const world = await serving();
    const old = world.serving();
    world.fates.set(DIGEST_B, { kind: 'Unschedulable', message: '0/1 nodes are available: 1 Insufficient cpu.' });
    world.edit(URI_2);
    await world.settle();
    expect(world.ready()).toBe('False Unschedulable');
    expect(world.names('deployment')).toHaveLength(2);
    const candidate = world.names('deployment').find((name) => name !== old);
    world.edit({ model: { uri: 'oci://registry.test/models/reader:1' } });
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.names('deployment')).toEqual([old]);
    expect(world.names('service')).toEqual(['reader', old]);
    expect(retirements(world)).toEqual([`Revision ${candidate} was replaced before it was ready and is scaled to 0`]);
  });

  test('that is taken back while the cache of Services lags takes no pod from behind the address', async () => {
    const world = await serving();
    const old = world.serving();
    world.edit(URI_2);
    for (let round = 0; round < 20 && world.serving() === old; round++) {
      if (world.names('deployment').length === 2) world.cluster.freeze(KINDS.service);
      await world.reconcile();
      if (world.serving() === old) world.kubernetes.step();
    }
    const candidate = world.serving() ?? '';
    expect(candidate).not.toBe(old);
    world.edit({ model: { uri: 'oci://registry.test/models/reader:1' } });
    await world.reconcile();
    expect([world.serving(), world.replicasOf(candidate)]).toEqual([candidate, 1]);
    world.cluster.thaw(KINDS.service);
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });

  test('removes the old revision even when one of its pods was evicted and lies about', async () => {
    const world = await serving();
    const old = world.serving() ?? '';
    const name = `${old}-5d4f-evicted`;
    world.cluster.create(KINDS.pod, makePod(name, old).on('node-1').status({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' }).obj());
    world.edit(URI_2);
    for (let round = 0; round < 12; round++) {
      await world.reconcile();
      world.kubernetes.step();
    }
    expect(world.ready()).toBe('True Serving');
    expect(world.names('deployment')).toEqual([world.serving()]);
  });

  test('that is taken back while the caches of pods and Deployments lag leaves the address where pods are', async () => {
    const world = await serving(makeModelDeployment().replicas(2));
    const old = world.serving() ?? '';
    world.edit(URI_2);
    for (let round = 0; round < 20 && world.serving() === old; round++) {
      world.kubernetes.step();
      await world.reconcile();
    }
    const candidate = world.serving() ?? '';
    world.cluster.freeze(KINDS.deployment);
    world.cluster.freeze(KINDS.pod);
    await world.reconcile();
    world.kubernetes.step();
    expect([candidate === old, world.replicasOf(old)]).toEqual([false, 0]);
    world.edit({ model: { uri: 'oci://registry.test/models/reader:1' } });
    for (let pass = 0; pass < 2; pass++) {
      await world.reconcile().catch(() => undefined);
      world.kubernetes.step();
      expect([world.serving(), world.replicasOf(candidate)]).toEqual([candidate, 2]);
    }
    world.cluster.thaw(KINDS.deployment);
    world.cluster.thaw(KINDS.pod);
    await world.settle();
    expect([world.ready(), world.serving()]).toEqual(['True Serving', old]);
  });

  test('that is taken back just after the old pods were told to end waits for new ones', async () => {
    const world = await serving(makeModelDeployment().replicas(2));
    const old = world.serving() ?? '';
    world.edit(URI_2);
    for (let round = 0; round < 20 && world.replicasOf(old) !== 0; round++) {
      world.kubernetes.step();
      await world.reconcile();
    }
    const candidate = world.serving();
    world.edit({ model: { uri: 'oci://registry.test/models/reader:1' } });
    await world.reconcile();
    expect([world.serving(), world.replicasOf(old)]).toEqual([candidate, 2]);
    await world.settle();
    expect([world.ready(), world.serving()]).toEqual(['True Serving', old]);
  });

  test('to another tag of the same digest changes no pod', async () => {
    const world = await serving();
    const pods = world.cluster.objects(KINDS.pod).map(({ metadata }) => metadata.uid);
    world.sources.set('oci://registry.test/models/reader:3', { code: 'OK', stage: 'resolve', message: 'ok', digest: DIGEST_A });
    world.edit({ model: { uri: 'oci://registry.test/models/reader:3' } });
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.cluster.objects(KINDS.pod).map(({ metadata }) => metadata.uid)).toEqual(pods);
  });

  test('a pin that is taken back keeps what was resolved before it', async () => {
    const world = await serving();
    const revision = world.serving();
    world.sources.set('oci://registry.test/models/reader:1', { code: 'SOURCE_NOT_FOUND', stage: 'resolve', message: 'gone' });
    world.edit({ model: { digest: DIGEST_A } });
    await world.settle();
    expect([world.ready(), world.serving()]).toEqual(['True Serving', revision]);
    world.edit({ model: { digest: null } });
    await world.settle();
    expect([world.ready(), world.serving()]).toEqual(['True Serving', revision]);
  });

  test('of the chart changes no pod', async () => {
    const world = await serving();
    const pods = world.cluster.objects(KINDS.pod).map(({ metadata }) => metadata.uid);
    world.config = { ...world.config, runtimeImage: 'registry.test/runtime@sha256:2', plainHttpHosts: ['registry.test'], imagePullSecrets: ['pull'] };
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.cluster.objects(KINDS.pod).map(({ metadata }) => metadata.uid)).toEqual(pods);
  });
});

describe('a bad revision', () => {
  const mismatch = {
    kind: 'FetchFails',
    termination: { code: 'DIGEST_MISMATCH', stage: 'verify', message: 'got sha256:0, wanted sha256:b' },
  } as const;

  test('is given up after three failures for good; the good one serves on', async () => {
    const world = await serving();
    const old = world.serving();
    world.fates.set(DIGEST_B, mismatch);
    world.edit(URI_2);
    await world.settle();
    expect(world.serving()).toBe(old);
    const bad = world.names('deployment').find((name) => name !== old) ?? '';
    expect(world.replicasOf(bad)).toBe(0);
    expect(world.condition('Stalled')).toMatchObject({ reason: 'DigestMismatch', message: expect.stringContaining('got sha256:0') });
    expect(world.condition('Ready')?.message).toContain(`revision ${old} still serves`);
    expect(world.condition('ModelVerified')).toMatchObject({ status: 'False', reason: 'DigestMismatch' });
    expect(world.get('controllerRevision', bad)?.metadata.annotations?.['slipway.dev/failed']).toContain('DIGEST_MISMATCH');
    expect(world.model().status?.revisions).toEqual([
      expect.objectContaining({ name: old, role: 'Stable' }),
      expect.objectContaining({ name: bad, role: 'Failed' }),
    ]);
    expect(world.recorder.reasons).toContain('RevisionFailed');
  });

  test('is tried anew when the spec moves, and may succeed', async () => {
    const world = await serving();
    world.fates.set(DIGEST_B, mismatch);
    world.edit(URI_2);
    await world.settle();
    world.fates.delete(DIGEST_B);
    await world.settle();
    expect(world.condition('Stalled')).toBeDefined();
    world.edit({ replicas: 2 });
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.model().status?.columns?.replicas).toBe('2/2');
  });

  test('that is the first one is scaled to 0 and does not hold up the mended spec', async () => {
    const world = new TestWorld();
    world.fates.set(DIGEST_A, mismatch);
    world.create(makeModelDeployment().obj());
    await world.settle();
    expect(world.ready()).toBe('False DigestMismatch');
    expect(world.names('pod')).toEqual([]);
    world.edit(URI_2);
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.names('deployment')).toEqual([world.serving()]);
  });

  test('for reasons that may mend themselves is never given up', async () => {
    const world = new TestWorld();
    world.fates.set(DIGEST_A, {
      kind: 'FetchFails',
      termination: { code: 'SOURCE_UNREACHABLE', stage: 'download', message: 'registry.test: connection refused' },
    });
    world.create(makeModelDeployment().obj());
    await world.settle();
    expect(world.ready()).toBe('False SourceUnreachable');
    expect(world.condition('Stalled')).toBeUndefined();
    world.fates.clear();
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });

  test('that served well once is not given up while it holds the address', async () => {
    const world = await serving();
    world.fates.set(DIGEST_A, mismatch);
    world.cluster.remove(KINDS.pod, { namespace: 'shop', name: world.names('pod')[0] ?? '' });
    await world.settle();
    expect(world.ready()).toBe('False DigestMismatch');
    expect(world.replicasOf(world.serving() ?? '')).toBe(1);
    world.fates.clear();
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });
});

describe('scale', () => {
  test('follows the spec up, down, to zero and back', async () => {
    const world = await serving();
    for (const [replicas, wantReady, wantBudgets] of [
      [3, 'True Serving', 1],
      [1, 'True Serving', 0],
      [0, 'False ScaledToZero', 0],
      [2, 'True Serving', 1],
    ] as const) {
      world.edit({ replicas });
      await world.settle();
      expect([world.ready(), world.names('pod').length, world.names('podDisruptionBudget').length]).toEqual([wantReady, replicas, wantBudgets]);
    }
  });

  test('down is Ready all the time', async () => {
    const world = await serving(makeModelDeployment().replicas(3));
    world.edit({ replicas: 1 });
    await world.settle(() => expect(world.ready()).toBe('True Serving'));
    expect(world.names('pod')).toHaveLength(1);
  });

  test('suspend ends every pod and keeps the address', async () => {
    const world = await serving(makeModelDeployment().replicas(2));
    const revision = world.serving();
    world.edit({ suspend: true });
    await world.settle();
    expect(world.ready()).toBe('False Suspended');
    expect(world.names('pod')).toEqual([]);
    expect(world.serving()).toBe(revision);
    world.edit({ suspend: false });
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });

  test('a suspended new model makes no pod, not even to resolve', async () => {
    const world = await serving(makeModelDeployment().suspend());
    expect(world.names('pod')).toEqual([]);
    expect(world.ready()).toBe('False Suspended');
  });

  test('a change while suspended serves the new model on resuming', async () => {
    const world = await serving();
    world.edit({ suspend: true });
    await world.settle();
    world.edit({ ...URI_2, suspend: false });
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.model().status?.model?.digest).toBe(DIGEST_B);
    expect(world.names('deployment')).toHaveLength(1);
  });
});

describe('what others do', () => {
  test('a foreign Service of the name is left alone and named', async () => {
    const world = new TestWorld();
    world.cluster.create(KINDS.service, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'reader', namespace: 'shop', labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
      spec: { selector: { app: 'x' } },
    });
    world.create(makeModelDeployment().obj());
    await world.settle();
    expect(world.condition('Stalled')).toMatchObject({ reason: 'NameConflict', message: expect.stringContaining('"Helm"') });
    expect(world.recorder.reasons).toContain('NameConflict');
    expect(world.get('service', 'reader')?.['spec']).toEqual({ selector: { app: 'x' } });
    expect(world.names('pod')).toEqual([]);
    expect(world.lastResult).toEqual({ kind: 'RequeueAfter', afterMs: 60_000 });
    world.cluster.remove(KINDS.service, READER);
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });

  test('a wiped status comes back and changes nothing else', async () => {
    const world = await serving(makeModelDeployment().replicas(2));
    const before = world.model().status;
    const writes = world.cluster.writer.writes.length;
    world.cluster.patchStatus(KINDS.modelDeployment, READER, Object.fromEntries(Object.keys(before ?? {}).map((key) => [key, null])));
    await world.settle();
    expect(world.model().status).toEqual({
      ...before,
      conditions: before?.conditions?.map((condition) => expect.objectContaining({ type: condition.type, status: condition.status })),
    });
    expect(world.cluster.writer.writes.slice(writes).map(({ verb }) => verb)).toEqual(['applyStatus']);
  });

  test('foreign edits and deletions of children are undone', async () => {
    const world = await serving(makeModelDeployment().replicas(2));
    const revision = world.serving() ?? '';
    world.cluster.update(KINDS.deployment, { namespace: 'shop', name: revision }, { spec: { replicas: 7 } });
    world.cluster.update(KINDS.service, READER, { spec: { selector: { app: 'x' } } });
    world.cluster.remove(KINDS.podDisruptionBudget, READER);
    world.cluster.remove(KINDS.service, { namespace: 'shop', name: revision });
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.replicasOf(revision)).toBe(2);
    expect(asRecord(asRecord(world.get('service', 'reader')?.['spec'])['selector'])['app']).toBeUndefined();
    expect(world.names('service')).toEqual(['reader', revision]);
    expect(world.names('podDisruptionBudget')).toEqual(['reader']);
  });

  test('children that an older release let block deletion are written anew once, and no pod ends', async () => {
    const world = await serving(makeModelDeployment().replicas(2));
    const pods = world.cluster.objects(KINDS.pod);
    const block = (kind: 'deployment' | 'service' | 'podDisruptionBudget') => {
      for (const { metadata } of world.cluster.objects(KINDS[kind])) {
        const ownerReferences = (metadata.ownerReferences ?? []).map((owner) => ({ ...owner, blockOwnerDeletion: true }));
        world.cluster.update(KINDS[kind], { namespace: 'shop', name: metadata.name }, { metadata: { ownerReferences } });
      }
    };
    for (const kind of ['deployment', 'service', 'podDisruptionBudget'] as const) block(kind);
    const before = world.cluster.writer.writes.length;
    await world.settle();
    const blocking = ['deployment', 'service', 'podDisruptionBudget'] as const;
    for (const { metadata } of blocking.flatMap((kind) => world.cluster.objects(KINDS[kind]))) {
      expect(metadata.ownerReferences).toEqual([expect.objectContaining({ uid: 'uid-reader', blockOwnerDeletion: false })]);
    }
    expect(world.cluster.writer.writes.slice(before).map(({ verb }) => verb)).toEqual(['apply', 'apply', 'apply', 'apply']);
    expect(world.cluster.objects(KINDS.pod)).toEqual(pods);
    await world.reconcile();
    expect(world.cluster.writer.writes.length).toBe(before + 4);
  });

  test.each([
    ['is deleted', (world: TestWorld) => world.cluster.remove(KINDS.service, READER)],
    [
      'selects nothing',
      (world: TestWorld) => void world.cluster.update(KINDS.service, READER, { spec: { selector: { 'slipway.dev/revision': 'x' } } }),
    ],
  ])('what was learned of a model at zero is not forgotten when its Service %s', async (_, harm) => {
    const world = await serving();
    world.edit({ replicas: 0 });
    await world.settle();
    const { model, coldStart } = world.model().status ?? {};
    expect(model?.signature).toBeDefined();
    harm(world);
    await world.settle();
    expect(world.model().status).toMatchObject({ model, coldStart });
  });

  test('deletion leaves nothing', async () => {
    const world = await serving(makeModelDeployment().replicas(2));
    world.cluster.remove(KINDS.modelDeployment, READER);
    await world.settle();
    for (const kind of ['deployment', 'service', 'controllerRevision', 'podDisruptionBudget', 'serviceAccount', 'pod'] as const) {
      expect([kind, world.names(kind)]).toEqual([kind, []]);
    }
  });

  test('two models of a namespace share a ServiceAccount that goes with the last', async () => {
    const world = await serving();
    world.create(makeModelDeployment('other').obj());
    await world.settle();
    expect(world.get('serviceAccount', 'slipway-runtime')?.metadata.ownerReferences ?? []).toEqual([]);
    world.cluster.remove(KINDS.modelDeployment, READER);
    await world.settle();
    expect(world.names('serviceAccount')).toEqual(['slipway-runtime']);
    expect(world.ready('other')).toBe('True Serving');
    world.cluster.remove(KINDS.modelDeployment, { namespace: 'shop', name: 'other' });
    await world.settle();
    expect(world.names('serviceAccount')).toEqual([]);
  });

  test('objects of a deleted namesake are waited for, seen in the cache or met at the server', async () => {
    const world = new TestWorld();
    const { apiVersion, kind } = KINDS.modelDeployment;
    const owner = { apiVersion, kind, name: 'reader', uid: 'uid-of-the-first', controller: true };
    const leftover = (labels: Record<string, string>) =>
      world.cluster.create(KINDS.service, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'reader', namespace: 'shop', labels, ownerReferences: [owner] },
      });
    leftover({ 'slipway.dev/model': 'reader' });
    world.create(makeModelDeployment().digest(DIGEST_A).obj());
    await world.settle();
    expect(world.ready()).toBe('False WaitingForDeletion');
    expect(world.names('controllerRevision')).toEqual([]);
    world.cluster.remove(KINDS.service, READER);
    leftover({});
    await world.settle();
    expect([world.ready(), world.lastResult]).toEqual(['False WaitingForDeletion', { kind: 'RequeueAfter', afterMs: 2000 }]);
    expect(world.condition('Stalled')).toBeUndefined();
    world.cluster.remove(KINDS.service, READER);
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });

  test('a write that is refused while the model serves is told too', async () => {
    const world = await serving();
    world.cluster.failNext('create', 'PodDisruptionBudget', new Error('forbidden by policy'));
    world.edit({ replicas: 2 });
    for (let pass = 0; pass < 2; pass++) {
      await world.reconcile().catch(() => undefined);
      for (let step = 0; step < 3; step++) world.kubernetes.step();
    }
    world.cluster.remove(KINDS.podDisruptionBudget, READER);
    world.cluster.failNext('create', 'PodDisruptionBudget', new Error('forbidden by policy'));
    await expect(world.reconcile()).rejects.toThrow('forbidden by policy');
    expect(world.ready()).toBe('False WriteFailed');
    expect(world.condition('Available')?.status).toBe('True');
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });

  test('a suspension that the API server refuses is not said to be done', async () => {
    const world = await serving();
    world.edit({ suspend: true });
    world.cluster.failNext('apply', 'Deployment', new Error('forbidden by policy'));
    await expect(world.reconcile()).rejects.toThrow('forbidden by policy');
    expect(world.ready()).toBe('False WriteFailed');
    await world.settle();
    expect(world.ready()).toBe('False Suspended');
  });

  test('words that differ by a number alone are one cause, told once', async () => {
    const world = await serving();
    world.edit({ replicas: 2 });
    const fail = async (port: number): Promise<number> => {
      world.cluster.failNext('apply', 'Deployment', new Error(`failed calling webhook: read tcp 10.0.0.7:${port}->10.0.0.1:443: reset`));
      await expect(world.reconcile()).rejects.toThrow(`${port}`);
      return world.cluster.writer.writes.length;
    };
    const writes = await fail(41_234);
    expect(await fail(51_678)).toBe(writes);
    expect(world.condition('Ready')?.message).toContain('41234');
  });

  test('what keeps a new revision from being made does not keep the serving one from being scaled', async () => {
    const world = await serving(makeModelDeployment().replicas(2));
    const old = world.serving() ?? '';
    world.edit({ ...URI_2, replicas: 1 });
    world.cluster.failNext(
      'create',
      'Pod',
      new Error('pods "x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2'),
    );
    await expect(world.reconcile()).rejects.toThrow('exceeded quota');
    expect(world.replicasOf(old)).toBe(1);
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });

  test('a foreign Deployment of the name of the new revision is named, and the serving one is still looked after', async () => {
    const world = await serving(makeModelDeployment().digest(DIGEST_A));
    const old = world.serving() ?? '';
    const twin = await serving(makeModelDeployment().digest(DIGEST_B));
    const taken = { namespace: 'shop', name: twin.serving() ?? '' };
    world.cluster.create(KINDS.deployment, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { ...taken }, spec: { replicas: 1 } });
    world.edit({ model: { digest: DIGEST_B }, replicas: 3 });
    for (let pass = 0; pass < 3; pass++) await world.reconcile();
    expect(world.ready()).toBe('False NameConflict');
    expect(world.condition('Ready')?.message).toContain(taken.name);
    expect([world.serving(), world.replicasOf(old), world.replicasOf(taken.name)]).toEqual([old, 3, 1]);
    world.cluster.remove(KINDS.deployment, taken);
    await world.settle();
    expect([world.ready(), world.serving()]).toEqual(['True Serving', taken.name]);
  });

  test('a foreign PodDisruptionBudget of the name is named, and a change takes over all the same', async () => {
    const world = await serving();
    const old = world.serving();
    world.cluster.create(KINDS.podDisruptionBudget, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { ...READER }, spec: {} });
    world.edit({ ...URI_2, replicas: 2 });
    await world.settle();
    expect(world.condition('Stalled')).toMatchObject({
      reason: 'NameConflict',
      message: expect.stringContaining('PodDisruptionBudget "shop/reader"'),
    });
    expect(world.condition('Available')?.status).toBe('True');
    expect(world.serving()).not.toBe(old);
    world.cluster.remove(KINDS.podDisruptionBudget, READER);
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });

  test('a revision that never got its Deployment leaves nothing behind when the spec moves on', async () => {
    const world = await serving(makeModelDeployment().digest(DIGEST_A));
    const old = world.serving() ?? '';
    world.edit({ model: { digest: DIGEST_B } });
    await world.reconcile();
    world.cluster.failNext('create', 'Deployment', new Error('exceeded quota: count/deployments.apps'));
    await expect(world.reconcile()).rejects.toThrow('exceeded quota');
    expect(world.names('service')).toHaveLength(3);
    world.edit({ model: { digest: DIGEST_A } });
    await world.settle();
    expect([world.ready(), world.names('service')]).toEqual(['True Serving', ['reader', old]]);
  });

  test('an old Deployment that loses its labels on its way out is found all the same', async () => {
    const world = await serving();
    const [old = ''] = world.names('deployment');
    world.edit(URI_2);
    await world.settle(() => {
      // it has no pods any more and is about to go: without its labels no watch shows it
      if (world.serving() === old || world.replicasOf(old) !== 0) return;
      world.cluster.update(KINDS.deployment, { ...READER, name: old }, { metadata: { labels: { 'slipway.dev/model': null } } });
    });
    expect(world.names('deployment')).toEqual([world.serving()]);
    expect(world.names('service')).toEqual(['reader', world.serving()]);
  });

  test('what is left of an evicted pod is neither the headline nor in the way of its revision being removed', async () => {
    const world = await serving();
    const old = world.serving() ?? '';
    const [pod = ''] = world.names('pod');
    const status = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.', conditions: null };
    world.cluster.patchStatus(KINDS.pod, { namespace: 'shop', name: pod }, status);
    world.fates.set(DIGEST_A, { kind: 'ImagePull', message: 'not found' });
    await world.settle();
    expect(world.ready()).toBe('False ImageNotFound');
    world.edit(URI_2);
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.names('deployment').includes(old)).toBe(false);
  });

  test('a refused write is told, retried and forgotten', async () => {
    const world = new TestWorld();
    world.create(makeModelDeployment().obj());
    world.cluster.failNext(
      'create',
      'Pod',
      new Error('pods "x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1'),
    );
    await expect(world.reconcile()).rejects.toThrow('exceeded quota');
    expect(world.ready()).toBe('False QuotaExceeded');
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });
});
