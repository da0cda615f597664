/**
 * A cache may lag behind the server, each kind by its own time, for as long as its watch is broken: an operator does not even see
 * what it wrote itself. A change is taken back at every step of its way, with the caches of some kinds standing still since every
 * earlier step. No pass may take the last ready pods from behind the address, and when the caches are true again all is well.
 */
import { describe, expect, test } from '@jest/globals';
import { DIGEST_B, type ModelDeploymentBuilder, makeModelDeployment } from '../../test/builders/model-deployment.js';
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

/** Kinds that are old together: the choices of these five that differ in what they can do harm by. */
const REWOUND: readonly (readonly KindName[])[] = [
  ['modelDeployment'],
  ['modelDeployment', 'service'],
  ['modelDeployment', 'deployment', 'pod'],
  ['deployment', 'pod', 'controllerRevision'],
  ['service', 'controllerRevision'],
  ['modelDeployment', 'deployment', 'pod', 'service', 'controllerRevision'],
];
/** From the edit to rest, and some more. */
const STEPS = 9;

/** One operator works for so many steps; the one that follows sees some kinds as they were before the first. */
async function followOn({ edit, rewound, steps }: { readonly edit: object; readonly rewound: readonly KindName[]; readonly steps: number }) {
  const world = new TestWorld();
  world.create(makeModelDeployment().replicas(2).obj());
  await world.settle();
  for (const kind of rewound) world.cluster.remember(KINDS[kind]);
  world.edit({ ...edit });
  for (let step = 0; step < steps; step++) {
    await world.reconcile();
    world.kubernetes.step();
  }
  for (const kind of rewound) world.cluster.rewind(KINDS[kind]);
  const before = answering(world);
  for (let pass = 0; pass < STALE_PASSES; pass++) {
    await world.reconcile().catch(() => undefined);
    const now = answering(world);
    expect({ rewound, steps, pass, isLess: now < before }).toEqual({ rewound, steps, pass, isLess: false });
    world.kubernetes.step();
  }
  for (const kind of rewound) world.cluster.thaw(KINDS[kind]);
  await world.settle();
  return world;
}

describe.each([
  { change: 'another model', edit: uri('2') },
  { change: 'more replicas', edit: { replicas: 3 } },
])('an operator that follows another on old reads, after $change', ({ edit }) => {
  test('takes no ready pod from behind the address, and ends where the first one would have', async () => {
    for (const rewound of REWOUND) {
      for (let steps = 0; steps < STEPS; steps++) {
        const world = await followOn({ edit, rewound, steps });
        expect([world.ready(), world.names('deployment')]).toEqual(['True Serving', [world.serving()]]);
      }
    }
  }, 60_000);
});

test.each<{ unseen: readonly KindName[] }>([
  { unseen: ['controllerRevision', 'service', 'pod'] },
  { unseen: ['controllerRevision', 'service'] },
  { unseen: ['controllerRevision', 'pod'] },
  { unseen: ['service', 'pod'] },
  { unseen: ['controllerRevision'] },
])('caches that fill one by one end no pods: $unseen not seen yet', async ({ unseen }) => {
  // whose digest is known from the spec, or only from what is stored
  for (const model of [makeModelDeployment().digest(DIGEST_B), makeModelDeployment()]) await fillOneByOne(model, unseen);
});

async function fillOneByOne(model: ModelDeploymentBuilder, unseen: readonly KindName[]): Promise<void> {
  const world = new TestWorld();
  for (const kind of unseen) world.cluster.remember(KINDS[kind]);
  world.create(model.replicas(2).obj());
  await world.settle();
  const servers = (): string[] => world.names('pod').filter((name) => !name.includes('-resolve-'));
  const pods = servers();
  for (const kind of unseen) world.cluster.rewind(KINDS[kind]);
  for (let pass = 0; pass < STALE_PASSES; pass++) {
    await world.reconcile().catch(() => undefined);
    world.kubernetes.step();
    expect(servers()).toEqual(pods);
  }
  for (const kind of unseen) world.cluster.thaw(KINDS[kind]);
  await world.settle();
  expect(world.ready()).toBe('True Serving');
}

