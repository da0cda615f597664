/** Everybody but the operator: users with kubectl, kubelets, controllers. What they do happens at once, whatever clients go through. */
import { isRecord, type JsonRecord } from '../../../lib/kube/json.js';
import type { KubeObject, ObjectKey, ResourceKind } from '../../../operator/ports.js';
import type { DeleteOptions } from './deletion.js';
import { mergePatch } from './merge.js';
import type { ObjectStore } from './object-store.js';
import { toWorldEvent, type WorldListener } from './world-event.js';

/** A JSON merge patch (objects are merged, null removes, all else replaces) or a function to the new object. */
export type Change = JsonRecord | ((object: KubeObject) => KubeObject);

function changeObject(object: KubeObject, change: Change): KubeObject {
  const changed: unknown = typeof change === 'function' ? change(object) : mergePatch(object, change);
  if (!isRecord(changed)) return object;
  const metadata = isRecord(changed['metadata']) ? changed['metadata'] : {};
  return { ...changed, apiVersion: object.apiVersion, kind: object.kind, metadata: { ...metadata, name: object.metadata.name } };
}

const HANDS = { manager: 'hands' };

export class Hands {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Status included; uid and creationTimestamp may be given. */
  create(resource: ResourceKind, object: KubeObject): KubeObject {
    return this.#store.create(resource, object, HANDS);
  }

  /** Everything but status, as a user edits it. */
  update(resource: ResourceKind, key: ObjectKey, change: Change): KubeObject {
    return this.#store.update(resource, key, { change: (object) => changeObject(object, change), author: HANDS });
  }

  /** A merge patch of `status` alone, as kubelet and controllers write it. */
  patchStatus(resource: ResourceKind, key: ObjectKey, status: JsonRecord): KubeObject {
    const change = (object: KubeObject) => ({ ...object, status: mergePatch(object['status'], status) });
    return this.#store.update(resource, key, { change, author: { ...HANDS, subresource: 'status' } });
  }

  remove(resource: ResourceKind, key: ObjectKey, options: DeleteOptions = {}): void {
    this.#store.remove(resource, key, options);
  }

  get(resource: ResourceKind, key: ObjectKey): KubeObject | undefined {
    return this.#store.get(resource, key);
  }

  objects(resource: ResourceKind, namespace?: string): readonly KubeObject[] {
    return this.#store.objects(resource).filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  }

  /** Hears every change at once. Returns what ends it. */
  subscribe(listener: WorldListener): () => void {
    return this.#store.subscribe((change) => listener(toWorldEvent(change)));
  }
}
