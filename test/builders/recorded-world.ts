/** Worlds as an operator of some version left them: what `npm run test:unit -- controller/upgrade` holds later versions against. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { isRecord } from '../../lib/kube/json.js';
import { parseObject } from '../../lib/kube/kube-object.js';
import { KINDS } from '../../operator/api/kinds.js';
import type { KubeObject, ResourceKind } from '../../operator/ports.js';
import { makeModelDeployment } from './model-deployment.js';
import { TestWorld } from './test-world.js';

const FOLDER = join('test', 'golden', 'operator', 'upgrade');

export const RECORDED_CASES = {
  cpu: makeModelDeployment().replicas(2),
  gpu: makeModelDeployment()
    .spec({ accelerator: { vendor: 'nvidia', count: 2, products: ['NVIDIA-L4', 'NVIDIA-A10'] } })
    .replicas(2),
  secret: makeModelDeployment()
    .model({ version: '4', secretRef: { name: 'registry' } })
    .spec({ runtime: { resources: { limits: { memory: '2Gi' } }, env: [{ name: 'OMP_WAIT_POLICY', value: 'PASSIVE' }, { name: 'EMPTY' }] } }),
  suspended: makeModelDeployment()
    .digest(`sha256:${'a'.repeat(64)}`)
    .suspend(),
  /** Its resolver has failed once, and waits. */
  resolving: makeModelDeployment().uri('oci://registry.test/models/absent:1'),
} as const;

export type RecordedCase = keyof typeof RECORDED_CASES;

/** Nothing in it yet; what the cases ask the source for, it answers as when they were recorded. */
export function newRecordedWorld(): TestWorld {
  const world = new TestWorld();
  world.sources.set('oci://registry.test/models/absent:1', { code: 'SOURCE_UNREACHABLE', stage: 'resolve', message: 'connection refused' });
  return world;
}

/** The world of the case as this version's operator leaves it. */
export async function makeWorldOf(name: RecordedCase): Promise<TestWorld> {
  const world = newRecordedWorld();
  world.create(RECORDED_CASES[name].obj());
  await world.settle();
  return world;
}

/** Versions that there are recordings of. */
export function recordedVersions(): string[] {
  return readdirSync(FOLDER).sort();
}

export function readRecording(version: string, name: RecordedCase): KubeObject[] {
  const documents = parseAllDocuments(readFileSync(join(FOLDER, version, `${name}.yaml`), 'utf8'));
  return documents.map((document) => {
    const value: unknown = document.toJS();
    return parseObject(value, resourceOf(isRecord(value) ? value['kind'] : undefined));
  });
}

/** Of a version that is about to be released: never of one that people have. */
export function writeRecording(version: string, name: RecordedCase, world: TestWorld): void {
  mkdirSync(join(FOLDER, version), { recursive: true });
  const text = objectsOf(world).map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
  writeFileSync(join(FOLDER, version, `${name}.yaml`), text.join('---\n'));
}

export function objectsOf(world: TestWorld): KubeObject[] {
  return Object.values(KINDS).flatMap((kind) => [...world.cluster.objects(kind)].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)));
}

export function resourceOf(kind: unknown): ResourceKind {
  const found = Object.values(KINDS).find((known) => known.kind === kind);
  if (found === undefined) throw new Error(`The recording has an object of kind ${JSON.stringify(kind)}`);
  return found;
}
