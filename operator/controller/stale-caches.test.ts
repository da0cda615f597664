/**
 * A cache may lag behind the server, each kind by its own time, for as long as its watch is broken: an operator does not even see
 * what it wrote itself. A change is taken back at every step of its way, with the caches of some kinds standing still since every
 * earlier step. No pass may take the last ready pods from behind the address, and when the caches are true again all is well.
 */
import { describe, expect, test } from '@jest/globals';
import { makeModelDeployment } from '../../test/builders/model-deployment.js';
import { TestWorld } from '../../test/builders/test-world.js';
import { KINDS, type KindName } from '../api/kinds.js';
import { asRecord } from '../view/json.js';

const LAGGING: readonly (readonly KindName[])[] = [
  ['deployment'],
  ['pod'],
  ['service'],
  ['controllerRevision'],
  ['deployment', 'pod'],
  ['deployment', 'pod', 'service'],
  ['deployment', 'controllerRevision', 'pod', 'service', 'serviceAccount', 'podDisruptionBudget'],
];
/** Passes that a change takes, from the edit to rest. */
const PASSES = 7;
const STALE_PASSES = 4;
const uri = (tag: string) => ({ model: { uri: `oci://registry.test/models/reader:${tag}` } });

interface Journey {
  readonly lagging: readonly KindName[];
  readonly frozenAt: number;
  readonly revertedAt: number;
}

async function run({ lagging, frozenAt, revertedAt }: Journey): Promise<TestWorld> {
  const world = new TestWorld();
  world.create(makeModelDeployment().replicas(2).obj());
  await world.settle();
  world.edit(uri('2'));
  for (let pass = 0; pass < revertedAt + STALE_PASSES; pass++) {
    if (pass === frozenAt) for (const kind of lagging) world.cluster.freeze(KINDS[kind]);
    if (pass === revertedAt) world.edit(uri('1'));
    await world.reconcile().catch(() => undefined); // what is refused is tried again
    expect({ lagging, frozenAt, revertedAt, pass, isAnswering: answering(world) > 0 }).toMatchObject({ isAnswering: true });
    world.kubernetes.step();
  }
  for (const kind of lagging) world.cluster.thaw(KINDS[kind]);
  await world.settle();
  return world;
}

/** Ready pods behind the address that nobody has asked to end. */
function answering(world: TestWorld): number {
  const revision = world.serving() ?? '';
  const pods = world.cluster.objects(KINDS.pod).filter((pod) => pod.metadata.labels?.['slipway.dev/revision'] === revision);
  const ready = pods.filter((pod) => asRecord(pod['status'])['phase'] === 'Running').length;
  return Math.min(ready, world.replicasOf(revision) ?? 0);
}

describe.each(LAGGING.map((lagging) => ({ kinds: lagging.join(', '), lagging })))('a cache that lags: $kinds', ({ lagging }) => {
  test('never costs the last ready pods behind the address', async () => {
    for (let frozenAt = 0; frozenAt < PASSES; frozenAt++) {
      for (let revertedAt = frozenAt; revertedAt < PASSES; revertedAt++) {
        const world = await run({ lagging, frozenAt, revertedAt });
        expect([world.ready(), world.names('deployment')]).toEqual(['True Serving', [world.serving()]]);
      }
    }
  });
});
