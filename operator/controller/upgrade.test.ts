/**
 * An upgrade of the operator restarts no pod unless its user agrees. Worlds as earlier versions left them (test/golden/operator/upgrade)
 * get the operator of today, in many configurations; worlds that it made itself get another operator, and consents good and bad.
 */
import process from 'node:process';
import { describe, expect, test } from '@jest/globals';
import { DIGEST_A, makeModelDeployment } from '../../test/builders/model-deployment.js';
import {
  makeWorldOf,
  newRecordedWorld,
  objectsOf,
  RECORDED_CASES,
  readRecording,
  recordedVersions,
  resourceOf,
  writeRecording,
} from '../../test/builders/recorded-world.js';
import { TEST_CONFIG, TestWorld } from '../../test/builders/test-world.js';
import { KINDS } from '../api/kinds.js';
import type { KubeObject } from '../ports.js';
import type { RenderConfig } from '../render/config.js';
import { asRecord } from '../view/json.js';

const NEXT: RenderConfig = { ...TEST_CONFIG, runtimeImage: 'registry.test/runtime@sha256:2' };
const CASES = (['cpu', 'gpu', 'secret', 'suspended', 'resolving'] as const).filter((name) => name in RECORDED_CASES);

const recording = process.env['SLIPWAY_RECORD_VERSION'];
if (recording !== undefined) for (const name of CASES) writeRecording(recording, name, await makeWorldOf(name));

/** With the operator as the manager of the fields that it wrote: what it does not apply any more goes. */
async function load(objects: readonly KubeObject[]): Promise<TestWorld> {
  const world = newRecordedWorld();
  const { writer } = world.cluster;
  for (const object of objects) {
    const resource = resourceOf(object.kind);
    world.cluster.create(resource, object);
    const { name, namespace, labels, annotations, ownerReferences } = object.metadata;
    const metadata = {
      name,
      namespace: namespace ?? '',
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(ownerReferences && { ownerReferences }),
    };
    if (resource === KINDS.modelDeployment)
      await writer.applyStatus(resource, { ...object, metadata: { ...metadata, uid: object.metadata.uid ?? '' } });
    else if (resource === KINDS.serviceAccount) await writer.apply(resource, { ...object, metadata }, { kind: 'ManagedBy' });
    else if (resource !== KINDS.pod) await writer.apply(resource, { ...object, metadata }, { kind: 'ControlledBy', uid: 'uid-reader' });
  }
  return world;
}

function others(world: TestWorld): unknown {
  return bodiesOf(world).filter(({ kind }) => kind !== 'Pod');
}

/** All but who owns it and its version: an owner's reference may be rewritten, and that restarts no pod. */
function bodiesOf(world: TestWorld): { readonly kind: string }[] {
  return objectsOf(world)
    .filter(({ kind }) => kind !== KINDS.modelDeployment.kind)
    .map(({ metadata: { resourceVersion: _, ownerReferences: __, ...metadata }, ...fields }) => ({ ...fields, metadata }));
}

/** As a version that rendered otherwise would have left the world: in every template, stored, written and running. */
function renderedOtherwise(object: KubeObject): KubeObject {
  const text = JSON.stringify(object)
    .replaceAll('"terminationGracePeriodSeconds":45', '"terminationGracePeriodSeconds":41')
    .replaceAll('"--drain-delay","10"', '"--drain-delay","6","--an-old-flag"')
    .replaceAll(
      '{"name":"ORT_DISABLE_TELEMETRY","value":"1"}',
      '{"name":"AN_OLD_VARIABLE","value":"x"},{"name":"ORT_DISABLE_TELEMETRY","value":"1"}',
    );
  return JSON.parse(text);
}

describe.each(recordedVersions().flatMap((version) => CASES.map((name) => ({ version, name }))))(
  'what $version left ($name)',
  ({ version, name }) => {
    const objects = readRecording(version, name);

    test('is left as it is', async () => {
      const world = await load(objects);
      const before = bodiesOf(world);
      await world.settle();
      expect(bodiesOf(world)).toEqual(before);
      expect(world.condition('UpdateAvailable')).toBeUndefined();
    });

    test.each<{ change: string; config: RenderConfig; left: readonly KubeObject[] }>([
      { change: 'with another image', config: NEXT, left: objects },
      {
        change: 'behind a proxy',
        config: { ...NEXT, proxy: { HTTPS_PROXY: 'http://proxy.test' }, caConfigMap: 'ca', imagePullSecrets: ['m'] },
        left: objects,
      },
      { change: 'that renders other flags, variables and numbers', config: TEST_CONFIG, left: objects.map(renderedOtherwise) },
    ])('and so it is by an operator $change, there and back', async ({ config, left }) => {
      const world = await load(left);
      const before = others(world);
      const pods = world.names('pod').filter((pod) => !pod.includes('-resolve-'));
      for (const now of [config, TEST_CONFIG, config]) {
        world.config = now;
        await world.settle();
        expect(others(world)).toEqual(before);
        expect(world.names('pod').filter((pod) => !pod.includes('-resolve-'))).toEqual(pods);
      }
      const hasRevision = world.names('controllerRevision').length > 0;
      expect(world.condition('UpdateAvailable')?.reason).toBe(hasRevision ? 'UpdateOffered' : undefined);
    });
  },
);

