/** A watchman who never cries is none: each kind of harm is done by hand, and must be told. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KINDS } from '../../operator/api/kinds.js';
import { makeModelDeployment } from '../builders/model-deployment.js';
import { Observer } from './observer.js';
import { SweepWorld } from './sweep-world.js';

let world: SweepWorld;
let observer: Observer;
beforeEach(async () => {
  world = new SweepWorld(1);
  observer = new Observer(world);
  world.api.create(KINDS.service, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'theirs', namespace: 'shop' }, spec: { a: 1 } });
  world.startOperator();
  world.create(makeModelDeployment().replicas(2).obj());
  await world.rest(5000);
  observer.begin();
});
afterEach(() => world.dispose());

const told = (): string => {
  observer.end();
  return observer.violations.join('\n');
};

describe('The observer', () => {
  test('has nothing to say of a world that is well', () => {
    expect([told(), observer.trace]).toEqual(['', { fewestReady: new Map([['reader', 2]]), mostPods: 2 }]);
  });

  test('counts the pods that are ready behind an address, and all of them', () => {
    const [pod] = world.api.objects(KINDS.pod);
    if (pod === undefined) throw new Error('There is a pod');
    world.api.create(KINDS.pod, { ...pod, metadata: { ...pod.metadata, name: 'one-more', uid: 'another' } });
    world.api.update(KINDS.service, world.key('reader'), { spec: { selector: { nobody: 'has this' } } });
    expect(observer.trace).toEqual({ fewestReady: new Map([['reader', 0]]), mostPods: 3 });
  });

  test('tells of a status that breaks a rule, and of one that lies', () => {
    const { status } = makeModelDeployment().obj();
    expect(status).toBeUndefined();
    world.api.patchStatus(KINDS.modelDeployment, world.key('reader'), { blockers: [{ reason: 'WriteFailed', message: 'x' }] });
    expect(told()).toContain('a Ready model has no blockers');
    world.api.update(KINDS.deployment, world.key(world.api.objects(KINDS.deployment)[0]?.metadata.name ?? ''), {
      spec: { template: { metadata: { annotations: { 'slipway.dev/digest': 'sha256:other' } } } },
    });
    world.api.patchStatus(KINDS.modelDeployment, world.key('reader'), { blockers: null });
    expect(told()).toContain('reader is Ready while another model serves');
  });

  test('tells of a foreign object that was changed, and of an orphan', () => {
    world.api.update(KINDS.service, world.key('theirs'), { spec: { a: 2 } });
    world.api.create(KINDS.service, {
      ...{ apiVersion: 'v1', kind: 'Service' },
      metadata: {
        name: 'left',
        namespace: 'shop',
        ownerReferences: [{ apiVersion: 'slipway.dev/v1alpha1', kind: 'ModelDeployment', name: 'gone', uid: 'never', controller: true }],
      },
    });
    expect(told()).toMatch(/theirs .* is not ours and was changed\n.*left .* is an orphan/);
  });

  test('tells of a write beside the leader', async () => {
    const { headers, tls } = await world.api.access().credentials();
    const other = world.api.connect('another')('https://memory.invalid', tls);
    const target = '/api/v1/namespaces/shop/services/theirs?fieldManager=x';
    const body = JSON.stringify({ spec: { a: 3 } });
    const call = { method: 'PATCH', target, body, lane: 'Calls', signal: new AbortController().signal } as const;
    await other.exchange({ ...call, headers: { ...headers, 'content-type': 'application/merge-patch+json' } });
    await world.clock.settle();
    expect(told()).toMatch(/another wrote .*theirs .*while operator-1 led/);
  });
});
