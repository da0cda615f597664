/** What the contract suite needs of a world: the operator's ports, and the hands of everybody else. */
import type { Clock } from '../../lib/clock.js';
import type { JsonRecord } from '../../lib/kube/json.js';
import type { Cache, KubeObject, ObjectKey, ResourceKind, Writer } from '../../operator/ports.js';

/** Other people: users with kubectl, the kubelet, other controllers. */
export interface Hands {
  create(resource: ResourceKind, object: KubeObject): Promise<KubeObject>;
  /** JSON merge patch of everything but status. */
  update(resource: ResourceKind, key: ObjectKey, patch: JsonRecord): Promise<KubeObject>;
  /** JSON merge patch of the status subresource; `status` is the patch of that field. */
  patchStatus(resource: ResourceKind, key: ObjectKey, status: JsonRecord): Promise<KubeObject>;
  remove(resource: ResourceKind, key: ObjectKey): Promise<void>;
  get(resource: ResourceKind, key: ObjectKey): Promise<KubeObject | undefined>;
}

export interface World {
  /** A namespace of this test alone. */
  readonly namespace: string;
  readonly writer: Writer;
  readonly hands: Hands;
  /** A cache that has synced. */
  cache(resource: ResourceKind): Promise<Cache>;
  /** In which the world does things by itself; to wait in it may be what makes it pass. */
  readonly time: Clock;
  /** How long to wait at most for what the world does by itself. */
  readonly patienceMs: number;
}

export interface WorldMaker {
  /** Called once before each test. */
  make(): Promise<World>;
  /** Called once after each test. */
  unmake(): Promise<void>;
}
