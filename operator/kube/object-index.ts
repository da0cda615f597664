/** Finds objects by namespace and by the model that they belong to without looking at all of them. */
import { LABELS } from '../../contract/labels.js';
import type { KubeObject } from '../ports.js';

type Bucket = Map<string, KubeObject>;

export interface ObjectFilter {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export class ObjectIndex {
  readonly #byNamespace = new Map<string, Bucket>();
  readonly #byModel = new Map<string, Bucket>();

  put(object: KubeObject): void {
    const { namespace = '', name } = object.metadata;
    const model = modelOf(object.metadata.labels);
    const old = this.#byNamespace.get(namespace)?.get(name);
    if (old !== undefined && modelOf(old.metadata.labels) !== model) this.remove(old);
    bucketOf(this.#byNamespace, namespace).set(name, object);
    if (model !== undefined) bucketOf(this.#byModel, modelKey(namespace, model)).set(name, object);
  }

  remove({ metadata: { namespace = '', name } }: KubeObject): void {
    const held = this.#byNamespace.get(namespace)?.get(name);
    const model = modelOf(held?.metadata.labels);
    dropFrom(this.#byNamespace, namespace, name);
    if (model !== undefined) dropFrom(this.#byModel, modelKey(namespace, model), name);
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#byNamespace.get(namespace)?.get(name);
  }

  count(namespace: string): number {
    return this.#byNamespace.get(namespace)?.size ?? 0;
  }

  list({ namespace, labels = {} }: ObjectFilter): KubeObject[] {
    const found: KubeObject[] = [];
    for (const bucket of this.#bucketsFor(namespace, labels)) {
      for (const object of bucket.values()) if (hasLabels(object, labels)) found.push(object);
    }
    return found;
  }

  #bucketsFor(namespace: string | undefined, labels: Readonly<Record<string, string>>): Iterable<Bucket> {
    if (namespace === undefined) return this.#byNamespace.values();
    const model = modelOf(labels);
    const bucket = model === undefined ? this.#byNamespace.get(namespace) : this.#byModel.get(modelKey(namespace, model));
    return bucket === undefined ? [] : [bucket];
  }
}

function modelOf(labels: Readonly<Record<string, string>> | undefined): string | undefined {
  return labels?.[LABELS.model];
}

/** Neither a namespace nor a label value has a slash. */
function modelKey(namespace: string, model: string): string {
  return `${namespace}/${model}`;
}

function bucketOf(buckets: Map<string, Bucket>, key: string): Bucket {
  const known = buckets.get(key);
  if (known !== undefined) return known;
  const bucket: Bucket = new Map();
  buckets.set(key, bucket);
  return bucket;
}

function dropFrom(buckets: Map<string, Bucket>, key: string, name: string): void {
  const bucket = buckets.get(key);
  bucket?.delete(name);
  if (bucket?.size === 0) buckets.delete(key);
}

function hasLabels(object: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([label, value]) => object.metadata.labels?.[label] === value);
}
