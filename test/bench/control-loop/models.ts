/** The models of the benchmark: made, changed and watched as their users would. */
import { readArray, readRecord, readString } from '../../../lib/kube/json.js';
import type { KubeJson } from '../../../lib/kube/kube-object.js';
import { Reflector } from '../../../lib/kube/reflector.js';
import { KINDS } from '../../../operator/api/kinds.js';
import type { Rig } from './rig.js';

/** Recorded in cluster/kwok/stages: resolver pods find this one. */
const DIGEST = 'sha256:0ee29b8dffbffaa8c498434d3e397c4514cc1b025978a72ea0ae384653a0b377';

export interface ModelSet {
  readonly count: number;
  readonly replicas: number;
  readonly namespaces: readonly string[];
  /** Numbers of the names. */
  readonly from?: number;
  /** Without a digest in the spec, so that a pod asks for it. */
  readonly unresolved?: boolean;
}

export interface ModelKey {
  readonly namespace: string;
  readonly name: string;
}

export function keysOf({ count, namespaces, from = 0 }: ModelSet): ModelKey[] {
  return Array.from({ length: count }, (_, index) => ({
    namespace: namespaces[index % namespaces.length] ?? '',
    name: `model-${String(from + index).padStart(5, '0')}`,
  }));
}

/** `count` namespaces with the same beginning. */
export function namespacesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `bench-${String(index).padStart(2, '0')}`);
}

export async function createModels(rig: Rig, set: ModelSet, concurrency: number): Promise<void> {
  await inParallel(keysOf(set), concurrency, async (key) => {
    await rig.client.create(KINDS.modelDeployment, modelOf(key, set));
  });
}

function modelOf({ namespace, name }: ModelKey, { replicas, unresolved }: ModelSet): KubeJson {
  const { apiVersion, kind } = KINDS.modelDeployment;
  const model = { uri: 'oci://registry.invalid/models/iris:1', ...(unresolved === true ? {} : { digest: DIGEST }) };
  return { apiVersion, kind, metadata: { namespace, name }, spec: { replicas, model } };
}

/** Another tag of the same bytes: a change of the spec that moves no pod. */
export async function changeTag(rig: Rig, key: ModelKey, tag: string): Promise<KubeJson> {
  return rig.client.mergePatch(KINDS.modelDeployment, key, { spec: { model: { uri: `oci://registry.invalid/models/iris:${tag}` } } });
}

/** What of a model is watched; a user's dashboard would keep no more. */
export interface Seen {
  readonly key: ModelKey;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly replicas: string;
  readonly isReady: boolean;
  /** `performance.now()` at which it came. */
  readonly at: number;
}

export class ModelWatch {
  readonly seen = new Map<string, Seen>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #waiters = new Set<() => void>();

  constructor(rig: Rig) {
    const reflector = new Reflector({ transport: rig.transport, resource: KINDS.modelDeployment, transform: shrink });
    reflector.store.subscribe(({ object, old }) => {
      if (object === undefined) this.seen.delete(idOf(keyOf(old)));
      else this.seen.set(idOf(keyOf(object)), readSeen(object));
      for (const check of this.#waiters) check();
    });
    this.#running = reflector.run(this.#stop.signal);
  }

  /** Until all of them are as they should be; resolves with how long that took. */
  async settled(count: number, patienceMs: number, isDone: (seen: Seen) => boolean = isSettled): Promise<number> {
    const start = performance.now();
    await this.until(patienceMs, () => this.seen.size >= count && [...this.seen.values()].every(isDone)).catch((cause) => {
      const open = [...this.seen.values()].filter((seen) => !isDone(seen));
      throw new Error(`Of ${count} models ${this.seen.size} are there and ${open.length} did not settle, such as ${JSON.stringify(open[0])}`, {
        cause,
      });
    });
    return (performance.now() - start) / 1000;
  }

  /** Looked at on every change, at most every 10 ms. */
  async until(patienceMs: number, isTrue: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const end = (): void => {
        clearTimeout(deadline);
        clearTimeout(timer);
        this.#waiters.delete(check);
      };
      const deadline = setTimeout(() => {
        end();
        reject(new Error(`Waited ${patienceMs / 1000} s in vain`));
      }, patienceMs);
      const look = (): void => {
        timer = undefined;
        if (!isTrue()) return;
        end();
        resolve();
      };
      const check = (): void => {
        timer ??= setTimeout(look, 10);
      };
      this.#waiters.add(check);
      check();
    });
  }

  /** When that model is first seen to be so. */
  async sees(key: ModelKey, patienceMs: number, isSo: (seen: Seen) => boolean): Promise<number> {
    let at = Number.NaN;
    await new Promise<void>((resolve, reject) => {
      const end = (): void => {
        clearTimeout(deadline);
        this.#waiters.delete(check);
      };
      const deadline = setTimeout(() => {
        end();
        reject(new Error(`Waited ${patienceMs / 1000} s for ${idOf(key)}, last seen ${JSON.stringify(this.seen.get(idOf(key)))}`));
      }, patienceMs);
      const check = (): void => {
        const seen = this.seen.get(idOf(key));
        if (seen === undefined || !isSo(seen)) return;
        at = seen.at;
        end();
        resolve();
      };
      this.#waiters.add(check);
      check();
    });
    return at;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

/** Its pods are all ready, and its status is of the spec as it is. */
export function isSettled({ generation, observedGeneration, replicas, isReady }: Seen): boolean {
  const [ready, wanted] = replicas.split('/');
  return observedGeneration === generation && ready !== undefined && ready === wanted && (isReady || wanted === '0');
}

export function idOf({ namespace, name }: ModelKey): string {
  return `${namespace}/${name}`;
}

function keyOf({ metadata: { namespace = '', name } }: KubeJson): ModelKey {
  return { namespace, name };
}

/** Thousands of them are kept here too, and this process shares the machine with what is measured. */
function shrink({ apiVersion, kind, metadata, ...rest }: KubeJson): KubeJson {
  const { namespace, name, uid, resourceVersion, generation } = metadata;
  const status = readRecord(rest, 'status');
  const ready = readArray(status, 'conditions').find((condition) => readString(condition, 'type') === 'Ready');
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace && { namespace }),
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
      generation: generation ?? 0,
    },
    status: {
      observedGeneration: status?.['observedGeneration'],
      replicas: readString(readRecord(status, 'columns'), 'replicas') ?? '',
      ready: readString(ready, 'status') === 'True',
    },
  };
}

function readSeen(object: KubeJson): Seen {
  const status = readRecord(object, 'status');
  return {
    key: keyOf(object),
    generation: object.metadata.generation ?? 0,
    observedGeneration: Number(status?.['observedGeneration'] ?? 0),
    replicas: readString(status, 'replicas') ?? '',
    isReady: status?.['ready'] === true,
    at: performance.now(),
  };
}

/** At most so many at a time. */
export async function inParallel<Item>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
