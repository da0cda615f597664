/** What users do. Each journey has a part before which nobody disturbs, and an act after which everything may go wrong. */
import type { Termination } from '../../contract/termination.js';
import { KINDS } from '../../operator/api/kinds.js';
import { DIGEST_A, DIGEST_B, makeModelDeployment } from '../builders/model-deployment.js';
import type { PodFate } from '../builders/simulated-kubernetes.js';
import { NAMESPACE, type SweepWorld } from './sweep-world.js';

export interface Journey {
  readonly name: string;
  readonly before: (world: SweepWorld) => Promise<void>;
  readonly act: (world: SweepWorld) => void;
  /**
   * Pods go on their way up, and what they found out of the model by then is known for good: the later the operator comes, the more.
   * It may know more than undisturbed, and never less.
   */
  readonly mayLearnMore?: true;
}

const FIRST = 'oci://registry.test/models/reader:1';
const SECOND = 'oci://registry.test/models/reader:2';
const THIRD = 'oci://registry.test/models/reader:3';

const NOTHING = async (): Promise<void> => undefined;

const SERVED = async (world: SweepWorld): Promise<void> => {
  world.startOperator();
  world.create(makeModelDeployment().replicas(2).obj());
  await world.rest(5000);
};

const after =
  (change: (world: SweepWorld) => void, before: Journey['before'] = SERVED) =>
  async (world: SweepWorld): Promise<void> => {
    await before(world);
    change(world);
    await world.rest(5000);
  };

/** Both revisions have pods, and the new one is not ready yet. */
const HALF_CHANGED = async (world: SweepWorld): Promise<void> => {
  await SERVED(world);
  world.edit({ model: { uri: SECOND } });
  await world.until('a second Deployment', () => world.api.objects(KINDS.deployment).length === 2);
};

const starting =
  (act: (world: SweepWorld) => void): Journey['act'] =>
  (world) => {
    act(world);
    world.startOperator();
  };

const HEALTHY: readonly Journey[] = [
  { name: 'create', before: NOTHING, act: starting((world) => world.create(makeModelDeployment().replicas(2).obj())) },
  { name: 'create pinned', before: NOTHING, act: starting((world) => world.create(makeModelDeployment().digest(DIGEST_A).replicas(2).obj())) },
  {
    name: 'create unpinned from a URL',
    before: NOTHING,
    act: starting((world) => world.create(makeModelDeployment().model({ uri: 'https://models.test/reader.onnx:1', allowUnpinned: true }).obj())),
  },
  { name: 'create two in one namespace', before: NOTHING, act: starting((world) => createTwo(world)) },
  { name: 'create suspended', before: NOTHING, act: starting((world) => world.create(makeModelDeployment().suspend().obj())) },
  { name: 'create a second one', before: SERVED, act: (world) => world.create(makeModelDeployment('writer').replicas(2).obj()) },
  { name: 'change model', before: SERVED, act: (world) => world.edit({ model: { uri: SECOND } }) },
  { name: 'change model and replicas', before: SERVED, act: (world) => world.edit({ model: { uri: SECOND }, replicas: 3 }) },
  { name: 'change accelerator', before: SERVED, act: (world) => world.edit({ accelerator: { vendor: 'nvidia', count: 1 } }) },
  { name: 'change environment', before: SERVED, act: (world) => world.edit({ env: [{ name: 'A', value: '1' }] }) },
  { name: 'pin', before: SERVED, act: (world) => world.edit({ model: { digest: DIGEST_B } }) },
  { name: 'scale up', before: SERVED, act: (world) => world.edit({ replicas: 4 }) },
  { name: 'scale down', before: SERVED, act: (world) => world.edit({ replicas: 1 }) },
  { name: 'scale to zero', before: SERVED, act: (world) => world.edit({ replicas: 0 }) },
  { name: 'scale from zero', before: after((world) => world.edit({ replicas: 0 })), act: (world) => world.edit({ replicas: 2 }) },
  { name: 'suspend', before: SERVED, act: (world) => world.edit({ suspend: true }) },
  { name: 'resume', before: after((world) => world.edit({ suspend: true })), act: (world) => world.edit({ suspend: false }) },
  {
    name: 'change while suspended, then resume',
    before: after((world) => world.edit({ suspend: true })),
    act: (world) => world.edit({ suspend: false, model: { uri: SECOND } }),
  },
  { name: 'delete', before: SERVED, act: (world) => world.remove() },
  { name: 'delete one of two', before: after((world) => world.create(makeModelDeployment('writer').obj())), act: (world) => world.remove() },
  { name: 'delete during a change', before: HALF_CHANGED, act: (world) => world.remove() },
  {
    name: 'delete and make anew',
    before: SERVED,
    act: (world) => {
      world.remove();
      world.create(makeModelDeployment().metadata({ uid: 'uid-2' }).replicas(2).obj());
    },
  },
  { name: 'change taken back', before: HALF_CHANGED, act: (world) => world.edit({ model: { uri: FIRST } }) },
  { name: 'change during a change', before: HALF_CHANGED, act: (world) => world.edit({ model: { uri: THIRD }, replicas: 3 }) },
  { name: 'scale during a change', before: HALF_CHANGED, act: (world) => world.edit({ replicas: 3 }) },
  { name: 'suspend during a change', before: HALF_CHANGED, act: (world) => world.edit({ suspend: true }), mayLearnMore: true },
  {
    name: 'go back to a model of before',
    before: after((world) => world.edit({ model: { uri: SECOND } })),
    act: (world) => world.edit({ model: { uri: FIRST } }),
  },
];

