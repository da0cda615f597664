/** Writes to an API server: preconditions, endpoints, field managers. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isConflict, KubeError } from '../../lib/kube/kube-error.js';
import type { KubeJson } from '../../lib/kube/kube-object.js';
import { resourcePath } from '../../lib/kube/resource-path.js';
import type { KubeObject, ResourceKind } from '../../operator/ports.js';
import type { ApiWorld, ApiWorldMaker } from './api-world.js';
import { eventually } from './eventually.js';
import { DEPLOYMENTS, MODELS, makeDeployment, makeModel, makeRevision, REVISIONS, readField, withMetadata, withSpec } from './objects.js';
import { rejection } from './rejection.js';

const NO_SUCH_UID = '11111111-2222-4333-8444-555555555555';
const PODS: ResourceKind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };

export function describeWrites(name: string, maker: ApiWorldMaker): void {
  describe(`${name}: writes`, () => {
    let world: ApiWorld;
    beforeEach(async () => {
      world = await maker.make();
    });
    afterEach(() => maker.unmake());

    const key = (objectName: string) => ({ namespace: world.namespace, name: objectName });
    const deployment = () => makeDeployment(world.namespace, 'web');
    const createModel = () => world.client.create(MODELS, makeModel(world.namespace, 'reader'));
    const applyAs = (fieldManager: string, object: KubeObject) => world.client.apply(DEPLOYMENTS, object, { fieldManager });
    const applyPolitely = (fieldManager: string, object: KubeObject) =>
      world.transport.request({
        method: 'PATCH',
        path: resourcePath(DEPLOYMENTS, key('web')),
        query: { fieldManager },
        contentType: 'application/apply-patch+yaml',
        body: object,
      });
    const found = () => world.client.find(DEPLOYMENTS, key('web'));

    describe('create', () => {
      test('of a name that is taken', async () => {
        await createModel();
        expect(await rejection(createModel())).toMatchObject({
          code: 409,
          reason: 'AlreadyExists',
          message: 'modeldeployments.slipway.dev "reader" already exists',
        });
      });

      test('takes no status, uid or generation from people', async () => {
        const wanted = withMetadata(makeModel(world.namespace, 'reader'), { uid: NO_SUCH_UID, generation: 9 });
        const { metadata, ...made } = await world.client.create(MODELS, { ...wanted, status: { replicas: 7 } });
        expect(readField(made, 'status', 'replicas')).toBeUndefined();
        expect([metadata.uid === NO_SUCH_UID, metadata.generation]).toEqual([false, 1]);
      });

      test('in a kind that is not served', async () => {
        const nothing = { apiVersion: 'apps/v1', kind: 'Nothing', plural: 'nothings' };
        expect(await rejection(world.client.get(nothing, key('a')))).toMatchObject({ code: 404 });
      });
    });

    describe('preconditions', () => {
      test('an apply that names another uid is refused in the words that the writer knows', async () => {
        await applyAs('test', deployment());
        const error = await rejection(applyAs('test', withMetadata(deployment(), { uid: NO_SUCH_UID })));
        expect(error).toMatchObject({ code: 422, reason: 'Invalid' });
        expect(String(error)).toContain('metadata.uid: Invalid value');
      });

      test('an apply that names a uid makes nothing', async () => {
        const error = await rejection(applyAs('test', withMetadata(deployment(), { uid: NO_SUCH_UID })));
        expect(error).toMatchObject({ code: 409, reason: 'Conflict' });
        expect(await found()).toBeUndefined();
      });

      test('an apply and a merge patch at an old version are conflicts, and change nothing', async () => {
        const first = await applyAs('test', deployment());
        await applyAs('test', withMetadata(deployment(), { labels: { a: '1' } }));
        const { resourceVersion = '' } = first.metadata;
        const late = withMetadata(deployment(), { labels: { a: '2' }, resourceVersion });
        expect(await rejection(applyAs('test', late))).toMatchObject({ code: 409, reason: 'Conflict' });
        const patch = { metadata: { resourceVersion, labels: { a: '2' } } };
        expect(await rejection(world.client.mergePatch(DEPLOYMENTS, key('web'), patch))).toMatchObject({ code: 409, reason: 'Conflict' });
        expect((await found())?.metadata.labels).toEqual({ a: '1' });
      });

      test('a version that is not there any more is neither applied nor deleted, and nothing is made in its place', async () => {
        const { metadata } = await world.client.create(DEPLOYMENTS, deployment());
        const seen = { uid: metadata.uid ?? '', resourceVersion: metadata.resourceVersion ?? '' };
        const changed = withMetadata(deployment(), { ...seen, labels: { changed: 'again' } });
        await world.hands.update(DEPLOYMENTS, key('web'), { metadata: { labels: { changed: 'yes' } } });
        expect(isConflict(await rejection(applyAs('test', changed)))).toBe(true);
        expect(isConflict(await rejection(world.client.delete(DEPLOYMENTS, key('web'), seen)))).toBe(true);
        expect((await found())?.metadata.labels).toEqual({ changed: 'yes' });
        await world.hands.remove(DEPLOYMENTS, key('web'));
        await eventually('the removal', world.patienceMs, found, (left) => left === undefined, world.time);
        expect(isConflict(await rejection(applyAs('test', changed)))).toBe(true);
        expect(await found()).toBeUndefined();
      });

      test('a merge patch of what is not there is not found', async () => {
        expect(await rejection(world.client.mergePatch(DEPLOYMENTS, key('web'), {}))).toMatchObject({ code: 404, reason: 'NotFound' });
      });
    });

    describe('status and the rest', () => {
      test('each endpoint ignores what is the other one’s', async () => {
        await createModel();
        await world.client.mergePatch(MODELS, key('reader'), { status: { replicas: 5 } });
        const patch = { spec: { suspend: false }, metadata: { labels: { a: '1' } }, status: { replicas: 2 } };
        const stored = await world.client.mergePatch(MODELS, { ...key('reader'), subresource: 'status' }, patch);
        expect(stored).toMatchObject({ spec: { suspend: true }, status: { replicas: 2 }, metadata: { generation: 1 } });
        expect(stored.metadata.labels?.['a']).toBeUndefined();
      });

      test('the status endpoint heeds a version: what guards the status of a namesake', async () => {
        const { apiVersion, kind, metadata } = await createModel();
        await world.hands.update(MODELS, key('reader'), { metadata: { labels: { changed: 'yes' } } });
        const { resourceVersion = '' } = metadata;
        const stale = { apiVersion, kind, metadata: { ...key('reader'), resourceVersion }, status: { replicas: 1 } };
        expect(await rejection(world.client.apply(MODELS, stale, { fieldManager: 'test', subresource: 'status' }))).toMatchObject({ code: 409 });
      });

      test('the status of what is not there is not found', async () => {
        const { apiVersion, kind } = MODELS;
        const orphan = { apiVersion, kind, metadata: key('reader'), status: { replicas: 1 } };
        expect(await rejection(world.client.apply(MODELS, orphan, { fieldManager: 'test', subresource: 'status' }))).toMatchObject({ code: 404 });
      });

      test('a kind without status has no such endpoint', async () => {
        await world.client.create(REVISIONS, makeRevision(world.namespace, 'one', {}));
        expect(await rejection(world.client.mergePatch(REVISIONS, { ...key('one'), subresource: 'status' }, {}))).toMatchObject({ code: 404 });
      });
    });

    describe('field managers', () => {
      test('without force a field of another manager is a conflict that names both', async () => {
        await applyAs('first', withSpec(deployment(), { minReadySeconds: 1 }));
        const error = await rejection(applyPolitely('second', withSpec(deployment(), { minReadySeconds: 2 })));
        expect(error).toMatchObject({ code: 409, reason: 'Conflict' });
        expect(String(error)).toMatch(/conflict with "first".*\.spec\.minReadySeconds/);
        await applyPolitely('second', withSpec(deployment(), { minReadySeconds: 1 }));
      });

      test('with force the field changes hands, and the first one giving it up changes nothing', async () => {
        await applyAs('first', withSpec(deployment(), { minReadySeconds: 1 }));
        await applyAs('second', withSpec(deployment(), { minReadySeconds: 2 }));
        expect(readField(await applyAs('first', deployment()), 'spec', 'minReadySeconds')).toBe(2);
      });

      test('what two have applied stays until both give it up', async () => {
        const labelled = withMetadata(deployment(), { labels: { shared: 'yes' } });
        await applyAs('first', labelled);
        await applyAs('second', labelled);
        expect((await applyAs('first', deployment())).metadata.labels).toEqual({ shared: 'yes' });
        expect((await applyAs('second', deployment())).metadata.labels ?? {}).toEqual({});
      });

      test('what its creator set stays when who applied it too gives it up', async () => {
        await world.client.create(DEPLOYMENTS, withSpec(deployment(), { minReadySeconds: 7 }));
        await applyAs('test', withSpec(deployment(), { minReadySeconds: 7 }));
        expect(readField(await applyAs('test', deployment()), 'spec', 'minReadySeconds')).toBe(7);
      });

      test('an item of a list goes with its fields, but for those that others have applied too', async () => {
        const container = (each: string, more = {}) => ({ name: each, image: 'registry.invalid/x:1', ...more });
        await applyAs('first', withContainers(deployment(), [container('a'), container('b', { command: ['b'] }), container('c')]));
        await applyAs('second', withContainers(deployment(), [container('b', { env: [{ name: 'X', value: '1' }] })]));
        const stored = await applyAs('first', withContainers(deployment(), [container('a')]));
        const left = readField(stored, 'spec', 'template', 'spec', 'containers');
        expect(left).toMatchObject([container('a'), container('b', { env: [{ name: 'X', value: '1' }] })]);
        expect(JSON.stringify(left)).not.toContain('command');
      });

      test('to own more is a change, to write the same is none', async () => {
        const revision = makeRevision(world.namespace, 'one', {});
        const apply = async (fieldManager: string) => (await world.client.apply(REVISIONS, revision, { fieldManager })).metadata.resourceVersion;
        const versions = [await apply('first'), await apply('first'), await apply('second'), await apply('second')];
        const patched = await world.client.mergePatch(REVISIONS, key('one'), { revision: 1 });
        expect([...versions, patched.metadata.resourceVersion]).toEqual([versions[0], versions[0], versions[2], versions[2], versions[2]]);
        expect(versions[2]).not.toBe(versions[0]);
      });

      test('an apply says who it is', async () => {
        const call = {
          method: 'PATCH',
          path: resourcePath(DEPLOYMENTS, key('web')),
          contentType: 'application/apply-patch+yaml',
          body: deployment(),
        } as const;
        expect(await rejection(world.transport.request(call))).toMatchObject({ code: 422, reason: 'Invalid' });
        expect(await rejection(world.transport.request({ ...call, contentType: 'application/x-unknown' }))).toMatchObject({ code: 415 });
      });
    });

    describe('generation', () => {
      const generations = async (resource: ResourceKind, made: KubeJson, patches: readonly Readonly<Record<string, unknown>>[]) => {
        const counted: (number | undefined)[] = [made.metadata.generation];
        for (const patch of patches) counted.push((await world.client.mergePatch(resource, key(made.metadata.name), patch)).metadata.generation);
        return counted;
      };
      const labels = { metadata: { labels: { a: '1' } } };
      const annotations = { metadata: { annotations: { a: '1' } } };

      test('of a ModelDeployment counts changes of its spec', async () => {
        const counted = await generations(MODELS, await createModel(), [labels, annotations, { spec: { replicas: 2 } }, { spec: { replicas: 2 } }]);
        expect(counted).toEqual([1, 1, 1, 2, 2]);
      });

      test('of a Deployment counts annotations too', async () => {
        const made = await world.client.create(DEPLOYMENTS, deployment());
        expect(await generations(DEPLOYMENTS, made, [labels, annotations, { spec: { minReadySeconds: 1 } }])).toEqual([1, 1, 2, 3]);
      });

      test('is none of a ControllerRevision’s', async () => {
        const made = await world.client.create(REVISIONS, makeRevision(world.namespace, 'one', {}));
        expect(await generations(REVISIONS, made, [labels])).toEqual([undefined, undefined]);
      });
    });

    describe('what may not change', () => {
      test('the selector of a Deployment', async () => {
        await applyAs('test', deployment());
        const patch = { spec: { selector: { matchLabels: { app: 'other' } } } };
        const error = await rejection(world.client.mergePatch(DEPLOYMENTS, key('web'), patch));
        expect(error).toBeInstanceOf(KubeError);
        expect(error).toMatchObject({ code: 422, reason: 'Invalid' });
      });

      test('a pod, but for its images', async () => {
        const pod = {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: key('p'),
          spec: { nodeSelector: { nowhere: 'yes' }, containers: [{ name: 'a', image: 'registry.invalid/x:1' }] },
        };
        await world.client.create(PODS, pod);
        const apply = (container: Readonly<Record<string, unknown>>) =>
          world.client.apply(PODS, { ...pod, spec: { containers: [{ name: 'a', ...container }] } }, { fieldManager: 'test' });
        await apply({ image: 'registry.invalid/x:2' });
        expect(await rejection(apply({ image: 'registry.invalid/x:2', command: ['other'] }))).toMatchObject({ code: 422, reason: 'Invalid' });
      });
    });
  });
}

function withContainers(deployment: KubeObject, containers: readonly Readonly<Record<string, unknown>>[]): KubeObject {
  return withSpec(deployment, { template: { metadata: { labels: { app: 'web' } }, spec: { containers } } });
}
