/** How much is written, and how soon a change is told: in virtual time, with the limits of production. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KINDS } from '../../operator/api/kinds.js';
import { DrivenWorld } from '../builders/driven-world.js';
import { DIGEST_A, makeModelDeployment } from '../builders/model-deployment.js';

let world: DrivenWorld;
beforeEach(() => {
  world = new DrivenWorld();
});
afterEach(() => world.end());

const count = (what: string): number => world.writes.filter((write) => write === what).length;

/** The first pod stops being ready, or is again. */
function flap(isReady: boolean): void {
  const pod = world.cluster.objects(KINDS.pod).find(({ metadata }) => metadata.labels?.['slipway.dev/component'] === 'serve');
  if (pod === undefined) throw new Error('There is no serving pod');
  const ready = { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' };
  world.cluster.patchStatus(KINDS.pod, { namespace: 'shop', name: pod.metadata.name }, { conditions: [ready] });
}

async function serving(replicas = 2): Promise<void> {
  world.start();
  world.create(makeModelDeployment().replicas(replicas).digest(DIGEST_A).obj());
  await world.pass(10_000);
  expect(world.ready()).toBe('True Serving');
}

describe('a deployment with two replicas', () => {
  test('takes at most ten writes until it is Ready and at rest, its digest given', async () => {
    await serving();
    expect(world.writes.filter((write) => write !== 'status').sort()).toEqual([
      'apply ControllerRevision',
      'apply ControllerRevision',
      'create Deployment',
      'create PodDisruptionBudget',
      'create Service',
      'create Service',
    ]);
    expect(world.writes.length).toBeLessThanOrEqual(10);
  });

  test('takes two more when its digest is asked for', async () => {
    world.start();
    world.create(makeModelDeployment().replicas(2).obj());
    await world.pass(10_000);
    expect(world.ready()).toBe('True Serving');
    expect([count('create Pod'), count('delete Pod')]).toEqual([1, 1]);
    expect(world.writes.length).toBeLessThanOrEqual(12);
  });

  test('at rest is not written for an hour', async () => {
    await serving();
    const before = world.writes.length;
    await world.clock.advance(3_600_000);
    expect(world.writes).toHaveLength(before);
  });
});

describe('a pod that flaps', () => {
  test('ten times a second for twenty seconds causes a status write a second', async () => {
    await serving(1);
    const before = world.writes.length;
    let isReady = true;
    let moves = 0;
    await world.pass(20_000, () => {
      if (moves++ % 2 === 0) return;
      isReady = !isReady;
      flap(isReady);
    });
    const writes = world.writes.slice(before);
    expect(new Set(writes)).toEqual(new Set(['status']));
    expect(writes.length).toBeGreaterThan(15);
    expect(writes.length).toBeLessThanOrEqual(22);
  });

  test('is told within a second of its last move, whatever came before', async () => {
    for (const moves of [1, 2, 3, 7, 12]) {
      world = new DrivenWorld();
      await serving(1);
      for (let move = 0; move < moves; move++) {
        await world.pass(100);
        flap(move % 2 === 1);
      }
      // the Deployment controller does not make it ready again meanwhile
      world.kubernetes.step = () => undefined;
      await world.pass(1050);
      expect([moves, world.model().status?.columns?.replicas]).toEqual([moves, moves % 2 === 1 ? '0/1' : '1/1']);
      if (moves < 12) await world.end();
    }
  });

  test('is told as an Event when its status is written, and not before', async () => {
    await serving(1);
    const told = world.recorder.events.length;
    const written = count('status');
    for (let move = 0; move < 20; move++) {
      flap(move % 2 === 1);
      await world.pass(50);
    }
    expect(world.recorder.events.length - told).toBeLessThanOrEqual(count('status') - written);
  });
});