/** Two models, served, and then an operator with another image. */
async function upgraded(): Promise<TestWorld> {
  const world = new TestWorld();
  for (const name of ['reader', 'other']) world.create(makeModelDeployment(name).digest(DIGEST_A).replicas(2).obj());
  await world.settle();
  world.config = NEXT;
  await world.settle();
  return world;
}

function offer(world: TestWorld, name = 'reader'): string {
  const id = world.model(name).status?.update?.id;
  if (id === undefined) throw new Error(`No update is on offer for "${name}"`);
  return id;
}

async function accept(world: TestWorld, acceptedUpdate: string | null, name = 'reader'): Promise<void> {
  world.edit({ runtime: { acceptedUpdate } }, name);
  await world.settle();
}

function imageOf(world: TestWorld, name = 'reader'): unknown {
  const template = asRecord(asRecord(world.get('deployment', world.serving(name) ?? '')?.['spec'])['template']);
  const containers = asRecord(template['spec'])['containers'];
  return Array.isArray(containers) ? asRecord(containers[0])['image'] : undefined;
}

const podsOf = (world: TestWorld, name: string): unknown =>
  world.cluster.objects(KINDS.pod).filter(({ metadata }) => metadata.labels?.['slipway.dev/model'] === name);

describe('after an upgrade', () => {
  test('the status says what a consent would roll, and the model is as Ready as before', async () => {
    const world = await upgraded();
    expect(world.ready()).toBe('True Serving');
    const { update } = world.model().status ?? {};
    expect(update?.changes).toEqual(['image registry.test/runtime@sha256:1 → registry.test/runtime@sha256:2']);
    expect(update?.id).toMatch(/^[0-9a-f]{8}$/);
    expect(world.condition('UpdateAvailable')).toMatchObject({ status: 'True', message: `Update ${update?.id}: ${update?.changes[0]}` });
    world.config = TEST_CONFIG;
    await world.settle();
    expect(world.condition('UpdateAvailable')).toBeUndefined();
    expect(world.model().status?.update).toBeUndefined();
  });

  test('a consent rolls the model that it is given for, and nothing else', async () => {
    const world = await upgraded();
    const [before, bystander] = [world.serving(), podsOf(world, 'other')];
    await accept(world, offer(world));
    expect(world.ready()).toBe('True Serving');
    expect([world.serving() === before, imageOf(world)]).toEqual([false, NEXT.runtimeImage]);
    expect(world.condition('UpdateAvailable')).toBeUndefined();
    expect(podsOf(world, 'other')).toEqual(bystander);
    expect(imageOf(world, 'other')).toBe(TEST_CONFIG.runtimeImage);
  });

  test('taking the consent back brings the pods of before back, whatever would be rendered now', async () => {
    const world = await upgraded();
    const before = world.serving();
    await accept(world, offer(world));
    world.config = { ...NEXT, runtimeImage: 'registry.test/runtime@sha256:3' };
    await accept(world, null);
    expect([world.serving(), imageOf(world)]).toEqual([before, TEST_CONFIG.runtimeImage]);
    expect(world.ready()).toBe('True Serving');
  });

  test('a consent that was carried out holds for every later operator', async () => {
    const world = await upgraded();
    await accept(world, offer(world));
    const pods = podsOf(world, 'reader');
    for (const image of ['3', '4', '1']) {
      world.config = { ...TEST_CONFIG, runtimeImage: `registry.test/runtime@sha256:${image}` };
      await world.settle();
      expect([world.ready(), podsOf(world, 'reader')]).toEqual(['True Serving', pods]);
    }
    await accept(world, offer(world));
    expect(imageOf(world)).toBe(TEST_CONFIG.runtimeImage);
  });

  test('a consent to what is not on offer rolls nothing, says so, and what serves is looked after', async () => {
    const world = await upgraded();
    const [before, pods] = [world.serving(), podsOf(world, 'reader')];
    await accept(world, 'deadbeef');
    expect(world.ready()).toBe('False UpdateNotOffered');
    expect(world.condition('Available')?.status).toBe('True');
    expect(world.condition('Stalled')?.message).toBe(
      `spec.runtime.acceptedUpdate "deadbeef" is not on offer: this operator offers ${offer(world)} (image registry.test/runtime@sha256:1 → registry.test/runtime@sha256:2). Set it to ${offer(world)} to accept that, or remove it to keep revision ${before} (revision ${before} still serves)`,
    );
    expect([world.serving(), podsOf(world, 'reader')]).toEqual([before, pods]);
    world.edit({ replicas: 3 });
    await world.settle();
    expect(world.replicasOf(before ?? '')).toBe(3);
    await accept(world, offer(world));
    expect([world.ready(), imageOf(world)]).toEqual(['True Serving', NEXT.runtimeImage]);
  });

  test('where nothing is on offer, the refusal says that', async () => {
    const world = await upgraded();
    const id = offer(world);
    world.config = TEST_CONFIG;
    await accept(world, id);
    expect(world.condition('Stalled')?.message).toContain('this operator offers no update. Remove it to keep revision');
    world.config = NEXT;
    await world.settle();
    expect([world.ready(), imageOf(world)]).toEqual(['True Serving', NEXT.runtimeImage]);
  });

  test('a wrong word after a consent can be taken back to that consent', async () => {
    const world = await upgraded();
    const id = offer(world);
    await accept(world, id);
    const pods = podsOf(world, 'reader');
    await accept(world, 'deadbeef');
    expect(world.condition('Stalled')?.message).toContain(`offers no update. Set it to ${id} to keep revision ${world.serving()}`);
    await accept(world, id);
    expect([world.ready(), podsOf(world, 'reader')]).toEqual(['True Serving', pods]);
  });

  test('a change of the spec needs no other consent', async () => {
    const world = await upgraded();
    await accept(world, offer(world));
    world.config = { ...NEXT, runtimeImage: 'registry.test/runtime@sha256:3' };
    world.edit({ model: { version: '2' } });
    await world.settle();
    expect([world.ready(), imageOf(world)]).toEqual(['True Serving', 'registry.test/runtime@sha256:3']);
  });

  test('a suspended model and one in the middle of a change have updates, too', async () => {
    const world = await upgraded();
    world.edit({ suspend: true });
    await world.settle();
    const id = offer(world);
    await accept(world, id);
    world.edit({ suspend: false });
    await world.settle();
    expect([world.ready(), imageOf(world)]).toEqual(['True Serving', NEXT.runtimeImage]);
    world.fates.set(DIGEST_A.replaceAll('a', 'b'), { kind: 'Unschedulable', message: '0/1 nodes' });
    world.edit({ model: { digest: null, uri: 'oci://registry.test/models/reader:2' } });
    await world.settle();
    world.config = TEST_CONFIG;
    await world.settle();
    expect(world.model().status?.update?.changes).toEqual(['image registry.test/runtime@sha256:2 → registry.test/runtime@sha256:1']);
  });
});

