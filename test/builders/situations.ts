/** Moments in the life of a ModelDeployment, as the operator leaves them, and what tools that deploy it have to say of each. */
import type { Termination } from '../../contract/termination.js';
import { KINDS } from '../../operator/api/kinds.js';
import type { KubeObject } from '../../operator/ports.js';
import type { Kstatus } from './kstatus.js';
import { DIGEST_A, DIGEST_B, makeModelDeployment } from './model-deployment.js';
import { TestWorld } from './test-world.js';

export interface Situation {
  readonly name: string;
  readonly make: () => Promise<KubeObject>;
  readonly want: {
    readonly kstatus: Kstatus;
    /** Health by the script for Argo CD. */
    readonly argo: 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended';
    /** By the expressions for Flux. Left out: as kstatus. */
    readonly flux?: Kstatus;
  };
}

const NEXT = { model: { uri: 'oci://registry.test/models/reader:2' } };
const NO_MODEL: Termination = { code: 'MODEL_INVALID', stage: 'load', message: 'no model' };
const PROGRESS = { kstatus: 'InProgress', argo: 'Progressing' } as const;
const DONE = { kstatus: 'Current', argo: 'Healthy' } as const;
const FAILED = { kstatus: 'Failed', argo: 'Degraded' } as const;
const ASLEEP = { kstatus: 'InProgress', argo: 'Suspended', flux: 'Current' } as const;

export const SITUATIONS: readonly Situation[] = [
  {
    name: 'created, and no operator has seen it: the default of the CRD',
    make: async () => ({ ...makeModelDeployment().obj(), status: { observedGeneration: -1 } }),
    want: PROGRESS,
  },
  { name: 'being resolved', make: () => after(async (world) => world.reconcile()), want: PROGRESS },
  {
    name: 'waiting for its first pods',
    make: () => after(async (world) => unscheduled(world, DIGEST_A)),
    want: PROGRESS,
  },
  { name: 'serving', make: () => serving(), want: DONE },
  { name: 'serving, with a new spec that nobody has seen', make: () => serving(async (world) => world.edit({ replicas: 2 })), want: PROGRESS },
  {
    name: 'changing, while the old revision serves',
    make: () =>
      serving(async (world) => {
        world.edit(NEXT);
        await unscheduled(world, DIGEST_B);
      }),
    want: PROGRESS,
  },
  { name: 'changed', make: () => serving(async (world) => settleWith(world, NEXT)), want: DONE },
  { name: 'scaled', make: () => serving(async (world) => settleWith(world, { replicas: 3 })), want: DONE },
  {
    name: 'given up for good, with nothing that serves',
    make: () =>
      after(async (world) => {
        world.fates.set(DIGEST_A, { kind: 'LoadFails', termination: NO_MODEL });
        await world.settle();
      }),
    want: FAILED,
  },
  {
    name: 'given up for good, while the old revision serves',
    make: () =>
      serving(async (world) => {
        world.fates.set(DIGEST_B, { kind: 'LoadFails', termination: NO_MODEL });
        await settleWith(world, NEXT);
      }),
    want: FAILED,
  },
  {
    name: 'given up, and then corrected: not seen yet',
    make: () =>
      after(async (world) => {
        world.fates.set(DIGEST_A, { kind: 'LoadFails', termination: NO_MODEL });
        await world.settle();
        world.edit(NEXT);
      }),
    want: PROGRESS,
  },
  {
    name: 'at a source that does not answer, which may mend itself',
    make: () =>
      after(async (world) => {
        world.sources.set('oci://registry.test/models/reader:1', { code: 'SOURCE_UNREACHABLE', stage: 'resolve', message: 'no route' });
        await world.settle();
      }),
    want: PROGRESS,
  },
  {
    name: 'in conflict with a foreign Service',
    make: () =>
      after(async (world) => {
        const metadata = { name: 'reader', namespace: 'shop' };
        world.cluster.create(KINDS.service, { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: 'x' } } });
        await world.settle();
      }),
    want: FAILED,
  },
  { name: 'suspended', make: () => serving(async (world) => settleWith(world, { suspend: true })), want: ASLEEP },
  { name: 'told to suspend: not seen yet', make: () => serving(async (world) => world.edit({ suspend: true })), want: PROGRESS },
  { name: 'scaled to zero', make: () => serving(async (world) => settleWith(world, { replicas: 0 })), want: ASLEEP },
  {
    name: 'resumed, and not there yet',
    make: () =>
      serving(async (world) => {
        await settleWith(world, { suspend: true });
        world.edit({ suspend: false });
        await world.reconcile();
      }),
    want: PROGRESS,
  },
];

async function after(act: (world: TestWorld) => Promise<void>): Promise<KubeObject> {
  const world = new TestWorld();
  world.create(makeModelDeployment().obj());
  await act(world);
  return world.model();
}

async function serving(act: (world: TestWorld) => Promise<void> = async () => undefined): Promise<KubeObject> {
  return after(async (world) => {
    await world.settle();
    await act(world);
  });
}

async function settleWith(world: TestWorld, spec: Parameters<TestWorld['edit']>[0]): Promise<void> {
  world.edit(spec);
  await world.settle();
}

async function unscheduled(world: TestWorld, digest: string): Promise<void> {
  world.fates.set(digest, { kind: 'Unschedulable', message: '0/1 nodes are available' });
  await world.settle();
}
