/**
 * Of the controller alone, and cheap enough for every write; whole operators under every fault are swept in test/sweep.
 *
 * The operator may die at any instant. Each journey is run once undisturbed; then once for every write of it, with the writer dying
 * right before and right after that write and a controller that remembers nothing taking over. The world must end the same.
 */
import { describe, expect, test } from '@jest/globals';
import { makeModelDeployment } from '../../test/builders/model-deployment.js';
import { makePod } from '../../test/builders/pod.js';
import { TestWorld } from '../../test/builders/test-world.js';
import { CrashError } from '../../test/fakes/fake-writer.js';
import { KINDS, type KindName } from '../api/kinds.js';
import type { KubeObject } from '../ports.js';

interface Journey {
  readonly name: string;
  /** What is there before the operator may die. */
  readonly before: (world: TestWorld) => Promise<void>;
  readonly act: (world: TestWorld) => void;
}

const CREATED = async (world: TestWorld): Promise<void> => {
  world.create(makeModelDeployment().replicas(2).obj());
  await world.settle();
};

const SUSPENDED = async (world: TestWorld): Promise<void> => {
  await CREATED(world);
  world.edit({ suspend: true });
  await world.settle();
};

/** Both revisions have pods, and not all of the new ones are ready. */
const HALF_CHANGED = async (world: TestWorld): Promise<void> => {
  await CREATED(world);
  world.edit({ model: { uri: 'oci://registry.test/models/reader:2' } });
  for (let round = 0; world.names('deployment').length < 2 && round < 20; round++) {
    await world.reconcile();
    world.kubernetes.step();
  }
};

const JOURNEYS: readonly Journey[] = [
  { name: 'create', before: async () => undefined, act: (world) => world.create(makeModelDeployment().replicas(2).obj()) },
  { name: 'change', before: CREATED, act: (world) => world.edit({ model: { uri: 'oci://registry.test/models/reader:2' } }) },
  { name: 'scale', before: CREATED, act: (world) => world.edit({ replicas: 1 }) },
  { name: 'suspend', before: CREATED, act: (world) => world.edit({ suspend: true }) },
  { name: 'delete', before: CREATED, act: (world) => world.cluster.remove(KINDS.modelDeployment, { namespace: 'shop', name: 'reader' }) },
  { name: 'resume', before: SUSPENDED, act: (world) => world.edit({ suspend: false }) },
  { name: 'scale to zero', before: CREATED, act: (world) => world.edit({ replicas: 0 }) },
  {
    name: 'a change taken back on its way',
    before: HALF_CHANGED,
    act: (world) => world.edit({ model: { uri: 'oci://registry.test/models/reader:1' } }),
  },
  { name: 'suspend during a change', before: HALF_CHANGED, act: (world) => world.edit({ suspend: true }) },
  { name: 'another change during a change', before: HALF_CHANGED, act: (world) => world.edit({ model: { version: '2' }, replicas: 3 }) },
  {
    name: 'delete and make anew',
    before: CREATED,
    act: (world) => {
      world.cluster.remove(KINDS.modelDeployment, { namespace: 'shop', name: 'reader' });
      world.create(makeModelDeployment().metadata({ uid: 'uid-2' }).replicas(2).obj());
    },
  },
  {
    name: 'failed pods cleared up',
    before: CREATED,
    act: (world) => {
      const revision = world.serving() ?? '';
      for (let k = 0; k < 7; k++) {
        const pod = makePod(`${revision}-5d4f-f${k}`, revision).metadata({ creationTimestamp: `2026-01-01T00:0${k}:00Z` });
        world.cluster.create(KINDS.pod, pod.on('node-1').status({ phase: 'Failed', reason: 'Evicted', message: 'words' }).obj());
      }
    },
  },
  {
    name: 'bad change',
    before: CREATED,
    act: (world) => {
      const termination = { code: 'MODEL_INVALID', stage: 'load', message: 'not an ONNX file' } as const;
      world.fates.set(`sha256:${'b'.repeat(64)}`, { kind: 'FetchFails', termination });
      world.edit({ model: { uri: 'oci://registry.test/models/reader:2' } });
    },
  },
];

describe.each(JOURNEYS)('killed during: $name', (journey) => {
  test('at every write, before and after it, the world ends as if nothing had happened', async () => {
    const undisturbed = new TestWorld();
    await journey.before(undisturbed);
    const start = undisturbed.cluster.writer.writes.length;
    journey.act(undisturbed);
    await undisturbed.settle();
    const writes = undisturbed.cluster.writer.writes.length - start;
    const want = snapshot(undisturbed);
    for (let survived = 0; survived <= writes; survived++) {
      const world = new TestWorld();
      await journey.before(world);
      journey.act(world);
      world.cluster.writer.crashAfter(survived);
      await settleUntilCrash(world);
      world.cluster.writer.restart();
      await world.settle();
      expect({ survived, world: snapshot(world) }).toEqual({ survived, world: want });
    }
  });
});

/** The cluster goes on by itself while the operator is dead. */
async function settleUntilCrash(world: TestWorld): Promise<void> {
  try {
    await world.settle();
  } catch (error) {
    if (!(error instanceof CrashError) && !(error instanceof Error && error.cause instanceof CrashError)) throw error;
    for (let step = 0; step < 3; step++) world.kubernetes.step();
  }
}

/** Every object without what differs from run to run: identities, versions, generations and their echoes. */
function snapshot(world: TestWorld): Record<string, unknown> {
  const kinds: KindName[] = ['modelDeployment', 'deployment', 'controllerRevision', 'service', 'serviceAccount', 'podDisruptionBudget', 'pod'];
  const objects = kinds.flatMap((kind) => world.cluster.objects(KINDS[kind]));
  return Object.fromEntries(objects.map((object) => [`${object.kind}/${object.metadata.name}`, strip(object)]));
}

const VOLATILE = new Set(['uid', 'resourceVersion', 'generation', 'observedGeneration', 'creationTimestamp', 'restartCount', 'restarts']);

function strip(object: KubeObject): unknown {
  const text = JSON.stringify(object, (key, value: unknown) => (VOLATILE.has(key) ? undefined : value));
  // how often it had failed when it was given up depends on when that was looked at
  return JSON.parse(
    text
      .replace(/after \d+ failures/g, 'after N failures')
      .replace(/\\"count\\":\d+/g, '\\"count\\":0')
      .replace(/ \(restarted (once|\d+ times)\)/g, ''),
  );
}
