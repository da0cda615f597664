/** Names that somebody else holds, and objects that somebody takes or gives back, on a real API server with its garbage collector. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { completeSpec } from '../../operator/api/defaults.js';
import { KINDS } from '../../operator/api/kinds.js';
import type { KubeObject, OwnerReference } from '../../operator/ports.js';
import { computeRevisionName } from '../../operator/render/identity.js';
import { asRecord } from '../../operator/view/json.js';
import { DIGEST_A } from '../builders/model-deployment.js';
import { eventually } from '../contract/eventually.js';
import { OperatorWorld, PATIENCE_MS } from './operator-world.js';

const TIMEOUT_MS = 180_000;
/** A name that is held is looked at again once a minute. */
const HEALING_MS = 90_000;
const CONFIG_MAPS = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };

let world: OperatorWorld;
beforeAll(async () => {
  world = await OperatorWorld.open();
}, TIMEOUT_MS);
afterAll(() => world.close());
beforeEach(() => world.make());
afterEach(() => world.unmake());

/** The revision that a model of that name and the tests' spec leads to. */
function revisionOf(model: string): string {
  return computeRevisionName(model, completeSpec({ model: { uri: 'oci://registry.invalid/models/reader:1', digest: DIGEST_A } }), DIGEST_A);
}

function stalled(name: string): Promise<{ readonly reason: string; readonly message: string } | undefined> {
  return eventually(
    `${name} to be Stalled`,
    PATIENCE_MS,
    () => world.condition(name, 'Stalled'),
    (condition) => condition !== undefined,
  );
}

async function heals(name: string): Promise<void> {
  await eventually(
    `${name} to go on`,
    HEALING_MS,
    async () => ({ stalled: await world.condition(name, 'Stalled'), ready: await world.condition(name, 'Ready') }),
    (seen) => seen.stalled === undefined && seen.ready !== undefined,
  );
  await world.present('deployment', revisionOf(name));
}

function metadata(name: string, more: Partial<KubeObject['metadata']> = {}): KubeObject['metadata'] {
  return { name, namespace: world.namespace, ...more };
}

function service(name: string, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata(name, more), spec: { ports: [{ port: 80 }], selector: { app: 'theirs' } } };
}

function owner({ apiVersion, kind, metadata: { name, uid = '' } }: KubeObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true };
}

async function configMap(name: string): Promise<KubeObject> {
  return world.hands.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(name) });
}

