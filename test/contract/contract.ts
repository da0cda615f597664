/** What the operator relies on, said once and run against the in-memory API and against a real API server. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FIELD_MANAGER, LABELS } from '../../contract/labels.js';
import { WaitingError } from '../../lib/errors.js';
import { isConflict, isInvalid, isNotFound } from '../../lib/kube/kube-error.js';
import { type KubeObject, type ObjectKey, type Ownership, OwnershipError, type ResourceKind } from '../../operator/ports.js';
import { eventually } from './eventually.js';
import {
  DEPLOYMENTS,
  MODELS,
  makeDeployment,
  makeModel,
  makeRevision,
  ownedBy,
  REVISIONS,
  readField,
  SERVICE_ACCOUNTS,
  withMetadata,
  withSpec,
} from './objects.js';
import { rejection } from './rejection.js';
import type { World, WorldMaker } from './world.js';

export function describeContract(name: string, maker: WorldMaker): void {
  describe(`${name} keeps the contract of the ports`, () => {
    let world: World;
    let model: KubeObject;
    let ours: Ownership;
    const key = (objectName: string): ObjectKey => ({ namespace: world.namespace, name: objectName });
    const server = (resource: ResourceKind, objectName: string) => world.hands.get(resource, key(objectName));
    const applyDeployment = (change: (deployment: KubeObject) => KubeObject = (same) => same) =>
      world.writer.apply(DEPLOYMENTS, change(ownedBy(model, makeDeployment(world.namespace, 'web'))), ours);

    const soon = <Value>(what: string, read: () => Value | Promise<Value>, isDone: (value: Value) => boolean) =>
      eventually(what, world.patienceMs, read, isDone, world.time);

    beforeEach(async () => {
      world = await maker.make();
      model = await world.hands.create(MODELS, makeModel(world.namespace, 'reader'));
      ours = { kind: 'ControlledBy', uid: model.metadata.uid ?? '' };
    });
    afterEach(() => maker.unmake());

    describe('apply', () => {
      test('creates an object and returns it as the server stored it', async () => {
        const stored = await applyDeployment();
        expect(stored.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
        expect(stored).toMatchObject({ kind: 'Deployment', metadata: { name: 'web', namespace: world.namespace, generation: 1 } });
        expect(await server(DEPLOYMENTS, 'web')).toMatchObject({ metadata: { uid: stored.metadata.uid } });
      });

      test('twice the same changes nothing', async () => {
        const apply = () => world.writer.apply(REVISIONS, ownedBy(model, makeRevision(world.namespace, 'reader-1', { a: 1 })), ours);
        const first = await apply();
        expect((await apply()).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      });

      test('removes what it applied before and leaves out now', async () => {
        await applyDeployment((deployment) => withMetadata(withSpec(deployment, { minReadySeconds: 7 }), { labels: { a: '1', b: '2' } }));
        const stored = await applyDeployment((deployment) => withMetadata(deployment, { labels: { a: '1' } }));
        expect(stored.metadata.labels).toEqual({ a: '1' });
        expect(readField(stored, 'spec', 'minReadySeconds') ?? 0).toBe(0);
      });

      test("leaves other people's fields alone", async () => {
        await applyDeployment();
        await world.hands.update(DEPLOYMENTS, key('web'), { spec: { replicas: 0 }, metadata: { annotations: { theirs: 'yes' } } });
        const stored = await applyDeployment((deployment) => withMetadata(deployment, { annotations: { ours: 'yes' } }));
        expect(stored.metadata.annotations).toMatchObject({ ours: 'yes', theirs: 'yes' });
        expect(readField(stored, 'spec', 'replicas')).toBe(0);
      });

      test('takes back what somebody changed', async () => {
        await applyDeployment((deployment) => withSpec(deployment, { paused: true, revisionHistoryLimit: 2 }));
        await world.hands.update(DEPLOYMENTS, key('web'), { spec: { revisionHistoryLimit: 9 } });
        const stored = await applyDeployment((deployment) => withSpec(deployment, { paused: true, revisionHistoryLimit: 2 }));
        expect(readField(stored, 'spec', 'revisionHistoryLimit')).toBe(2);
      });

      test('gives up a field that somebody else has set since', async () => {
        await applyDeployment((deployment) => withSpec(deployment, { revisionHistoryLimit: 2 }));
        await world.hands.update(DEPLOYMENTS, key('web'), { spec: { revisionHistoryLimit: 9 } });
        expect(readField(await applyDeployment(), 'spec', 'revisionHistoryLimit')).toBe(9);
      });

      test('merges containers by name', async () => {
        const image = (name: string, value: string) => ({ name, image: value });
        await applyDeployment((deployment) => withContainers(deployment, [image('a', 'x:1'), image('b', 'x:1')]));
        const stored = await applyDeployment((deployment) => withContainers(deployment, [image('a', 'x:2')]));
        expect(readField(stored, 'spec', 'template', 'spec', 'containers')).toMatchObject([{ name: 'a', image: 'x:2' }]);
      });

      test('does not touch status', async () => {
        const stored = await world.writer.apply(
          DEPLOYMENTS,
          { ...ownedBy(model, makeDeployment(world.namespace, 'web')), status: { replicas: 9 } },
          ours,
        );
        expect(readField(stored, 'status', 'replicas')).not.toBe(9);
      });

      test('bound to a version is written only while the object is of that version', async () => {
        const apply = (a: string, resourceVersion: string) =>
          world.writer.apply(
            REVISIONS,
            ownedBy(model, withMetadata(makeRevision(world.namespace, 'reader-1', {}), { labels: { a }, resourceVersion })),
            ours,
          );
        const made = await world.writer.apply(REVISIONS, ownedBy(model, makeRevision(world.namespace, 'reader-1', {})), ours);
        const version = made.metadata.resourceVersion ?? '';
        expect((await apply('1', version)).metadata.labels).toEqual({ a: '1' });
        expect(await rejection(apply('2', version))).toBeInstanceOf(WaitingError);
        expect((await server(REVISIONS, 'reader-1'))?.metadata.labels).toEqual({ a: '1' });
        await world.writer.delete(REVISIONS, key('reader-1'), ours);
        expect(await rejection(apply('3', version))).toBeInstanceOf(WaitingError);
      });

      test('is refused where a field may not change', async () => {
        const apply = (a: number) => world.writer.apply(REVISIONS, ownedBy(model, makeRevision(world.namespace, 'reader-1', { a })), ours);
        await apply(1);
        expect(isInvalid(await rejection(apply(2)))).toBe(true);
      });
    });

    describe('create', () => {
      const create = async (change: (deployment: KubeObject) => KubeObject = (deployment) => deployment) =>
        world.writer.create(DEPLOYMENTS, ownedBy(model, change(makeDeployment(world.namespace, 'web'))), ours);
      const scaled = (replicas: number) => (deployment: KubeObject) => ({ ...deployment, spec: { ...Object(deployment['spec']), replicas } });

      test('makes an object, and an apply changes it', async () => {
        const created = await create(scaled(2));
        expect(created.metadata.uid).toBe((await server(DEPLOYMENTS, 'web'))?.metadata.uid);
        expect(await applyDeployment(scaled(3))).toMatchObject({ metadata: { uid: created.metadata.uid }, spec: { replicas: 3 } });
      });

      test('over an object of ours is an apply', async () => {
        const { metadata } = await applyDeployment(scaled(2));
        expect(await create(scaled(3))).toMatchObject({ metadata: { uid: metadata.uid }, spec: { replicas: 3 } });
      });

      test("over somebody else's leaves it as it is", async () => {
        await world.hands.create(DEPLOYMENTS, makeDeployment(world.namespace, 'web'));
        const before = await server(DEPLOYMENTS, 'web');
        await expect(create()).rejects.toThrow(OwnershipError);
        expect((await server(DEPLOYMENTS, 'web'))?.metadata.labels).toEqual(before?.metadata.labels);
      });

      test('of what must not be there waits when it is there', async () => {
        await applyDeployment(scaled(2));
        const absent = (deployment: KubeObject) => ({ ...scaled(3)(deployment), metadata: { ...deployment.metadata, resourceVersion: '' } });
        expect(await rejection(create(absent))).toBeInstanceOf(WaitingError);
        expect(await server(DEPLOYMENTS, 'web')).toMatchObject({ spec: { replicas: 2 } });
      });
    });

    describe('ownership', () => {
      test("somebody else's object is left as it is", async () => {
        await world.hands.create(DEPLOYMENTS, makeDeployment(world.namespace, 'web'));
        const before = await server(DEPLOYMENTS, 'web');
        await expect(applyDeployment((deployment) => withMetadata(deployment, { labels: { mine: 'now' } }))).rejects.toThrow(
          `Deployment "${world.namespace}/web" exists and belongs to somebody else (it has no controller): rename the ModelDeployment or remove that object`,
        );
        await expect(world.writer.delete(DEPLOYMENTS, key('web'), ours)).rejects.toThrow(OwnershipError);
        expect(await server(DEPLOYMENTS, 'web')).toMatchObject({ metadata: { uid: before?.metadata.uid } });
        expect((await server(DEPLOYMENTS, 'web'))?.metadata.labels).toEqual(before?.metadata.labels);
      });

      test("another ModelDeployment's object is named", async () => {
        const other = await world.hands.create(MODELS, makeModel(world.namespace, 'other'));
        await world.hands.create(DEPLOYMENTS, ownedBy(other, makeDeployment(world.namespace, 'web')));
        await expect(applyDeployment()).rejects.toThrow('belongs to ModelDeployment "other"');
      });

      test('what a deleted namesake left is waited for', async () => {
        await applyDeployment((deployment) => withMetadata(deployment, { ...deployment.metadata, labels: { made: 'before' } }));
        await world.hands.remove(MODELS, key('reader'));
        model = await world.hands.create(MODELS, makeModel(world.namespace, 'reader'));
        ours = { kind: 'ControlledBy', uid: model.metadata.uid ?? '' };
        const apply = async () => {
          const error = await rejection(applyDeployment());
          if (error !== undefined) expect(error).toBeInstanceOf(WaitingError);
          return error === undefined ? server(DEPLOYMENTS, 'web') : undefined;
        };
        const stored = await soon('the garbage collection', apply, (found) => found !== undefined);
        expect(stored?.metadata.labels?.['made']).toBeUndefined();
        expect(stored?.metadata.ownerReferences).toMatchObject([{ uid: model.metadata.uid }]);
      });

      test('ManagedBy goes by the label', async () => {
        const account = (name: string, labels: Readonly<Record<string, string>>): KubeObject => ({
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name, namespace: world.namespace, labels },
        });
        const mine = account('slipway-runtime', { [LABELS.managedBy]: FIELD_MANAGER });
        const ownership: Ownership = { kind: 'ManagedBy' };
        await world.writer.apply(SERVICE_ACCOUNTS, mine, ownership);
        await world.writer.apply(SERVICE_ACCOUNTS, withMetadata(mine, { annotations: { again: 'yes' } }), ownership);
        await world.hands.create(SERVICE_ACCOUNTS, account('theirs', { [LABELS.managedBy]: 'Helm' }));
        const theirs = { ...mine, metadata: { ...mine.metadata, name: 'theirs' } };
        await expect(world.writer.apply(SERVICE_ACCOUNTS, theirs, ownership)).rejects.toThrow('belongs to "Helm"');
      });
    });

    describe('adoption', () => {
      const REVISION = 'reader-1a2b3c4d';
      const mine = { [LABELS.managedBy]: FIELD_MANAGER, [LABELS.model]: 'reader', [LABELS.revision]: REVISION };
      const orphan = (labels: Readonly<Record<string, string>> = mine) =>
        world.hands.create(DEPLOYMENTS, withMetadata(makeDeployment(world.namespace, REVISION), { labels }));
      const adopt = ({ metadata: { name, resourceVersion = '' } }: KubeObject, owner = model) => {
        const { apiVersion, kind } = DEPLOYMENTS;
        const bare: KubeObject = { apiVersion, kind, metadata: { name, namespace: world.namespace, resourceVersion } };
        const ownership: Ownership = { kind: 'OrphanOf', owner: MODELS, name: 'reader', uid: owner.metadata.uid ?? '' };
        return world.writer.apply(DEPLOYMENTS, ownedBy(owner, bare), ownership);
      };

      test('gives an orphan its owner and takes no other field', async () => {
        const made = await world.writer.apply(
          DEPLOYMENTS,
          withSpec(ownedBy(model, withMetadata(makeDeployment(world.namespace, REVISION), { labels: mine })), { replicas: 0 }),
          ours,
        );
        await world.hands.update(DEPLOYMENTS, key(REVISION), { metadata: { ownerReferences: null } });
        // its controller may write its status in between, and then it is another version
        const tryIt = async () => adopt((await server(DEPLOYMENTS, REVISION)) ?? made).catch(() => undefined);
        const stored = (await soon('the adoption', tryIt, (done) => done !== undefined)) ?? made;
        expect(stored.metadata.ownerReferences).toMatchObject([{ uid: model.metadata.uid, controller: true }]);
        expect([stored.metadata.labels, stored['spec'], stored.metadata.generation]).toEqual([
          made.metadata.labels,
          made['spec'],
          made.metadata.generation,
        ]);
        // what was ours stays ours: leaving a field out still takes it away
        const { apiVersion, kind, spec } = withSpec(makeDeployment(world.namespace, REVISION), {});
        const less = ownedBy(model, { apiVersion, kind, metadata: { name: REVISION, namespace: world.namespace, labels: mine }, spec });
        await world.writer.apply(DEPLOYMENTS, withSpec(less, { minReadySeconds: 3 }), ours);
        expect(readField(await world.writer.apply(DEPLOYMENTS, less, ours), 'spec', 'minReadySeconds') ?? 0).toBe(0);
      });

      test('leaves what has a controller, or not our labels, or another name', async () => {
        const other = await world.hands.create(MODELS, makeModel(world.namespace, 'other'));
        const claimed = await world.hands.create(
          DEPLOYMENTS,
          ownedBy(other, withMetadata(makeDeployment(world.namespace, REVISION), { labels: mine })),
        );
        await expect(adopt(claimed)).rejects.toThrow('belongs to ModelDeployment "other"');
        const copy = await world.hands.create(DEPLOYMENTS, withMetadata(makeDeployment(world.namespace, 'copy'), { labels: mine }));
        await expect(adopt(copy)).rejects.toThrow(OwnershipError);
        expect((await server(DEPLOYMENTS, 'copy'))?.metadata.ownerReferences ?? []).toEqual([]);
      });

      test('wants the very object that was seen, and an owner that lives', async () => {
        const seen = await orphan();
        await world.hands.update(DEPLOYMENTS, key(REVISION), { metadata: { annotations: { touched: 'yes' } } });
        expect(await rejection(adopt(seen))).toBeInstanceOf(WaitingError);
        const now = await server(DEPLOYMENTS, REVISION);
        await world.hands.remove(MODELS, key('reader'));
        await soon(
          'the model to be gone',
          () => server(MODELS, 'reader'),
          (found) => found === undefined,
        );
        expect(await rejection(adopt(now ?? seen))).toBeInstanceOf(WaitingError);
        await world.hands.create(MODELS, makeModel(world.namespace, 'reader'));
        expect(await rejection(adopt(now ?? seen))).toBeInstanceOf(WaitingError); // of the same name, and another one
        expect((await server(DEPLOYMENTS, REVISION))?.metadata.ownerReferences ?? []).toEqual([]);
        const { apiVersion, kind } = DEPLOYMENTS;
        const gone = { apiVersion, kind, metadata: { name: 'reader-00000000', resourceVersion: '1' } };
        expect(await rejection(adopt(gone))).toBeInstanceOf(WaitingError);
        expect(await server(DEPLOYMENTS, 'reader-00000000')).toBeUndefined();
      });
    });

    describe('delete', () => {
      test('of what is not there succeeds', async () => {
        await world.writer.delete(DEPLOYMENTS, key('never-was'), ours);
      });

      test('removes our own', async () => {
        await applyDeployment();
        await world.writer.delete(DEPLOYMENTS, key('web'), ours);
        await soon(
          'the deletion',
          () => server(DEPLOYMENTS, 'web'),
          (found) => found === undefined,
        );
      });

      test('what an object owned goes after it, and nothing else', async () => {
        await applyDeployment();
        await world.hands.create(DEPLOYMENTS, makeDeployment(world.namespace, 'theirs'));
        await world.hands.remove(MODELS, key('reader'));
        await soon(
          'the garbage collection',
          () => server(DEPLOYMENTS, 'web'),
          (found) => found === undefined,
        );
        expect(await server(DEPLOYMENTS, 'theirs')).toBeDefined();
      });
    });

    describe('status', () => {
      const status = (uid: string | undefined, fields: Record<string, unknown>): KubeObject => ({
        apiVersion: MODELS.apiVersion,
        kind: MODELS.kind,
        metadata: { name: 'reader', namespace: world.namespace, ...(uid === undefined ? {} : { uid }) },
        status: fields,
      });

      test('is written without a new generation, and drops what it leaves out', async () => {
        await world.writer.applyStatus(MODELS, status(model.metadata.uid, { observedGeneration: 1, replicas: 2 }));
        const stored = await world.writer.applyStatus(MODELS, status(model.metadata.uid, { observedGeneration: 1 }));
        expect(stored).toMatchObject({ metadata: { generation: 1 }, status: { observedGeneration: 1 } });
        expect(readField(stored, 'status', 'replicas')).toBeUndefined();
        expect(readField(stored, 'spec')).toEqual(readField(model, 'spec'));
      });

      test('twice the same changes nothing', async () => {
        const apply = () => world.writer.applyStatus(MODELS, status(model.metadata.uid, { observedGeneration: 1 }));
        const first = await apply();
        expect((await apply()).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      });

      test('bound to a version is written over that one alone', async () => {
        const seen = (await world.hands.update(MODELS, key('reader'), { metadata: { labels: { a: '1' } } })).metadata.resourceVersion ?? '';
        const bound = (replicas: number): KubeObject => {
          const object = status(model.metadata.uid, { replicas });
          return { ...object, metadata: { ...object.metadata, resourceVersion: seen } };
        };
        expect(readField(await world.writer.applyStatus(MODELS, bound(1)), 'status', 'replicas')).toBe(1);
        expect(await rejection(world.writer.applyStatus(MODELS, bound(2)))).toBeInstanceOf(WaitingError);
        expect(readField(await server(MODELS, 'reader'), 'status', 'replicas')).toBe(1);
      });

      test('of a namesake made later is a conflict', async () => {
        const stale = '11111111-2222-4333-8444-555555555555';
        expect(isConflict(await rejection(world.writer.applyStatus(MODELS, status(stale, { replicas: 1 }))))).toBe(true);
        expect(readField(await server(MODELS, 'reader'), 'status', 'replicas')).toBeUndefined();
      });

      test('of an object that is gone is not found', async () => {
        await world.hands.remove(MODELS, key('reader'));
        const error = await rejection(world.writer.applyStatus(MODELS, status(model.metadata.uid, { replicas: 1 })));
        expect(isNotFound(error) || isConflict(error)).toBe(true);
      });

      test('written by others is not a change of spec, and a change of spec is a new generation', async () => {
        expect((await world.hands.patchStatus(MODELS, key('reader'), { replicas: 3 })).metadata.generation).toBe(1);
        expect((await world.hands.update(MODELS, key('reader'), { metadata: { labels: { a: '1' } } })).metadata.generation).toBe(1);
        const scaled = await world.hands.update(MODELS, key('reader'), { spec: { replicas: 2 } });
        expect(scaled).toMatchObject({ metadata: { generation: 2 }, status: { replicas: 3 } });
      });
    });

    describe('cache', () => {
      test('shows what is written, changed and removed', async () => {
        const cache = await world.cache(DEPLOYMENTS);
        const stored = await applyDeployment();
        await soon(
          'the new object',
          () => cache.get(key('web')),
          (found) => found?.metadata.uid === stored.metadata.uid,
        );
        await world.hands.update(DEPLOYMENTS, key('web'), { metadata: { labels: { seen: 'yes' } } });
        await soon(
          'the change',
          () => cache.get(key('web')),
          (found) => found?.metadata.labels?.['seen'] === 'yes',
        );
        await world.writer.delete(DEPLOYMENTS, key('web'), ours);
        await soon(
          'the removal',
          () => cache.get(key('web')),
          (found) => found === undefined,
        );
      });

      test('lists by namespace and labels', async () => {
        const labelled = (name: string, labels: Record<string, string>) => withMetadata(makeDeployment(world.namespace, name), { labels });
        await world.hands.create(DEPLOYMENTS, labelled('a', { [LABELS.model]: 'reader', tier: 'x' }));
        await world.hands.create(DEPLOYMENTS, labelled('b', { [LABELS.model]: 'reader', tier: 'y' }));
        await world.hands.create(DEPLOYMENTS, labelled('c', { [LABELS.model]: 'other', tier: 'x' }));
        const cache = await world.cache(DEPLOYMENTS);
        const names = (labels?: Record<string, string>) =>
          cache
            .list({ namespace: world.namespace, ...(labels === undefined ? {} : { labels }) })
            .map(({ metadata }) => metadata.name)
            .sort();
        await soon('three objects', names, (found) => found.length === 3);
        expect(names({ [LABELS.model]: 'reader' })).toEqual(['a', 'b']);
        expect(names({ [LABELS.model]: 'reader', tier: 'x' })).toEqual(['a']);
        expect(names({ tier: 'x' })).toEqual(['a', 'c']);
        expect(cache.list({ namespace: 'no-such-namespace' })).toEqual([]);
        expect(cache.list({}).length).toBeGreaterThanOrEqual(3);
      });
    });
  });
}

function withContainers(deployment: KubeObject, containers: readonly Record<string, unknown>[]): KubeObject {
  return withSpec(deployment, { template: { metadata: { labels: { app: 'web' } }, spec: { containers } } });
}
