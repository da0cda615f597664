/**
 * Many models at rest, in memory: the objects of one as a Kubernetes 1.34 had them (`objects.json`: managedFields, defaults, two
 * pods ready), read page by page under other names and uids, as a reflector reads them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseObject } from '../../../lib/kube/kube-object.js';
import { KINDS, type KindName } from '../../../operator/api/kinds.js';
import { type ObjectFilter, ObjectIndex } from '../../../operator/kube/object-index.js';
import { trimmerOf } from '../../../operator/kube/trim.js';
import type { Cache, KubeObject, ObjectKey } from '../../../operator/ports.js';

const FILE = join('test', 'bench', 'hot-path', 'objects.json');
const PAGE = 500;
export const NAMESPACE = 'capture';
export const IMAGE = 'registry.invalid/slipway/runtime:none';

class FilledCache implements Cache {
  readonly #index = new ObjectIndex();

  put(object: KubeObject): void {
    this.#index.put(object);
  }

  get({ namespace, name }: ObjectKey): KubeObject | undefined {
    return this.#index.get(namespace, name);
  }

  list(filter: ObjectFilter): readonly KubeObject[] {
    return this.#index.list(filter);
  }

  count(namespace: string): number {
    return this.#index.count(namespace);
  }
}

export type FilledCaches = Readonly<Record<KindName, FilledCache>>;

/** With `isTrimmed` false the objects are kept as they come, without managedFields. */
export function fillCaches(models: number, isTrimmed = true): FilledCaches {
  const kinds = Object.keys(KINDS).filter((name): name is KindName => name in KINDS);
  const [modelDeployment, deployment, controllerRevision, pod] = [new FilledCache(), new FilledCache(), new FilledCache(), new FilledCache()];
  const caches = {
    modelDeployment,
    deployment,
    controllerRevision,
    pod,
    service: new FilledCache(),
    serviceAccount: new FilledCache(),
    podDisruptionBudget: new FilledCache(),
  };
  for (const kind of kinds) {
    const trim = isTrimmed ? trimmerOf(kind) : (object: KubeObject) => object;
    for (let first = 0; first < models; first += PAGE) {
      const count = Math.min(PAGE, models - first);
      for (const item of readPage(kind, first, count)) caches[kind].put(trim(parseObject(item, KINDS[kind])));
    }
  }
  return caches;
}

export function modelName(index: number): string {
  return `m${String(index).padStart(6, '0')}`;
}

export function readPage(kind: KindName, first: number, count: number): unknown[] {
  const all: unknown = JSON.parse(readFileSync(FILE, 'utf8'));
  const ofKind = (Array.isArray(all) ? all : []).filter((object) => object['kind'] === KINDS[kind].kind);
  const text = JSON.stringify(ofKind);
  const copies = kind === 'serviceAccount' ? 1 : count;
  const items = Array.from({ length: copies }, (_, at) =>
    text
      .replaceAll('zzmodel', modelName(first + at))
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}-)/g, (_all, rest) => `${String(first + at).padStart(8, '0')}${rest}`)
      .slice(1, -1),
  );
  return JSON.parse(`[${items.join(',')}]`);
}
