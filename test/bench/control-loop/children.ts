/** What the operator made of the models, and the same made by a plain client: the floor that no operator can be under. */

import { FIELD_MANAGER, LABELS } from '../../../contract/labels.js';
import { isRecord, type JsonRecord, readArray, readNumber, readRecord } from '../../../lib/kube/json.js';
import { type KubeJson, parseObject } from '../../../lib/kube/kube-object.js';
import { Reflector } from '../../../lib/kube/reflector.js';
import { resourcePath } from '../../../lib/kube/resource-path.js';
import { KINDS } from '../../../operator/api/kinds.js';
import { inParallel } from './models.js';
import type { Rig } from './rig.js';

/** In the order in which they are made. */
const KINDS_OF_CHILDREN = [KINDS.serviceAccount, KINDS.controllerRevision, KINDS.service, KINDS.deployment, KINDS.podDisruptionBudget] as const;
const PAGE = 500;

/** The children of each model together, as manifests that could be applied to another cluster. */
export async function dumpChildren(rig: Rig): Promise<KubeJson[][]> {
  const families = new Map<string, KubeJson[]>();
  for (const kind of KINDS_OF_CHILDREN) {
    for (const object of await listAll(rig, kind)) {
      const { namespace = '', labels = {} } = object.metadata;
      const family = `${namespace}/${labels[LABELS.model] ?? ''}`;
      families.set(family, [...(families.get(family) ?? []), toManifest(object)]);
    }
  }
  return [...families.values()];
}

async function listAll(rig: Rig, kind: (typeof KINDS_OF_CHILDREN)[number]): Promise<KubeJson[]> {
  const objects: KubeJson[] = [];
  for (let next: unknown; ; ) {
    const query = { limit: PAGE, labelSelector: `${LABELS.managedBy}=${FIELD_MANAGER}`, ...(typeof next === 'string' ? { continue: next } : {}) };
    const page = await rig.transport.request({ method: 'GET', path: resourcePath(kind), query });
    objects.push(...readArray(page, 'items').map((item) => parseObject(item, kind)));
    next = readRecord(page, 'metadata')['continue'];
    if (typeof next !== 'string' || next === '') return objects;
  }
}

/** Without owners, and without what the server added. Pure. */
export function toManifest({ apiVersion, kind, metadata, status: _, ...body }: KubeJson): KubeJson {
  const { name, namespace, labels, annotations } = metadata;
  const kept = { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) };
  const { 'deployment.kubernetes.io/revision': __, ...ours } = annotations ?? {};
  const spec = body['spec'];
  return {
    apiVersion,
    kind,
    metadata: Object.keys(ours).length === 0 ? kept : { ...kept, annotations: ours },
    ...body,
    ...(isRecord(spec) ? { spec: withoutAddresses(spec) } : {}),
  };
}

/** An address of a Service is the server's to give; "None" is asked for. */
function withoutAddresses(spec: JsonRecord): JsonRecord {
  const { clusterIP, clusterIPs: _, ...rest } = spec;
  return clusterIP === 'None' ? { ...rest, clusterIP } : rest;
}

export interface PlainOptions {
  readonly concurrency: number;
  readonly patienceMs: number;
}

/** Resolves with the seconds from the first call until the pods of all Deployments are ready. */
export async function applyPlainly(rig: Rig, families: readonly (readonly KubeJson[])[], { concurrency, patienceMs }: PlainOptions): Promise<number> {
  const wanted = families.flat().filter(({ kind }) => kind === 'Deployment');
  const watch = new DeploymentWatch(rig);
  const start = performance.now();
  await inParallel(families, concurrency, async (family) => {
    for (const object of family) {
      const kind = KINDS_OF_CHILDREN.find((one) => one.kind === object.kind);
      if (kind !== undefined) await rig.client.apply(kind, object, { fieldManager: 'slipway-bench' });
    }
  });
  await watch.ready(wanted.length, patienceMs);
  const seconds = (performance.now() - start) / 1000;
  await watch.stop();
  return seconds;
}

class DeploymentWatch {
  readonly #open = new Set<string>();
  readonly #done = new Set<string>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #check: () => void = () => undefined;

  constructor(rig: Rig) {
    const reflector = new Reflector({ transport: rig.transport, resource: KINDS.deployment });
    reflector.store.subscribe(({ object }) => {
      if (object === undefined) return;
      const id = `${object.metadata.namespace}/${object.metadata.name}`;
      const isReady = readNumber(readRecord(object, 'status'), 'readyReplicas') === readNumber(readRecord(object, 'spec'), 'replicas');
      (isReady ? this.#open : this.#done).delete(id);
      (isReady ? this.#done : this.#open).add(id);
      this.#check();
    });
    this.#running = reflector.run(this.#stop.signal);
  }

  async ready(count: number, patienceMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const deadline = setTimeout(
        () => reject(new Error(`${this.#done.size} of ${count} Deployments are ready after ${patienceMs / 1000} s`)),
        patienceMs,
      );
      this.#check = () => {
        if (this.#done.size < count) return;
        clearTimeout(deadline);
        resolve();
      };
      this.#check();
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}
