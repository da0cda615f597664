/** What is left when a ModelDeployment, its status or its children's owner is lost and comes back: no pod may notice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { KINDS } from '../../operator/api/kinds.js';
import type { KubeObject } from '../../operator/ports.js';
import { asRecord } from '../../operator/view/json.js';
import { eventually } from '../contract/eventually.js';
import { OperatorWorld, PATIENCE_MS } from './operator-world.js';

const TIMEOUT_MS = 180_000;
const CHILDREN = 'deployments.apps,services,controllerrevisions.apps,poddisruptionbudgets.policy';

let world: OperatorWorld;
beforeAll(async () => {
  world = await OperatorWorld.open();
}, TIMEOUT_MS);
afterAll(() => world.close());
beforeEach(() => world.make());
afterEach(() => world.unmake());

/** A model with all of its children and pods. The pods' image cannot be pulled: that they are there is what counts. */
async function settled(): Promise<KubeObject> {
  const model = await world.create('reader', { replicas: 2 });
  await world.revision('reader');
  await world.present('podDisruptionBudget', 'reader');
  await eventually(
    'two pods',
    PATIENCE_MS,
    () => world.list('pods', 'reader'),
    (pods) => pods.length === 2,
  );
  return model;
}

/** What must not change: identity and content of the children, and the pods one by one. Owners and Deployment status are left out. */
async function snapshot(): Promise<unknown> {
  const pods = (await world.list('pods', 'reader')).map(({ metadata }) => metadata.uid).sort();
  const children = (await world.list(CHILDREN, 'reader')).map(({ kind, metadata: { name, uid, generation, labels }, spec, data }) => {
    return { kind, name, uid, generation, labels, spec, data };
  });
  return { pods, children };
}

async function ownersAre(uid: string | undefined): Promise<void> {
  await eventually(
    'every child to belong to the new one',
    PATIENCE_MS,
    async () => (await world.list(CHILDREN, 'reader')).map(({ kind, metadata }) => [kind, metadata.ownerReferences?.map((owner) => owner.uid)]),
    (owners) => owners.length >= 5 && owners.every(([, uids]) => JSON.stringify(uids) === JSON.stringify([uid])),
  );
}

/** What `kubectl get -o yaml` has, without what only the server sets. */
function backup(object: KubeObject): KubeObject {
  const { status: _, ...rest } = object;
  const { name, namespace, labels, annotations, ownerReferences } = object.metadata;
  const kept = Object.fromEntries(Object.entries({ namespace, labels, annotations, ownerReferences }).filter(([, value]) => value !== undefined));
  return { ...rest, apiVersion: object.apiVersion, kind: object.kind, metadata: { name, ...kept } };
}

async function gone(): Promise<void> {
  await eventually(
    'the model to be gone',
    PATIENCE_MS,
    () => world.get('modelDeployment', 'reader'),
    (model) => model === undefined,
  );
}

describe('a wiped status', () => {
  test('comes back, and nothing else changes', async () => {
    await world.start();
    await settled();
    const before = await snapshot();
    const { status: was } = await world.present('modelDeployment', 'reader');
    const wipe = JSON.stringify([{ op: 'replace', path: '/status', value: {} }]);
    await world.here(['patch', 'mdep', 'reader', '--subresource=status', '--type=json', '-p', wipe]);
    const parts = ['observedGeneration', 'selector', 'address', 'columns', 'revisions'] as const;
    const pick = (status: unknown) => Object.fromEntries(parts.map((part) => [part, asRecord(status)[part]]));
    await eventually(
      'the status',
      PATIENCE_MS,
      async () => pick((await world.get('modelDeployment', 'reader'))?.['status']),
      (now) => JSON.stringify(now) === JSON.stringify(pick(was)),
    );
    expect(await snapshot()).toEqual(before);
  });
});