describe('a consent from elsewhere', () => {
  test('of a spec that is applied to an empty cluster blocks nothing', async () => {
    const world = new TestWorld();
    world.create(
      makeModelDeployment()
        .spec({ runtime: { acceptedUpdate: 'deadbeef' } })
        .obj(),
    );
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    world.config = NEXT;
    const pods = podsOf(world, 'reader');
    await world.settle();
    expect([world.ready(), podsOf(world, 'reader')]).toEqual(['True Serving', pods]);
  });

  test('to what runs here already rolls nothing', async () => {
    const elsewhere = await upgraded();
    const id = offer(elsewhere);
    const world = new TestWorld();
    world.config = NEXT;
    world.create(makeModelDeployment().digest(DIGEST_A).obj());
    await world.settle();
    const pods = podsOf(world, 'reader');
    await accept(world, id);
    expect([world.ready(), podsOf(world, 'reader')]).toEqual(['True Serving', pods]);
    world.config = TEST_CONFIG;
    await world.settle();
    expect([world.ready(), podsOf(world, 'reader')]).toEqual(['True Serving', pods]);
  });

  test('that is taken back where there is nothing to go back to keeps what serves', async () => {
    const world = new TestWorld();
    world.create(
      makeModelDeployment()
        .spec({ runtime: { acceptedUpdate: 'deadbeef' } })
        .obj(),
    );
    await world.settle();
    const pods = podsOf(world, 'reader');
    world.config = NEXT;
    await accept(world, null);
    expect([world.ready(), podsOf(world, 'reader')]).toEqual(['True Serving', pods]);
    expect(world.condition('UpdateAvailable')?.reason).toBe('UpdateOffered');
  });

  test('over a revision that never worked is no reason to wait', async () => {
    const world = new TestWorld();
    world.fates.set(DIGEST_A, { kind: 'Unschedulable', message: '0/1 nodes' });
    world.create(makeModelDeployment().digest(DIGEST_A).obj());
    await world.settle();
    const old = world.serving();
    world.cluster.remove(KINDS.service, { namespace: 'shop', name: 'reader' });
    world.edit({ runtime: { acceptedUpdate: 'deadbeef' } });
    await world.reconcile();
    expect(world.names('controllerRevision').filter((name) => name !== old)).toHaveLength(1);
  });
});
