import { beforeEach, describe, expect, test } from '@jest/globals';
import { makeModelDeployment } from '../../test/builders/model-deployment.js';
import { TestWorld } from '../../test/builders/test-world.js';
import { KINDS } from '../api/kinds.js';
import type { KubeObject } from '../ports.js';
import { renderServiceAccount } from '../render/service-account.js';
import { mapAccount, mapModelToAccount } from './service-account.js';

const ACCOUNT = { namespace: 'shop', name: 'slipway-runtime' };
const READER = { namespace: 'shop', name: 'reader' };
let world: TestWorld;

const account = (): KubeObject | undefined => world.get('serviceAccount', ACCOUNT.name);
const accountWrites = (): number => world.cluster.writer.writes.filter(({ kind }) => kind === 'ServiceAccount').length;

beforeEach(async () => {
  world = new TestWorld();
  for (const name of ['reader', 'other']) world.create(makeModelDeployment(name).obj());
  await world.settle();
});

describe('the ServiceAccount of a namespace', () => {
  test('is written once for all of its models, and nobody owns it', () => {
    expect(accountWrites()).toBe(1);
    expect(account()?.metadata.ownerReferences ?? []).toEqual([]);
  });

  test('stays while a model is left and goes with the last', async () => {
    world.cluster.remove(KINDS.modelDeployment, READER);
    await world.settleAccounts();
    expect(account()).toBeDefined();
    world.cluster.remove(KINDS.modelDeployment, { ...READER, name: 'other' });
    await world.settleAccounts();
    expect(account()).toBeUndefined();
  });

  test('that was removed or changed is written again without a pass of any model', async () => {
    world.cluster.remove(KINDS.serviceAccount, ACCOUNT);
    await world.settleAccounts();
    expect(account()).toMatchObject({ automountServiceAccountToken: false });
    world.cluster.update(KINDS.serviceAccount, ACCOUNT, { automountServiceAccountToken: true });
    await world.settleAccounts();
    expect(account()).toMatchObject({ automountServiceAccountToken: false });
    expect(accountWrites()).toBe(3);
  });

  test('goes when the operator starts, if the last model went while none ran', async () => {
    for (const name of ['reader', 'other']) world.cluster.remove(KINDS.modelDeployment, { ...READER, name });
    expect(account()).toBeDefined();
    await world.settleAccounts();
    expect(account()).toBeUndefined();
  });

  test('stays for a model that was made since, whatever a cache that lags shows', async () => {
    for (const name of ['reader', 'other']) world.cluster.remove(KINDS.modelDeployment, { ...READER, name });
    world.cluster.freeze(KINDS.modelDeployment);
    world.create(makeModelDeployment('third').obj());
    await world.settleAccounts();
    expect(account()).toBeDefined();
  });

  test('that went although a model was made in the same instant comes back', async () => {
    for (const name of ['reader', 'other']) world.cluster.remove(KINDS.modelDeployment, { ...READER, name });
    world.cluster.freeze(KINDS.serviceAccount);
    world.cluster.remove(KINDS.serviceAccount, ACCOUNT);
    world.create(makeModelDeployment('third').obj());
    // its pass believes that the account is there
    await world.reconcile();
    expect(account()).toBeUndefined();
    world.cluster.thaw(KINDS.serviceAccount);
    await world.settleAccounts();
    expect(account()).toBeDefined();
  });

  test('of somebody else is neither changed nor deleted', async () => {
    const theirs = { metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } } };
    const before = world.cluster.update(KINDS.serviceAccount, ACCOUNT, theirs);
    await world.settleAccounts();
    for (const name of ['reader', 'other']) world.cluster.remove(KINDS.modelDeployment, { ...READER, name });
    await world.settleAccounts();
    expect(account()).toEqual(before);
  });
});

describe('a ServiceAccount that models own, as 0.1.0 wrote it', () => {
  test('loses its owners before it could be collected with them', async () => {
    const ownerReferences = ['reader', 'other'].map((name) => {
      return { apiVersion: KINDS.modelDeployment.apiVersion, kind: 'ModelDeployment', name, uid: `uid-${name}` };
    });
    const owned = renderServiceAccount('shop');
    await world.cluster.writer.apply(KINDS.serviceAccount, { ...owned, metadata: { ...owned.metadata, ownerReferences } }, { kind: 'ManagedBy' });
    const { uid } = account()?.metadata ?? {};
    await world.settle();
    expect(account()?.metadata.ownerReferences ?? []).toEqual([]);
    world.create(makeModelDeployment('third').obj());
    for (const name of ['reader', 'other']) world.cluster.remove(KINDS.modelDeployment, { ...READER, name });
    await world.settle();
    expect(account()?.metadata.uid).toBe(uid);
  });
});

test('only a model that is gone asks for a look, and only the account of that name', () => {
  const map = mapModelToAccount(world.cluster.cache(KINDS.modelDeployment));
  expect(map(makeModelDeployment().obj())).toEqual([]);
  expect(map(makeModelDeployment('gone').obj())).toEqual([ACCOUNT]);
  expect(mapAccount(renderServiceAccount('shop'))).toEqual([ACCOUNT]);
  expect(mapAccount({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'shop' } })).toEqual([]);
});