test('marks are written over what was seen and over nothing else', async () => {
  const world = new TestWorld();
  world.create(makeModelDeployment().digest(DIGEST_B).replicas(1).obj());
  for (let round = 0; world.names('controllerRevision').length === 0 && round < 20; round++) await world.reconcile();
  world.cluster.remember(KINDS.controllerRevision);
  await world.settle();
  const marks = (): unknown => world.cluster.objects(KINDS.controllerRevision)[0]?.metadata.annotations;
  const before = marks();
  expect(JSON.stringify(before)).toContain('proven');
  world.cluster.rewind(KINDS.controllerRevision);
  world.clock.jump(60_000);
  for (let pass = 0; pass < STALE_PASSES; pass++) await world.reconcile().catch(() => undefined);
  expect(marks()).toEqual(before);
});

test('a revision on its way keeps its pods while its stored revision is not seen', async () => {
  const world = new TestWorld();
  world.create(makeModelDeployment().replicas(2).obj());
  await world.settle();
  world.cluster.remember(KINDS.controllerRevision);
  world.edit({ model: { ...uri('2').model, digest: DIGEST_B } });
  for (let round = 0; world.names('pod').length < 4 && round < 20; round++) {
    await world.reconcile();
    world.kubernetes.step();
  }
  const pods = world.names('pod');
  expect(pods).toHaveLength(4);
  world.cluster.rewind(KINDS.controllerRevision);
  for (let pass = 0; pass < STALE_PASSES; pass++) await world.reconcile().catch(() => undefined);
  world.kubernetes.step();
  expect(world.names('pod')).toEqual(pods);
});

test('an operator on old reads takes no pods away that another has added since', async () => {
  const world = new TestWorld();
  world.create(makeModelDeployment().replicas(1).obj());
  await world.settle();
  world.cluster.remember(KINDS.deployment);
  world.edit({ replicas: 2 });
  world.cluster.remember(KINDS.modelDeployment);
  await world.settle();
  world.edit({ replicas: 5 });
  await world.settle();
  const revision = world.serving() ?? '';
  for (const kind of ['deployment', 'modelDeployment'] as const) world.cluster.rewind(KINDS[kind]);
  for (let pass = 0; pass < STALE_PASSES; pass++) await world.reconcile().catch(() => undefined);
  expect(world.replicasOf(revision)).toBe(5);
});

test('an operator on old reads forgets nothing that another has learned of a revision', async () => {
  const world = new TestWorld();
  world.create(makeModelDeployment().replicas(2).obj());
  await world.settle();
  const bad = { kind: 'FetchFails', termination: { code: 'DIGEST_MISMATCH', stage: 'verify', message: 'other bytes' } } as const;
  world.fates.set(DIGEST_B, bad);
  world.edit({ model: { ...uri('2').model, digest: DIGEST_B } });
  for (const kind of ['controllerRevision', 'deployment', 'pod', 'service'] as const) world.cluster.remember(KINDS[kind]);
  await world.settle();
  const marks = (): unknown[] => world.cluster.objects(KINDS.controllerRevision).map(({ metadata }) => metadata.annotations);
  const before = marks();
  expect(JSON.stringify(before)).toContain('DIGEST_MISMATCH');
  for (const kind of ['controllerRevision', 'deployment', 'pod', 'service'] as const) world.cluster.rewind(KINDS[kind]);
  for (let pass = 0; pass < STALE_PASSES; pass++) await world.reconcile().catch(() => undefined);
  expect(marks()).toEqual(before);
});

test('a status that was computed from an old one replaces no newer one, which alone remembers what its pods told', async () => {
  const world = new TestWorld();
  world.create(makeModelDeployment().replicas(1).obj());
  await world.reconcile();
  world.cluster.remember(KINDS.modelDeployment);
  await world.settle();
  world.edit({ replicas: 0 });
  await world.settle();
  const known = world.model().status;
  expect(known?.coldStart).toBeDefined();
  world.cluster.rewind(KINDS.modelDeployment);
  for (let pass = 0; pass < STALE_PASSES; pass++) await world.reconcile().catch(() => undefined);
  expect(world.model().status).toEqual(known);
  world.cluster.thaw(KINDS.modelDeployment);
  await world.settle();
  expect(world.model().status).toEqual(known);
});

