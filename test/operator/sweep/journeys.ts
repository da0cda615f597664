/** What users do, each also in a way that cannot succeed. The operator may die from `act` on. */
import type { ModelDeploymentSpec } from '../../../operator/api/zz_generated.modeldeployment.js';
import { DIGEST_A, DIGEST_B } from '../../builders/model-deployment.js';
import { DIGEST_BAD } from './player.js';

export const PRODUCTS = ['Sweep-A', 'Sweep-B'] as const;

/** The hands of a user in one namespace. */
export interface User {
  create(spec: ModelDeploymentSpec): Promise<void>;
  edit(spec: Partial<ModelDeploymentSpec>): Promise<void>;
  remove(): Promise<void>;
  /** At most that many pods may be in the namespace. */
  limitPods(count: number): Promise<void>;
  /** Until the status says that the spec cannot be had. */
  untilStalled(): Promise<void>;
}

export interface Journey {
  readonly name: string;
  /** What is there and Ready before; absent: nothing. */
  readonly before?: ModelDeploymentSpec;
  readonly act: (user: User) => Promise<void>;
}

const uri = 'oci://registry.invalid/models/reader:1';

function spec(digest: string, more: Partial<ModelDeploymentSpec> = {}): ModelDeploymentSpec {
  return { model: { uri, digest }, replicas: 2, accelerator: { vendor: 'nvidia', products: [PRODUCTS[0]] }, ...more };
}

const CREATED = spec(DIGEST_A);
const change = (digest: string): Partial<ModelDeploymentSpec> => ({ model: { uri, digest } });
const onProduct = (product: string): Partial<ModelDeploymentSpec> => ({ accelerator: { vendor: 'nvidia', products: [product] } });

export const JOURNEYS: readonly Journey[] = [
  { name: 'create', act: (user) => user.create(CREATED) },
  { name: 'create with a wrong digest', act: (user) => user.create(spec(DIGEST_BAD)) },
  { name: 'change the model', before: CREATED, act: (user) => user.edit(change(DIGEST_B)) },
  { name: 'change to a wrong digest', before: CREATED, act: (user) => user.edit(change(DIGEST_BAD)) },
  {
    name: 'take a wrong change back',
    before: CREATED,
    act: async (user) => {
      await user.edit(change(DIGEST_BAD));
      await user.untilStalled();
      await user.edit(change(DIGEST_A));
    },
  },
  { name: 'scale down', before: CREATED, act: (user) => user.edit({ replicas: 1 }) },
  { name: 'scale up', before: CREATED, act: (user) => user.edit({ replicas: 3 }) },
  {
    name: 'scale beyond the quota',
    before: CREATED,
    act: async (user) => {
      await user.limitPods(2);
      await user.edit({ replicas: 3 });
    },
  },
  { name: 'change the accelerator', before: CREATED, act: (user) => user.edit(onProduct(PRODUCTS[1])) },
  { name: 'change to an accelerator that nobody has', before: CREATED, act: (user) => user.edit(onProduct('Sweep-None')) },
  { name: 'suspend', before: CREATED, act: (user) => user.edit({ suspend: true }) },
  {
    name: 'suspend after a wrong change',
    before: CREATED,
    act: async (user) => {
      await user.edit(change(DIGEST_BAD));
      await user.untilStalled();
      await user.edit({ suspend: true });
    },
  },
  { name: 'delete', before: CREATED, act: (user) => user.remove() },
  {
    name: 'delete and make anew',
    before: CREATED,
    act: async (user) => {
      await user.remove();
      await user.create(spec(DIGEST_B));
    },
  },
];
