/** Deletion and garbage collection of an API server and its controllers. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readArray } from '../../lib/kube/json.js';
import { resourcePath } from '../../lib/kube/resource-path.js';
import type { KubeObject, ResourceKind } from '../../operator/ports.js';
import type { ApiWorld, ApiWorldMaker } from './api-world.js';
import { eventually } from './eventually.js';
import { makeRevision, REVISIONS, withMetadata } from './objects.js';
import { rejection } from './rejection.js';

const PODS: ResourceKind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
const FINALIZER = 'example.com/wait';

export function describeDeletions(name: string, maker: ApiWorldMaker): void {
  describe(`${name}: deletions`, () => {
    let world: ApiWorld;
    beforeEach(async () => {
      world = await maker.make();
    });
    afterEach(async () => {
      for (const each of ['owner', 'owned']) await setFinalizers(each, null).catch(() => undefined); // a namespace with finalizers in it never ends
      await maker.unmake();
    });

    const key = (objectName: string) => ({ namespace: world.namespace, name: objectName });
    const create = (objectName: string, owners: readonly KubeObject[] = [], isBlocking = false) =>
      world.client.create(
        REVISIONS,
        withMetadata(makeRevision(world.namespace, objectName, {}), { ownerReferences: owners.map((owner) => reference(owner, isBlocking)) }),
      );
    const setFinalizers = (objectName: string, finalizers: readonly string[] | null) =>
      world.client.mergePatch(REVISIONS, key(objectName), { metadata: { finalizers } });
    const remove = (objectName: string, body: Readonly<Record<string, unknown>> = {}, resource = REVISIONS) =>
      world.transport.request({ method: 'DELETE', path: resourcePath(resource, key(objectName)), body });
    const find = (objectName: string) => world.client.find(REVISIONS, key(objectName));
    const soon = (what: string, objectName: string, isDone: (object: KubeObject | undefined) => boolean) =>
      eventually(what, world.patienceMs, () => find(objectName), isDone, world.time);
    const isGone = (object: KubeObject | undefined) => object === undefined;

    describe('preconditions', () => {
      test('the object must be the one that was seen', async () => {
        const { metadata } = await create('owner');
        expect(await rejection(remove('owner', { preconditions: { uid: '11111111-2222-4333-8444-555555555555' } }))).toMatchObject({
          code: 409,
          reason: 'Conflict',
        });
        expect(await rejection(remove('owner', { preconditions: { resourceVersion: '1' } }))).toMatchObject({ code: 409, reason: 'Conflict' });
        expect(await find('owner')).toBeDefined();
        await remove('owner', { preconditions: { uid: metadata.uid, resourceVersion: metadata.resourceVersion } });
        expect(await find('owner')).toBeUndefined();
      });

      test('what is not there is not found', async () => {
        expect(await rejection(remove('owner'))).toMatchObject({
          code: 404,
          reason: 'NotFound',
          message: 'controllerrevisions.apps "owner" not found',
        });
      });
    });

    describe('finalizers', () => {
      test('keep the object, marked, until they are gone', async () => {
        await create('owner');
        await setFinalizers('owner', [FINALIZER]);
        await remove('owner');
        const marked = await find('owner');
        expect(marked?.metadata.deletionTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        await remove('owner');
        expect((await find('owner'))?.metadata.deletionTimestamp).toBe(marked?.metadata.deletionTimestamp);
        await setFinalizers('owner', null);
        expect(await find('owner')).toBeUndefined();
      });

      test('are not added to what is being deleted', async () => {
        await create('owner');
        await setFinalizers('owner', [FINALIZER]);
        await remove('owner');
        expect(await rejection(setFinalizers('owner', [FINALIZER, 'example.com/more']))).toMatchObject({ code: 422, reason: 'Invalid' });
      });

      test('what is being deleted can still be changed', async () => {
        await create('owner');
        await setFinalizers('owner', [FINALIZER]);
        await remove('owner');
        const changed = await world.client.mergePatch(REVISIONS, key('owner'), { metadata: { labels: { a: '1' } } });
        expect(changed.metadata.labels).toEqual({ a: '1' });
      });
    });

    describe('owners', () => {
      test('in the background: the owner goes at once, what it owned after it', async () => {
        await create('owned', [await create('owner')]);
        await remove('owner', { propagationPolicy: 'Background' });
        expect(await find('owner')).toBeUndefined();
        await soon('the garbage collection', 'owned', isGone);
      });

      test('in the foreground: the owner waits for what blocks it', async () => {
        await create('owned', [await create('owner')], true);
        await setFinalizers('owned', [FINALIZER]);
        await remove('owner', { propagationPolicy: 'Foreground' });
        await soon('the deletion of what it owns', 'owned', (object) => object?.metadata.deletionTimestamp !== undefined);
        expect(readArray((await find('owner'))?.metadata, 'finalizers')).toEqual(['foregroundDeletion']);
        await setFinalizers('owned', null);
        await soon('the end of the owner', 'owner', isGone);
      });

      test('as orphans: what it owned stays, without it', async () => {
        await create('owned', [await create('owner')]);
        await remove('owner', { propagationPolicy: 'Orphan' });
        await soon('the end of the owner', 'owner', isGone);
        expect((await find('owned'))?.metadata.ownerReferences ?? []).toEqual([]);
      });

      test('of several: it goes with the last, and loses the reference to one that went before', async () => {
        const owners = [await create('owner'), await create('other')];
        await create('owned', owners);
        await remove('owner');
        const left = await soon('the reference to go', 'owned', (object) => object?.metadata.ownerReferences?.length === 1);
        expect(left?.metadata.ownerReferences).toMatchObject([{ name: 'other' }]);
        await remove('other');
        await soon('the garbage collection', 'owned', isGone);
      });

      test('a namesake of the owner is another one', async () => {
        await create('owned', [await create('owner')]);
        await remove('owner', { propagationPolicy: 'Background' });
        await create('owner');
        await soon('the garbage collection', 'owned', isGone);
        expect(await find('owner')).toBeDefined();
      });
    });

    test('a pod on no node goes at once', async () => {
      const spec = { nodeSelector: { nowhere: 'yes' }, containers: [{ name: 'a', image: 'registry.invalid/x:1' }] };
      await world.client.create(PODS, { apiVersion: 'v1', kind: 'Pod', metadata: key('p'), spec });
      await remove('p', {}, PODS);
      expect(await world.client.find(PODS, key('p'))).toBeUndefined();
    });
  });
}

function reference({ apiVersion, kind, metadata: { name, uid = '' } }: KubeObject, blockOwnerDeletion: boolean) {
  return { apiVersion, kind, name, uid, ...(blockOwnerDeletion ? { blockOwnerDeletion } : {}) };
}
