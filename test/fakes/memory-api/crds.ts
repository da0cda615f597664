/** The CRDs that ship, as if they had been installed. Read when somebody asks: most tests never do. */
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { parseObject } from '../../../lib/kube/kube-object.js';
import type { KubeObject, ResourceKind } from '../../../operator/ports.js';
import { keyOf } from './metadata.js';
import type { ObjectStore } from './object-store.js';

const CRDS: ResourceKind = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', plural: 'customresourcedefinitions' };
const FOLDER = 'crds';
const SEEDED = new WeakSet<ObjectStore>();
let shipped: readonly KubeObject[] | undefined;

/** Once for each store: one that a test removed stays away. */
export function seedCrds(store: ObjectStore): void {
  if (SEEDED.has(store)) return;
  SEEDED.add(store);
  shipped ??= readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => parseObject(parse(readFileSync(`${FOLDER}/${file}`, 'utf8')), CRDS));
  const status = { conditions: [{ type: 'Established', status: 'True' }] };
  for (const crd of shipped) if (store.get(CRDS, keyOf(crd)) === undefined) store.create(CRDS, { ...crd, status }, { manager: 'helm' });
}
