import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeClient } from '../../lib/kube/kube-client.js';
import { SILENT_LOGGER } from '../../lib/logger.js';
import { Informer } from '../../operator/kube/informer.js';
import { LeaseLock } from '../../operator/kube/lease-lock.js';
import { KubeWriter } from '../../operator/kube/writer.js';
import { LeaderElection } from '../../operator/manager/leader-election.js';
import { Manager, type ManagerOutcome } from '../../operator/manager/manager.js';
import { ManagerMetrics } from '../../operator/manager/metrics.js';
import { newWriteFence } from '../../operator/manager/write-fence.js';
import type { KubeObject } from '../../operator/ports.js';
import { eventually } from './eventually.js';
import { KubeWorlds } from './kube-world.js';
import { DEPLOYMENTS, MODELS, makeDeployment, makeModel, ownedBy } from './objects.js';
import type { World } from './world.js';

let worlds: KubeWorlds;
let world: World;
let ends: (() => Promise<unknown>)[];
beforeAll(async () => {
  worlds = await KubeWorlds.open();
});
afterAll(() => worlds.close());
beforeEach(async () => {
  ends = [];
  world = await worlds.make();
});
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  await worlds.unmake();
});

/** A replica that gives every model of the namespace a Deployment of its name. */
function start(identity: string): { readonly reconciled: string[]; stop(): Promise<ManagerOutcome> } {
  const { namespace } = world;
  const [metrics, stop] = [new ManagerMetrics(), new AbortController()];
  const lock = new LeaseLock(worlds.client, { namespace, name: 'slipway-operator' });
  const timing = { leaseMs: 6000, renewDeadlineMs: 4000, retryMs: 500 };
  const election = new LeaderElection({ lock, identity, timing });
  const manager = new Manager({ logger: SILENT_LOGGER, metrics, election, ports: { probes: 0, metrics: 0 }, host: '127.0.0.1' });
  const [models, deployments] = [MODELS, DEPLOYMENTS].map(
    (resource) => new Informer({ transport: worlds.transport, resource, namespaces: [namespace] }),
  );
  if (models === undefined || deployments === undefined) throw new Error('There are two informers');
  const fenced = new KubeWriter(new KubeClient(worlds.transport, newWriteFence(election)));
  const reconciled: string[] = [];
  const reconcile = async ({ name }: { readonly name: string }) => {
    const model = models.get({ namespace, name });
    if (model === undefined || deployments.get({ namespace, name }) !== undefined) return { kind: 'Done' } as const;
    await fenced.apply(DEPLOYMENTS, ownedBy(model, makeDeployment(namespace, name)), { kind: 'ControlledBy', uid: model.metadata.uid ?? '' });
    reconciled.push(name);
    return { kind: 'Done' } as const;
  };
  const mapToKeys = ({ metadata: { name } }: KubeObject) => [{ namespace, name }];
  const watches = [models, deployments].map((source) => ({ source, mapToKeys }));
  manager.addController({ name: 'models', reconciler: { reconcile }, watches });
  const ended = manager.run(stop.signal);
  const end = () => {
    stop.abort();
    return ended;
  };
  ends.push(end);
  return { reconciled, stop: end };
}

const deployment = (name: string) => world.hands.get(DEPLOYMENTS, { namespace: world.namespace, name });
const isThere = (object: KubeObject | undefined) => object !== undefined;

describe('A manager on a real API server', () => {
  test('reconciles what is there and what comes, heals what is removed, and hands over within three seconds', async () => {
    await world.hands.create(MODELS, makeModel(world.namespace, 'first'));
    const one = start('one');
    await eventually('the first Deployment', world.patienceMs, () => deployment('first'), isThere);
    const two = start('two');
    await world.hands.create(MODELS, makeModel(world.namespace, 'second'));
    await eventually('the second Deployment', world.patienceMs, () => deployment('second'), isThere);
    const uid = (await deployment('first'))?.metadata.uid;
    await world.hands.remove(DEPLOYMENTS, { namespace: world.namespace, name: 'first' });
    await eventually(
      'the Deployment to be made again',
      world.patienceMs,
      () => deployment('first'),
      (found) => found !== undefined && found.metadata.uid !== uid,
    );
    // a key may be asked for more often than there was work; the standby is never asked
    expect([new Set(one.reconciled), one.reconciled.at(-1), two.reconciled]).toEqual([new Set(['first', 'second']), 'first', []]);

    const handoverAt = Date.now();
    expect(await one.stop()).toBe('Stopped');
    await world.hands.create(MODELS, makeModel(world.namespace, 'third'));
    await eventually('the third Deployment', world.patienceMs, () => deployment('third'), isThere);
    expect(two.reconciled).toContain('third');
    expect(Date.now() - handoverAt).toBeLessThan(3000);
    expect(await two.stop()).toBe('Stopped');
  });
});