describe('a name that somebody else holds', () => {
  test(
    'object, owner and fix are named, nothing of theirs is touched, and it heals when the name is free',
    async () => {
      const pool = await configMap('pool');
      const labelled = { 'app.kubernetes.io/managed-by': 'Helm' };
      const selector = { matchLabels: { app: 'theirs' } };
      const template = { metadata: { labels: { app: 'theirs' } }, spec: { containers: [{ name: 'a', image: 'registry.invalid/x:1' }] } };
      const rows = [
        { model: 'nobodys', kind: 'service', object: service('nobodys'), says: 'somebody else (it has no controller)' },
        { model: 'helms', kind: 'service', object: service('helms', { labels: labelled }), says: '"Helm"' },
        { model: 'pools', kind: 'service', object: service('pools', { ownerReferences: [owner(pool)] }), says: 'ConfigMap "pool"' },
        {
          model: 'deployed',
          kind: 'deployment',
          object: {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            metadata: metadata(revisionOf('deployed')),
            spec: { replicas: 0, selector, template },
          },
          says: 'somebody else (it has no controller)',
        },
        {
          model: 'revised',
          kind: 'controllerRevision',
          object: { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: metadata(revisionOf('revised')), revision: 1, data: { a: 1 } },
          says: 'somebody else (it has no controller)',
        },
        {
          model: 'budgeted',
          kind: 'podDisruptionBudget',
          object: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: metadata('budgeted'), spec: { maxUnavailable: 1, selector } },
          says: 'somebody else (it has no controller)',
        },
      ] as const;
      const made = new Map<string, KubeObject>();
      for (const { model, kind, object } of rows) made.set(model, await world.hands.create(KINDS[kind], object));
      await world.start();
      for (const { model } of rows) await world.create(model, { replicas: 2 });
      for (const { model, kind, object, says } of rows) {
        expect(await stalled(model)).toMatchObject({ reason: 'NameConflict', message: expect.stringContaining(says) });
        const { message } = (await stalled(model)) ?? { message: '' };
        expect(message).toContain(`${object.kind} "${world.namespace}/${object.metadata.name}"`);
        expect(message).toContain('rename the ModelDeployment or remove that object');
        const now = await world.get(kind, object.metadata.name);
        expect([now?.metadata.uid, now?.metadata.labels, now?.['spec'], now?.['data']]).toEqual([
          made.get(model)?.metadata.uid,
          made.get(model)?.metadata.labels,
          made.get(model)?.['spec'],
          made.get(model)?.['data'],
        ]);
      }
      for (const { kind, object } of rows) await world.remove(kind, object.metadata.name);
      await Promise.all(rows.map(({ model }) => heals(model)));
    },
    TIMEOUT_MS,
  );

  test(
    'two models, one named as a revision of the other, in either order',
    async () => {
      await world.start();
      const [first, second] = ['a', 'b'];
      // b's revision has its Service first; then the model of that name comes
      await world.create(second);
      await world.present('service', revisionOf(second));
      const before = await world.get('service', revisionOf(second));
      await world.create(revisionOf(second));
      expect(await stalled(revisionOf(second))).toMatchObject({ message: expect.stringContaining(`ModelDeployment "${second}"`) });
      expect((await world.get('service', revisionOf(second)))?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion);
      expect(await world.condition(second, 'Stalled')).toBeUndefined();
      // the other way round
      await world.create(revisionOf(first));
      await world.present('service', revisionOf(first));
      await world.create(first);
      expect(await stalled(first)).toMatchObject({ message: expect.stringContaining(`ModelDeployment "${revisionOf(first)}"`) });
      expect(await world.condition(revisionOf(first), 'Stalled')).toBeUndefined();
      await world.remove('modelDeployment', second);
      await world.remove('modelDeployment', revisionOf(first));
      await Promise.all([heals(revisionOf(second)), heals(first)]);
    },
    TIMEOUT_MS,
  );

  test('pods with our labels that are not ours count for nothing', async () => {
    await world.start();
    await world.create('reader', { suspend: true });
    await world.revision('reader');
    const labels = { 'slipway.dev/model': 'reader', 'slipway.dev/revision': revisionOf('reader'), 'slipway.dev/component': 'serve' };
    const spec = { schedulerName: 'nobody', containers: [{ name: 'a', image: 'registry.invalid/x:1' }] };
    const theirs = await configMap('theirs');
    for (const [name, more] of [
      ['bare', {}],
      ['claimed', { ownerReferences: [owner(theirs)] }],
    ] as const) {
      await world.hands.create(KINDS.pod, { apiVersion: 'v1', kind: 'Pod', metadata: metadata(name, { labels, ...more }), spec });
      const ready = { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };
      await world.hands.patchStatus(KINDS.pod, { namespace: world.namespace, name }, { phase: 'Running', podIP: '10.85.0.250', conditions: [ready] });
    }
    await world.patch('modelDeployment', 'reader', { spec: { suspend: false } });
    await world.present('deployment', revisionOf('reader'));
    const status = await eventually(
      'its own pod in the status',
      PATIENCE_MS,
      async () => asRecord((await world.get('modelDeployment', 'reader'))?.['status']),
      (seen) => JSON.stringify(seen['pods'] ?? '').includes(`${revisionOf('reader')}-`),
    );
    expect(JSON.stringify(status)).not.toMatch(/bare|claimed/);
    expect(status['replicas']).toBe(1);
    expect(await world.condition('reader', 'Available')).toMatchObject({ status: 'False' });
    expect(await world.get('pod', 'bare')).toBeDefined();
  });
});

describe('an owner that is taken away while the model runs', () => {
  test('for another controller: left to it, by name, until it is given back', async () => {
    await world.start();
    const model = await world.create('reader');
    const revision = await world.revision('reader');
    const { metadata: was } = await world.present('deployment', revision);
    const pool = await configMap('pool');
    await world.patch('deployment', revision, { metadata: { ownerReferences: [owner(pool)] } });
    expect(await stalled('reader')).toMatchObject({
      reason: 'NameConflict',
      message: `Deployment "${world.namespace}/${revision}" exists and belongs to ConfigMap "pool": rename the ModelDeployment or remove that object`,
    });
    await world.patch('modelDeployment', 'reader', { spec: { replicas: 3 } });
    await stalled('reader');
    expect(await world.get('deployment', revision)).toMatchObject({
      metadata: { uid: was.uid, ownerReferences: [{ name: 'pool' }] },
      spec: { replicas: 1 },
    });
    await world.patch('deployment', revision, { metadata: { ownerReferences: null } });
    const back = await eventually(
      'the Deployment to be ours again',
      PATIENCE_MS,
      () => world.get('deployment', revision),
      (seen) => seen?.metadata.ownerReferences?.[0]?.uid === model.metadata.uid && asRecord(seen?.['spec'])['replicas'] === 3,
    );
    expect(back?.metadata.uid).toBe(was.uid);
    await heals('reader');
  });
});