describe('restored from a backup without status', () => {
  test(
    'after --cascade=orphan it takes its children back, five times over, whatever the operator does meanwhile',
    async () => {
      const operator = await world.start();
      let model = await settled();
      const before = await snapshot();
      for (let round = 0; round < 5; round++) {
        await world.here(['delete', 'mdep', 'reader', '--cascade=orphan']);
        await gone();
        model = await world.hands.create(KINDS.modelDeployment, backup(model));
        await ownersAre(model.metadata.uid);
        expect(await snapshot()).toEqual(before);
      }
      await eventually(
        'Ready to tell of the pods again',
        PATIENCE_MS,
        () => world.condition('reader', 'Ready'),
        (ready) => ready !== undefined && !['Adopting', 'NameConflict'].includes(ready.reason),
      );
      expect(await world.condition('reader', 'Stalled')).toBeUndefined();
      const events = await world.here(['get', 'events', '-o', 'jsonpath={.items[*].reason}']);
      expect(events).toContain('Adopted');
      expect(events).not.toContain('NameConflict');
      expect(operator.output).not.toContain('"level":"error"');
    },
    TIMEOUT_MS,
  );

  test(
    'while no operator runs, it is taken back by the next one; the shared ServiceAccount stays, owned by nobody',
    async () => {
      const first = await world.start();
      const model = await settled();
      const before = await snapshot();
      await first.stop();
      await world.here(['delete', 'mdep', 'reader', '--cascade=orphan']);
      await gone();
      const again = await world.hands.create(KINDS.modelDeployment, backup(model));
      await sleep(2000);
      await world.start('operator-b');
      await ownersAre(again.metadata.uid);
      expect(await snapshot()).toEqual(before);
      const account = await world.get('serviceAccount', 'slipway-runtime');
      expect([account?.metadata.uid !== undefined, account?.metadata.ownerReferences ?? []]).toEqual([true, []]);
    },
    TIMEOUT_MS,
  );

  test(
    'deleted and orphaned again and again as fast as it goes: pods and children live through it all',
    async () => {
      await world.start();
      const model = await settled();
      const before = await snapshot();
      for (let round = 0; round < 10; round++) {
        await world.here(['delete', 'mdep', 'reader', '--cascade=orphan']);
        await gone();
        await world.hands.create(KINDS.modelDeployment, backup(model));
        await sleep(round * 15); // the next deletion meets the adoption at another place each time
      }
      const last = await world.present('modelDeployment', 'reader');
      await ownersAre(last.metadata.uid);
      expect(await snapshot()).toEqual(before);
    },
    TIMEOUT_MS,
  );

  test(
    'with children restored beside it that name the owner of before: Kubernetes collects those, and new ones are made',
    async () => {
      await world.start();
      const model = await settled();
      const children = await world.list(CHILDREN, 'reader');
      await world.here(['delete', 'mdep', 'reader', '--cascade=foreground']);
      await eventually(
        'everything to be gone',
        2 * PATIENCE_MS,
        () => world.list(`${CHILDREN},pods`, 'reader'),
        (rest) => rest.length === 0,
      );
      for (const child of children) {
        const resource = Object.values(KINDS).find(({ kind }) => kind === child.kind);
        if (resource !== undefined) await world.hands.create(resource, withoutAddresses(backup(child)));
      }
      const again = await world.hands.create(KINDS.modelDeployment, backup(model));
      await ownersAre(again.metadata.uid);
      expect(await world.condition('reader', 'Stalled')).toBeUndefined();
      const old = new Set(children.map(({ metadata }) => metadata.uid));
      for (const { metadata } of await world.list(CHILDREN, 'reader')) expect(old.has(metadata.uid)).toBe(false);
    },
    TIMEOUT_MS,
  );
});

/** The address of a Service may be somebody else's by now; restoring tools leave it out, too. */
function withoutAddresses(object: KubeObject): KubeObject {
  if (object.kind !== 'Service') return object;
  const { clusterIPs: _, clusterIP, ...spec } = asRecord(object['spec']);
  return { ...object, spec: { ...spec, ...(clusterIP === 'None' ? { clusterIP } : {}) } };
}
