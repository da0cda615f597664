import { describe, expect, test } from '@jest/globals';
import { key, MODELS, makeModel, outcomeOf, PODS, TestRig } from './test-rig.js';

const CRDS = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', plural: 'customresourcedefinitions' };
const pod = (name: string, spec: Readonly<Record<string, unknown>>) => ({ apiVersion: 'v1', kind: 'Pod', metadata: key(name), spec });

describe('beyond the contract', () => {
  test('objects are frozen, and versions share what they have in common', () => {
    const { api } = new TestRig();
    const first = api.create(MODELS, makeModel('a'));
    const second = api.patchStatus(MODELS, key('a'), { replicas: 1 });
    expect([Object.isFrozen(first['spec']), second['spec'] === first['spec']]).toEqual([true, true]);
  });

  test('pods with grace go when their kubelet says so', () => {
    const { api } = new TestRig({ hasGracefulPods: true });
    api.create(PODS, pod('runs', { nodeName: 'n', terminationGracePeriodSeconds: 20 }));
    api.create(PODS, { ...pod('ended', { nodeName: 'n' }), status: { phase: 'Failed' } });
    api.create(PODS, pod('waits', {}));
    for (const name of ['runs', 'ended', 'waits']) api.remove(PODS, key(name));
    expect(api.objects(PODS).map(({ metadata }) => metadata)).toMatchObject([
      { name: 'runs', deletionTimestamp: '2026-01-01T00:00:20Z', deletionGracePeriodSeconds: 20 },
    ]);
    api.patchStatus(PODS, key('runs'), { phase: 'Succeeded' });
    expect(api.get(PODS, key('runs'))).toBeDefined();
    api.remove(PODS, key('runs'), { graceSeconds: 0 });
    expect(api.objects(PODS)).toEqual([]);
  });

  test('garbage stays for as long as it is told to', async () => {
    const { api, clock } = new TestRig({ garbageDelayMs: 2000 });
    const owner = api.create(MODELS, makeModel('owner'));
    const ownerReferences = [{ apiVersion: MODELS.apiVersion, kind: MODELS.kind, name: 'owner', uid: owner.metadata.uid ?? '' }];
    api.create(MODELS, { ...makeModel('owned'), metadata: { ...key('owned'), ownerReferences } });
    api.remove(MODELS, key('owner'));
    await clock.advance(1999);
    expect(api.objects(MODELS)).toHaveLength(1);
    await clock.advance(1);
    expect(api.objects(MODELS)).toEqual([]);
  });

  test('an owner that was never here counts as alive', () => {
    const { api } = new TestRig();
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'never-was' }];
    api.create(MODELS, { ...makeModel('owned'), metadata: { ...key('owned'), ownerReferences } });
    api.update(MODELS, key('owned'), { metadata: { labels: { a: '1' } } });
    expect(api.objects(MODELS)).toHaveLength(1);
  });

  test('the CRDs that ship are installed until somebody removes them', async () => {
    const rig = new TestRig();
    const client = rig.client();
    const name = 'modeldeployments.slipway.dev';
    expect((await client.get(CRDS, { name })).metadata.annotations?.['slipway.dev/schema-revision']).toMatch(/^\d+$/);
    rig.api.remove(CRDS, { namespace: '', name });
    expect(await client.find(CRDS, { name })).toBeUndefined();
  });

  test('what is not modelled is refused rather than done in part', async () => {
    const rig = new TestRig();
    rig.api.create(MODELS, makeModel('a'));
    const path = '/apis/slipway.dev/v1alpha1/namespaces/shop/modeldeployments/a';
    const patch = { method: 'PATCH', path, contentType: 'application/merge-patch+json', body: {} } as const;
    expect(await outcomeOf(rig.transport().request({ ...patch, query: { dryRun: 'All' } }))).toBe('BadRequest');
    expect(await outcomeOf(rig.transport().request({ ...patch, contentType: 'application/strategic-merge-patch+json' }))).toBe(
      'UnsupportedMediaType',
    );
    expect(await outcomeOf(rig.transport().request({ method: 'GET', path: `${path.slice(0, -2)}`, query: { fieldSelector: 'spec.x=1' } }))).toBe(
      'BadRequest',
    );
  });
});