test('an operator that sees an old spec deletes no attempt to resolve the newer one', async () => {
  const world = new TestWorld();
  world.create(makeModelDeployment().obj());
  await world.settle();
  world.cluster.remember(KINDS.modelDeployment);
  world.sources.set(uri('2').model.uri, { code: 'SOURCE_NOT_FOUND', stage: 'resolve', message: 'no such tag' });
  world.edit(uri('2'));
  await world.settle();
  const resolvers = world.names('pod').filter((name) => name.includes('-resolve-'));
  expect(resolvers).toHaveLength(1);
  world.cluster.rewind(KINDS.modelDeployment);
  for (let pass = 0; pass < STALE_PASSES; pass++) await world.reconcile().catch(() => undefined);
  expect(world.names('pod')).toEqual(expect.arrayContaining(resolvers));
});

test('pods of a spec that was replaced since are not set beside those that serve', async () => {
  const world = new TestWorld();
  const kinds = ['modelDeployment', 'deployment', 'controllerRevision', 'pod', 'service'] as const;
  world.create(makeModelDeployment().replicas(2).obj());
  await world.settle();
  world.edit({ model: { ...uri('2').model, digest: DIGEST_B } });
  await world.reconcile();
  expect([world.names('controllerRevision').length, world.names('deployment').length]).toEqual([2, 1]);
  for (const kind of kinds) world.cluster.remember(KINDS[kind]);
  world.edit({ model: { ...uri('1').model, digest: null } });
  await world.settle();
  const deployments = world.names('deployment');
  for (const kind of kinds) world.cluster.rewind(KINDS[kind]);
  for (let pass = 0; pass < STALE_PASSES; pass++) await world.reconcile().catch(() => undefined);
  expect(world.names('deployment')).toEqual(deployments);
});

test('a Service of a revision whose Deployment is not seen does not cost the pods that serve', async () => {
  const world = new TestWorld();
  world.create(makeModelDeployment().replicas(2).obj());
  await world.settle();
  for (const kind of ['deployment', 'controllerRevision', 'pod'] as const) world.cluster.remember(KINDS[kind]);
  world.edit(uri('2'));
  for (let pass = 0; world.names('service').length < 3 && pass < PASSES; pass++) {
    await world.reconcile();
    world.kubernetes.step();
  }
  expect(world.names('service')).toHaveLength(3);
  world.cluster.remember(KINDS.service);
  await world.settle();
  const revision = world.serving() ?? '';
  for (const kind of ['deployment', 'controllerRevision', 'pod', 'service'] as const) world.cluster.rewind(KINDS[kind]);
  for (let pass = 0; pass < STALE_PASSES; pass++) {
    await world.reconcile().catch(() => undefined);
    world.kubernetes.step();
    expect([answering(world), world.replicasOf(revision)]).toEqual([2, 2]);
  }
});

test('an attempt to resolve that is not seen is neither made again nor counted for none', async () => {
  const world = new TestWorld();
  world.sources.set(makeModelDeployment().obj().spec.model.uri, { code: 'SOURCE_NOT_FOUND', stage: 'resolve', message: 'no such tag' });
  const resolvers = (): string[] => world.names('pod');
  const tryOnce = async (): Promise<void> => {
    world.clock.jump(60_000);
    await world.reconcile();
    world.kubernetes.step();
  };
  world.create(makeModelDeployment().obj());
  for (let round = 0; resolvers().length < 2 && round < 20; round++) await tryOnce();
  world.cluster.remember(KINDS.pod);
  for (let round = 0; resolvers().length < 3 && round < 20; round++) await tryOnce();
  const three = resolvers();
  world.cluster.rewind(KINDS.pod);
  const writes = (): number => world.cluster.writer.writes.filter(({ kind }) => kind === 'Pod').length;
  const before = writes();
  for (let pass = 0; pass < STALE_PASSES; pass++) {
    await tryOnce();
    expect([resolvers(), writes() - before, world.lastResult]).toEqual([three, 0, { kind: 'RequeueAfter', afterMs: 1000 }]);
  }
  world.cluster.thaw(KINDS.pod);
  await world.settle();
  expect([resolvers(), world.ready(), world.condition('Stalled')?.status]).toEqual([three, 'False SourceNotFound', 'True']);
});

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
