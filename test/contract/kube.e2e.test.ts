import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readArray } from '../../lib/kube/json.js';
import { isConflict } from '../../lib/kube/kube-error.js';
import { resourcePath } from '../../lib/kube/resource-path.js';
import { checkServedCrd } from '../../operator/kube/crd-check.js';
import { EVENTS, KubeEventRecorder } from '../../operator/kube/event-recorder.js';
import { LeaseLock } from '../../operator/kube/lease-lock.js';
import { describeContract } from './contract.js';
import { eventually } from './eventually.js';
import { KubeWorlds } from './kube-world.js';
import { DEPLOYMENTS, MODELS, makeDeployment, makeModel } from './objects.js';
import type { World } from './world.js';

let worlds: KubeWorlds;
beforeAll(async () => {
  worlds = await KubeWorlds.open();
});
afterAll(() => worlds.close());

describeContract('A real API server', { make: () => worlds.make(), unmake: () => worlds.unmake() });
describeContract('A real API server, written to over caches,', { make: () => worlds.make({ cached: true }), unmake: () => worlds.unmake() });

describe('What the adapters rely on beyond the ports', () => {
  let world: World;
  beforeEach(async () => {
    world = await worlds.make();
  });
  afterEach(() => worlds.unmake());

  test('the status endpoint heeds a resourceVersion: what guards the status of a namesake', async () => {
    const { namespace, hands } = world;
    const { apiVersion, kind, metadata } = await hands.create(MODELS, makeModel(namespace, 'reader'));
    await hands.update(MODELS, { namespace, name: 'reader' }, { metadata: { labels: { changed: 'yes' } } });
    const { name, resourceVersion = '' } = metadata;
    const stale = { apiVersion, kind, metadata: { name, namespace, resourceVersion }, status: { replicas: 1 } };
    const error = await worlds.client.apply(MODELS, stale, { fieldManager: 'test', subresource: 'status' }).catch((thrown: unknown) => thrown);
    expect(isConflict(error)).toBe(true);
  });

  test('a version that is not there any more is neither applied nor deleted, and nothing is made in its place', async () => {
    const { namespace, hands } = world;
    const key = { namespace, name: 'web' };
    const { apiVersion, kind, metadata } = await hands.create(DEPLOYMENTS, makeDeployment(namespace, 'web'));
    const seen = { uid: metadata.uid ?? '', resourceVersion: metadata.resourceVersion ?? '' };
    const changed = { ...makeDeployment(namespace, 'web'), apiVersion, kind, metadata: { ...key, ...seen, labels: { changed: 'again' } } };
    const attempt = (work: Promise<unknown>) =>
      work.then(
        () => 'done',
        (error: unknown) => isConflict(error),
      );
    await hands.update(DEPLOYMENTS, key, { metadata: { labels: { changed: 'yes' } } });
    expect(await attempt(worlds.client.apply(DEPLOYMENTS, changed, { fieldManager: 'test' }))).toBe(true);
    expect(await attempt(worlds.client.delete(DEPLOYMENTS, key, seen))).toBe(true);
    expect((await hands.get(DEPLOYMENTS, key))?.metadata.labels).toEqual({ changed: 'yes' });
    await hands.remove(DEPLOYMENTS, key);
    await eventually(
      'the removal',
      world.patienceMs,
      () => hands.get(DEPLOYMENTS, key),
      (found) => found === undefined,
    );
    expect(await attempt(worlds.client.apply(DEPLOYMENTS, changed, { fieldManager: 'test' }))).toBe(true);
    expect(await hands.get(DEPLOYMENTS, key)).toBeUndefined();
  });

  test('Events are taken, and repeats are counted', async () => {
    const model = await world.hands.create(MODELS, makeModel(world.namespace, 'reader'));
    const recorder = new KubeEventRecorder({ client: worlds.client, instance: 'contract' });
    for (let time = 0; time < 3; time++) {
      recorder.event(model, 'Warning', 'DigestMismatch', 'other bytes');
      await recorder.flush();
    }
    const list = await worlds.transport.request({ method: 'GET', path: resourcePath(EVENTS, { namespace: world.namespace }) });
    const events = readArray(list, 'items');
    expect(events).toMatchObject([{ reason: 'DigestMismatch', type: 'Warning', count: 3, involvedObject: { uid: model.metadata.uid } }]);
  });

  test('a Lease is made, renewed, and not taken by who has not seen it last', async () => {
    const lock = new LeaseLock(worlds.client, { namespace: world.namespace, name: 'slipway-operator' });
    const signal = AbortSignal.timeout(10_000);
    const record = {
      holder: 'a',
      leaseSeconds: 15,
      acquiredAtMs: Date.UTC(2026, 0, 1),
      renewedAtMs: Date.UTC(2026, 0, 1, 0, 0, 0, 7),
      transitions: 0,
    };
    expect(await lock.read(signal)).toBeUndefined();
    const first = await lock.write(record, undefined, signal);
    expect(first?.record).toEqual(record);
    expect(await lock.write({ ...record, holder: 'b' }, undefined, signal)).toBeUndefined();
    const second = await lock.write({ ...record, renewedAtMs: Date.UTC(2026, 0, 2) }, first, signal);
    expect(await lock.write({ ...record, holder: 'b' }, first, signal)).toBeUndefined();
    expect(await lock.write({ ...record, holder: '', leaseSeconds: 1 }, second, signal)).toMatchObject({ record: { holder: '' } });
  });

  test('an API server is asked for the CRD', async () => {
    const wanted = { name: 'modeldeployments.slipway.dev', revision: 1_000_000, hash: '', chart: 'slipway' };
    await expect(checkServedCrd(worlds.client, wanted)).rejects.toThrow(
      /has schema revision \d+ and this operator needs 1000000: run `helm show crds slipway/,
    );
  });
});
