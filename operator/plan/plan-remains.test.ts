/** What is left of pods that failed is cleared up to the newest three of a revision, and nothing else is touched. */
import { describe, expect, test } from '@jest/globals';
import { DIGEST_A, makeModelDeployment } from '../../test/builders/model-deployment.js';
import { makePod, type PodBuilder } from '../../test/builders/pod.js';
import { TestWorld } from '../../test/builders/test-world.js';
import { KINDS } from '../api/kinds.js';

const EVICTED = { kind: 'Evicted', message: 'The node was low on resource: ephemeral-storage. ' } as const;

/** The k-th failed in the minute k. */
function failed(revision: string, k: number, reason = 'Evicted'): PodBuilder {
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1, 0, k)).toISOString();
  return makePod(`${revision}-5d4f-f${k}`, revision)
    .metadata({ creationTimestamp })
    .on('node-1')
    .status({ phase: 'Failed', reason, message: 'words' });
}

async function serving(): Promise<{ readonly world: TestWorld; readonly revision: string }> {
  const world = new TestWorld();
  world.create(makeModelDeployment().obj());
  await world.settle();
  return { world, revision: world.serving() ?? '' };
}

function addFailed(world: TestWorld, revision: string, count: number): void {
  for (let k = 1; k <= count; k++) world.cluster.create(KINDS.pod, failed(revision, k).obj());
}

const remains = (world: TestWorld): string[] =>
  world
    .names('pod')
    .filter((name) => /-f\d+$/.test(name))
    .map((name) => name.replace(/^.*-f/, ''));

describe('what is left of pods that failed', () => {
  test('is kept of the newest three, beside pods that run', async () => {
    const { world, revision } = await serving();
    addFailed(world, revision, 7);
    await world.settle();
    expect(remains(world)).toEqual(['5', '6', '7']);
    expect(world.ready()).toBe('True Serving');
    expect(
      world
        .model()
        .status?.pods?.map(({ phase, reason = '' }) => `${phase} ${reason}`)
        .sort(),
    ).toEqual(['Failed Evicted', 'Failed Evicted', 'Failed Evicted', 'Running ']);
  });

  test('up to three stays as it is', async () => {
    const { world, revision } = await serving();
    addFailed(world, revision, 3);
    await world.settle();
    expect(remains(world)).toEqual(['1', '2', '3']);
  });

  test('goes in passes of twenty', async () => {
    const { world, revision } = await serving();
    addFailed(world, revision, 60);
    const before = world.cluster.writer.writes.length;
    await world.reconcile();
    expect(world.cluster.writer.writes.slice(before).filter(({ verb }) => verb === 'delete')).toHaveLength(20);
    expect(remains(world)).not.toContain('1');
    await world.settle();
    expect(remains(world)).toEqual(['58', '59', '60']);
  });

  test('of every revision is kept for itself', async () => {
    const { world, revision: old } = await serving();
    addFailed(world, old, 4);
    world.fates.set(`sha256:${'b'.repeat(64)}`, { kind: 'Unschedulable', message: '0/1 nodes are available' });
    world.edit({ model: { uri: 'oci://registry.test/models/reader:2' } });
    await world.settle();
    const next = world.names('deployment').find((name) => name !== old) ?? '';
    for (let k = 11; k <= 15; k++) world.cluster.create(KINDS.pod, failed(next, k).obj());
    await world.settle();
    expect(remains(world).sort()).toEqual(['13', '14', '15', '2', '3', '4']);
  });

  test('of pods that are not of this revision, or of somebody else’s ReplicaSet, is left alone', async () => {
    const { world, revision } = await serving();
    addFailed(world, revision, 3);
    const foreign = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d4f', uid: 'uid-web', controller: true };
    for (let k = 4; k <= 9; k++) {
      world.cluster.create(
        KINDS.pod,
        failed(revision, k)
          .metadata({ ownerReferences: [foreign] })
          .obj(),
      );
    }
    await world.settle();
    expect(remains(world)).toHaveLength(9);
    expect(world.condition('Stalled')).toBeUndefined();
  });

  test('of a pod that is being deleted already is not deleted again', async () => {
    const { world, revision } = await serving();
    addFailed(world, revision, 3);
    world.cluster.create(KINDS.pod, failed(revision, 0).metadata({ deletionTimestamp: '2026-01-01T00:59:00Z' }).obj());
    const before = world.cluster.writer.writes.length;
    await world.settle();
    expect(world.cluster.writer.writes.slice(before).filter(({ verb }) => verb === 'delete')).toEqual([]);
  });

  test('never piles up while a node evicts every pod, and the cause stays to be read', async () => {
    const { world } = await serving();
    world.fates.set(DIGEST_A, EVICTED);
    for (const name of world.names('pod')) world.cluster.remove(KINDS.pod, { namespace: 'shop', name });
    for (let round = 0; round < 40; round++) {
      world.kubernetes.step();
      await world.clock.advance(1000);
      await world.reconcile();
      expect(world.names('pod').length).toBeLessThanOrEqual(4);
    }
    expect(world.ready()).toBe('False Evicted');
    expect(world.condition('Ready')?.message).toContain('low on resource: ephemeral-storage');
    world.fates.delete(DIGEST_A);
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });

  test('that cannot be deleted keeps nothing from being done', async () => {
    const { world, revision } = await serving();
    addFailed(world, revision, 4);
    world.edit({ replicas: 2 });
    world.cluster.failNext('delete', 'Pod', new Error('pods is forbidden'));
    await expect(world.reconcile()).rejects.toThrow('pods is forbidden');
    expect(world.replicasOf(revision)).toBe(2);
    await world.settle();
    expect(remains(world)).toEqual(['2', '3', '4']);
  });
});
