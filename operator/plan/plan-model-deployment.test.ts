/** Decisions as tables, and what must hold whatever happens. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DIGEST_A, makeModelDeployment } from '../../test/builders/model-deployment.js';
import type { PodFate } from '../../test/builders/simulated-kubernetes.js';
import { TestWorld } from '../../test/builders/test-world.js';
import { KINDS } from '../api/kinds.js';
import { asRecord } from '../view/json.js';

type Step =
  | { readonly kind: 'Edit'; readonly spec: Record<string, unknown> }
  | { readonly kind: 'Fate'; readonly tag: string; readonly fate: PodFate }
  /** The user accepts what is on offer, or says something else. */
  | { readonly kind: 'Consent'; readonly to: string | null | undefined }
  /** The operator becomes one that renders another image. */
  | { readonly kind: 'Upgrade'; readonly image: string }
  | { readonly kind: 'Move' }
  | { readonly kind: 'Pass' };

const uri = (tag: string): string => `oci://registry.test/models/reader:${tag}`;
const digestOf = (tag: string): string => `sha256:${tag.repeat(64)}`;
const BAD: PodFate = { kind: 'FetchFails', termination: { code: 'MODEL_INVALID', stage: 'load', message: 'bad' } };
const TAGS = ['1', '2', '3'] as const;

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('Edit' as const),
      spec: fc.oneof(
        fc.constantFrom(...TAGS).map((tag) => ({ model: { uri: uri(tag) } })),
        fc.nat(3).map((replicas) => ({ replicas })),
        fc.boolean().map((suspend) => ({ suspend })),
      ),
    }),
    fc.record({
      kind: fc.constant('Fate' as const),
      tag: fc.constantFrom(...TAGS),
      fate: fc.constantFrom<PodFate>({ kind: 'Ready' }, BAD, { kind: 'Unschedulable', message: '0/1 nodes are available' }),
    }),
    fc.record({ kind: fc.constant('Consent' as const), to: fc.constantFrom(undefined, undefined, null, 'nobody-offers-this') }),
    fc.record({ kind: fc.constant('Upgrade' as const), image: fc.constantFrom('runtime:1', 'runtime:2', 'runtime:3') }),
    fc.constant({ kind: 'Move' as const }),
    fc.constant({ kind: 'Pass' as const }),
  ),
  { maxLength: 25 },
);

async function newWorld(): Promise<TestWorld> {
  const world = new TestWorld();
  for (const tag of TAGS) world.sources.set(uri(tag), { code: 'OK', stage: 'resolve', message: 'ok', digest: digestOf(tag) });
  world.create(makeModelDeployment().obj());
  return world;
}

async function take(world: TestWorld, step: Step): Promise<void> {
  switch (step.kind) {
    case 'Edit':
      return world.edit(step.spec);
    case 'Fate':
      world.fates.set(digestOf(step.tag), step.fate);
      return;
    case 'Consent': {
      const offered = world.model().status?.update?.id;
      const acceptedUpdate = step.to === undefined ? offered : step.to;
      if (acceptedUpdate !== undefined) world.edit({ runtime: { acceptedUpdate } });
      return;
    }
    case 'Upgrade':
      world.config = { ...world.config, runtimeImage: step.image };
      return;
    case 'Move':
      return world.kubernetes.step();
    case 'Pass':
      return world.reconcile();
  }
}

function readyPods(world: TestWorld, revision: string | undefined): number {
  const pods = world.cluster.objects(KINDS.pod).filter((pod) => pod.metadata.labels?.['slipway.dev/revision'] === revision);
  return pods.filter((pod) => asRecord(pod['status'])['phase'] === 'Running').length;
}

/** To the last resourceVersion. */
function allButModels({ cluster }: TestWorld): unknown {
  const { modelDeployment: _, ...others } = KINDS;
  return Object.values(others).flatMap((kind) => cluster.objects(kind));
}

describe('whatever users and the cluster do', () => {
  test('a pass never moves the address from ready pods to a revision without any', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const world = await newWorld();
        for (const step of all) {
          const before = world.serving();
          const wasReady = readyPods(world, before);
          await take(world, step);
          const after = world.serving();
          if (step.kind === 'Pass' && before !== after && wasReady > 0) expect(readyPods(world, after)).toBeGreaterThan(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a pass never takes pods from the revision that the address points to, unless the spec wants fewer', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const world = await newWorld();
        for (const step of all) {
          const serving = world.serving();
          const had = world.replicasOf(serving ?? '') ?? 0;
          const wasReady = readyPods(world, serving);
          await take(world, step);
          const { replicas = 1, suspend = false } = world.model().spec;
          const wanted = suspend ? 0 : replicas;
          const has = world.replicasOf(serving ?? '') ?? 0;
          if (step.kind === 'Pass' && wasReady > 0) expect(has).toBeGreaterThanOrEqual(Math.min(had, wanted));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('it comes to rest; at rest nothing is written; and only what is wanted or serving has pods', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const world = await newWorld();
        for (const step of all) await take(world, step);
        await world.settle();
        const writes = world.cluster.writer.writes.length;
        await world.reconcile();
        expect(world.cluster.writer.writes).toHaveLength(writes);
        expect(world.names('deployment').length).toBeLessThanOrEqual(2);
        expect(world.names('pod').filter((name) => name.includes('-resolve-'))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('an operator that renders another image changes nothing of what rests but the status', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const world = await newWorld();
        for (const step of all) await take(world, step);
        await world.settle();
        const before = allButModels(world);
        for (const runtimeImage of ['runtime:next', 'runtime:1']) {
          world.config = { ...world.config, runtimeImage };
          await world.settle();
          expect(allButModels(world)).toEqual(before);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('where the wanted model is good and there is room, it ends Ready', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(...TAGS), async (all, tag) => {
        const world = await newWorld();
        for (const step of all) await take(world, step);
        world.fates.clear();
        await world.settle();
        // a spec that is new to the operator: what was given up is tried again
        world.edit({ model: { uri: uri(tag) }, runtime: { acceptedUpdate: null }, replicas: 4, suspend: false });
        await world.settle();
        expect(world.ready()).toBe('True Serving');
        expect(world.model().status?.model?.digest).toBe(digestOf(tag));
        expect(world.names('deployment')).toEqual([world.serving()]);
        expect(world.names('service')).toEqual(['reader', world.serving()].sort());
      }),
      { numRuns: 60 },
    );
  });
});

describe('history', () => {
  test('ends at ten revisions; the serving one stays whatever its age', async () => {
    const world = new TestWorld();
    world.create(makeModelDeployment().digest(DIGEST_A).obj());
    for (let version = 2; version <= 14; version++) {
      await world.settle();
      world.edit({ model: { version: String(version) } });
    }
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.names('controllerRevision')).toHaveLength(10);
    expect(world.names('controllerRevision')).toContain(world.serving());
  });
});
