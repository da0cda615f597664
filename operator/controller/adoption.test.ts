/** A ModelDeployment that lost its status, its children their owner, or both: nothing of what runs may notice. */
import { describe, expect, test } from '@jest/globals';
import { DIGEST_B, type ModelDeploymentBuilder, makeModelDeployment } from '../../test/builders/model-deployment.js';
import { TestWorld } from '../../test/builders/test-world.js';
import { KINDS, type KindName } from '../api/kinds.js';
import type { KubeObject } from '../ports.js';

const READER = { namespace: 'shop', name: 'reader' };
const CHILDREN = ['deployment', 'service', 'controllerRevision', 'podDisruptionBudget'] as const satisfies readonly KindName[];

async function serving(builder = makeModelDeployment().replicas(2)): Promise<TestWorld> {
  const world = new TestWorld();
  world.create(builder.obj());
  await world.settle();
  expect(world.ready()).toBe('True Serving');
  return world;
}

function children(world: TestWorld): KubeObject[] {
  return CHILDREN.flatMap((kind) => world.cluster.objects(KINDS[kind]));
}

/** What `kubectl delete --cascade=orphan` does: owners are taken out of the children, then the object goes. */
function deleteAlone(world: TestWorld): void {
  for (const kind of [...CHILDREN, 'pod', 'serviceAccount'] as const) {
    for (const { metadata } of world.cluster.objects(KINDS[kind])) {
      const kept = (metadata.ownerReferences ?? []).filter((owner) => owner.kind !== 'ModelDeployment');
      world.cluster.update(KINDS[kind], { namespace: 'shop', name: metadata.name }, { metadata: { ownerReferences: kept } });
    }
  }
  world.cluster.remove(KINDS.modelDeployment, READER);
}

function again(builder: ModelDeploymentBuilder = makeModelDeployment().replicas(2)): KubeObject {
  return builder.metadata({ uid: 'uid-again' }).obj();
}

function bodies(objects: readonly KubeObject[]): unknown[] {
  return objects.map(({ metadata: { name, labels, annotations }, ...fields }) => ({ name, labels, annotations, ...fields }));
}

describe('a ModelDeployment deleted with --cascade=orphan and made anew', () => {
  test('takes its children back; no pod ends, no weight moves, and only the owner of each is another', async () => {
    const world = await serving();
    const [pods, before] = [world.cluster.objects(KINDS.pod), children(world)];
    deleteAlone(world);
    world.create(again());
    await world.settle((seen) => expect(seen.cluster.objects(KINDS.pod)).toEqual(pods));
    expect(world.ready()).toBe('True Serving');
    expect(bodies(children(world))).toEqual(bodies(before));
    for (const { metadata } of children(world)) {
      expect(metadata.ownerReferences).toEqual([expect.objectContaining({ uid: 'uid-again', controller: true, blockOwnerDeletion: false })]);
    }
    expect(world.recorder.events.filter(({ reason }) => reason === 'Adopted')).toHaveLength(before.length);
    const writes = world.cluster.writer.writes.length;
    await world.reconcile();
    expect(world.cluster.writer.writes).toHaveLength(writes);
  });

  test('keeps the digest of a tag that has moved since: it was resolved for this source', async () => {
    const world = await serving();
    const revision = world.serving();
    deleteAlone(world);
    world.sources.set('oci://registry.test/models/reader:1', { code: 'OK', stage: 'resolve', message: 'ok', digest: DIGEST_B });
    world.create(again());
    await world.settle();
    expect(world.serving()).toBe(revision);
  });

  test('with another spec serves the old one until the new one is ready', async () => {
    const world = await serving();
    const old = world.serving();
    deleteAlone(world);
    world.create(again(makeModelDeployment().replicas(2).digest(DIGEST_B)));
    const served: (string | undefined)[] = [];
    await world.settle(() => {
      served.push(world.serving());
      expect(world.condition('Available')?.status ?? 'True').toBe('True');
    });
    expect(world.ready()).toBe('True Serving');
    expect(world.serving()).not.toBe(old);
    expect(world.names('deployment')).toEqual([world.serving()]);
  });

  test('after failures to resolve goes on from the pods that tell of them', async () => {
    const world = new TestWorld();
    world.sources.set('oci://registry.test/models/reader:1', { code: 'SOURCE_NOT_FOUND', stage: 'resolve', message: 'no such tag' });
    world.create(makeModelDeployment().obj());
    await world.settle();
    deleteAlone(world);
    world.create(again(makeModelDeployment()));
    await world.settle();
    expect(world.ready()).toBe('False SourceNotFound');
    expect(world.condition('Stalled')).toBeUndefined();
    for (const { metadata } of world.cluster.objects(KINDS.pod)) expect(metadata.ownerReferences?.[0]?.uid).toBe('uid-again');
  });

  test('says what it waits for while one of them is being deleted', async () => {
    const world = await serving();
    deleteAlone(world);
    world.cluster.update(KINDS.service, READER, { metadata: { finalizers: ['example.com/hold'] } });
    world.cluster.remove(KINDS.service, READER);
    world.create(again());
    await world.settle();
    expect(world.condition('Reconciling')).toMatchObject({ reason: 'WaitingForDeletion', message: expect.stringContaining('Service/reader') });
    world.cluster.update(KINDS.service, READER, { metadata: { finalizers: null } });
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });
});