function createTwo(world: SweepWorld): void {
  world.create(makeModelDeployment().replicas(2).obj());
  world.create(makeModelDeployment('writer').uri(SECOND).obj());
}

interface Failure {
  readonly name: string;
  readonly spread: (world: SweepWorld, uri: string, digest: string) => void;
}

const failingPods = (name: string, fate: PodFate): Failure => ({ name, spread: (world, _, digest) => world.fates.set(digest, fate) });
const failingSource = (name: string, said: Termination): Failure => ({ name, spread: (world, uri) => world.sources.set(uri, said) });

const FAILURES: readonly Failure[] = [
  failingPods('wrong digest', { kind: 'FetchFails', termination: { code: 'DIGEST_MISMATCH', stage: 'verify', message: 'other bytes' } }),
  failingPods('image that cannot be pulled', { kind: 'ImagePull', message: 'Back-off pulling image "registry.test/runtime": not found' }),
  failingPods('no GPU free', { kind: 'Unschedulable', message: '0/1 nodes are available: 1 Insufficient nvidia.com/gpu.' }),
  failingPods('model that does not load', { kind: 'LoadFails', termination: { code: 'MODEL_INVALID', stage: 'load', message: 'no ONNX file' } }),
  failingSource('source without it', { code: 'SOURCE_NOT_FOUND', stage: 'resolve', message: 'no such tag' }),
  {
    name: 'source that heals',
    spread: (world, uri) => {
      world.sources.set(uri, { code: 'SOURCE_UNREACHABLE', stage: 'resolve', message: 'connection refused' });
      world.later(45_000, () => world.sources.delete(uri));
    },
  },
  {
    name: 'GPU that comes later',
    spread: (world, _, digest) => {
      world.fates.set(digest, { kind: 'Unschedulable', message: '0/1 nodes are available: 1 Insufficient nvidia.com/gpu.' });
      world.later(45_000, () => {
        world.fates.delete(digest);
        world.stir();
      });
    },
  },
];

const FAILING: readonly Journey[] = FAILURES.flatMap(({ name, spread }): Journey[] => [
  {
    name: `create, ${name}`,
    before: NOTHING,
    act: starting((world) => {
      spread(world, FIRST, DIGEST_A);
      world.create(makeModelDeployment().replicas(2).obj());
    }),
  },
  {
    name: `change, ${name}`,
    before: SERVED,
    act: (world) => {
      spread(world, SECOND, DIGEST_B);
      world.edit({ model: { uri: SECOND } });
    },
  },
]);

const FOREIGN_SERVICE = {
  ...{ apiVersion: 'v1', kind: 'Service' },
  metadata: { name: 'reader', namespace: NAMESPACE, labels: { 'app.kubernetes.io/managed-by': 'somebody' } },
  spec: { selector: { app: 'theirs' }, ports: [{ port: 80 }] },
};

const CONFLICTS: readonly Journey[] = [
  {
    name: 'create beside a foreign owner of its name',
    before: NOTHING,
    act: starting((world) => {
      world.api.create(KINDS.service, FOREIGN_SERVICE);
      world.create(makeModelDeployment().replicas(2).obj());
    }),
  },
  {
    name: 'the foreign owner of its name leaves',
    before: async (world) => {
      world.startOperator();
      world.api.create(KINDS.service, FOREIGN_SERVICE);
      world.create(makeModelDeployment().replicas(2).obj());
      await world.rest(5000);
    },
    act: (world) => world.api.remove(KINDS.service, world.key('reader')),
  },
];

export const JOURNEYS: readonly Journey[] = [...HEALTHY, ...FAILING, ...CONFLICTS];