describe('children that lose their owner while the model runs', () => {
  test.each(CHILDREN)('%s: taken back, and nothing else changes', async (kind) => {
    const world = await serving();
    const [pods, before] = [world.cluster.objects(KINDS.pod), bodies(children(world))];
    for (const { metadata } of world.cluster.objects(KINDS[kind])) {
      world.cluster.update(KINDS[kind], { namespace: 'shop', name: metadata.name }, { metadata: { ownerReferences: [] } });
    }
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(bodies(children(world))).toEqual(before);
    expect(world.cluster.objects(KINDS.pod)).toEqual(pods);
    for (const { metadata } of children(world)) expect(metadata.ownerReferences?.[0]?.uid).toBe('uid-reader');
  });

  test('one that somebody else has taken by then is left to him, by name', async () => {
    const world = await serving();
    const deployments = KINDS.deployment;
    const key = { namespace: 'shop', name: world.serving() ?? '' };
    world.cluster.update(deployments, key, { metadata: { ownerReferences: [] } });
    world.cluster.freeze(deployments);
    const theirs = [{ apiVersion: 'x.test/v1', kind: 'Pool', name: 'big', uid: 'uid-big', controller: true }];
    world.cluster.update(deployments, key, { metadata: { ownerReferences: theirs } });
    await world.reconcile();
    expect(world.condition('Stalled')).toMatchObject({ reason: 'NameConflict', message: expect.stringContaining('Pool "big"') });
    expect(world.get('deployment', key.name)?.metadata.ownerReferences).toEqual(theirs);
    world.cluster.thaw(deployments);
  });

  test('nothing is adopted for a model that is deleted meanwhile: it would be collected with its pods', async () => {
    const world = await serving();
    world.cluster.freeze(KINDS.modelDeployment);
    const controller = world.newController();
    deleteAlone(world);
    await expect(controller.reconcile(READER, new AbortController().signal)).rejects.toThrow('not found');
    for (const { metadata } of children(world)) expect(metadata.ownerReferences).toEqual([]);
    expect(world.names('pod')).toHaveLength(2);
  });
});

describe('a wiped status', () => {
  test.each(['serving', 'changing', 'given up', 'suspended'])('%s: nothing but the status is written', async (state) => {
    const world = await serving();
    if (state === 'changing') {
      world.fates.set(DIGEST_B, { kind: 'Unschedulable', message: '0/1 nodes are available' });
      world.edit({ model: { uri: 'oci://registry.test/models/reader:2' } });
    } else if (state === 'given up') {
      world.fates.set(DIGEST_B, { kind: 'LoadFails', termination: { code: 'MODEL_INVALID', stage: 'load', message: 'no model' } });
      world.edit({ model: { uri: 'oci://registry.test/models/reader:2' } });
    } else if (state === 'suspended') world.edit({ suspend: true });
    await world.settle();
    const [before, pods, ready] = [children(world), world.cluster.objects(KINDS.pod), world.ready()];
    const wiped = Object.fromEntries(Object.keys(world.model().status ?? {}).map((field) => [field, null]));
    const writes = world.cluster.writer.writes.length;
    world.cluster.patchStatus(KINDS.modelDeployment, READER, wiped);
    await world.settle();
    expect(world.cluster.writer.writes.slice(writes).map(({ verb }) => verb)).toEqual(['applyStatus']);
    expect([children(world), world.cluster.objects(KINDS.pod), world.ready()]).toEqual([before, pods, ready]);
  });
});
