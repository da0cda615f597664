import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SILENT_LOGGER } from '../../lib/logger.js';
import { FakeClock, settle } from '../../test/fakes/fake-clock.js';
import { FakeCluster } from '../../test/fakes/fake-cluster.js';
import { FakeLeaderLock, type LeaderLockView } from '../../test/fakes/fake-leader-lock.js';
import { FakeSource } from '../../test/fakes/fake-source.js';
import type { KubeObject, ResourceKind } from '../ports.js';
import { LeaderElection } from './leader-election.js';
import { Manager, type ManagerOutcome } from './manager.js';
import { ManagerMetrics } from './metrics.js';
import { NotLeadingError, newWriteFence } from './write-fence.js';

const PODS: ResourceKind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
const pod = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop' } });

interface Replica {
  readonly manager: Manager;
  readonly election: LeaderElection;
  readonly view: LeaderLockView;
  readonly source: FakeSource;
  readonly stop: AbortController;
  readonly reconciled: string[];
  readonly metrics: ManagerMetrics;
  outcome: ManagerOutcome | 'Runs';
  ended: Promise<void>;
}

let clock: FakeClock;
let cluster: FakeCluster;
let lock: FakeLeaderLock;
let replicas: Replica[];

beforeEach(() => {
  clock = new FakeClock();
  cluster = new FakeCluster(clock);
  lock = new FakeLeaderLock();
  replicas = [];
});
afterEach(async () => {
  for (const { stop } of replicas) stop.abort();
  for (let second = 0; second < 30; second++) await clock.advance(1000);
  await Promise.all(replicas.map(({ ended }) => ended));
});

interface Start {
  /** How long a reconcile takes. */
  readonly workMs?: number;
  readonly holdsBack?: boolean;
  readonly debug?: number;
}

async function start(identity: string, { workMs = 0, holdsBack = false, debug }: Start = {}): Promise<Replica> {
  const [view, stop, metrics, source] = [lock.newView(), new AbortController(), new ManagerMetrics(), new FakeSource(cluster, PODS, holdsBack)];
  const onLeading = (isLeading: boolean) => metrics.setLeading(isLeading);
  const election = new LeaderElection({ lock: view, identity, clock, wallClock: clock, random: () => 0, onLeading });
  const ports = { probes: 0, metrics: 0, debug };
  const manager = new Manager({ logger: SILENT_LOGGER, metrics, election, ports, host: '127.0.0.1', clock });
  const reconciled: string[] = [];
  const reconciler = {
    reconcile: async ({ name }: { name: string }, signal: AbortSignal) => {
      reconciled.push(`${name} begins`);
      if (workMs > 0) await clock.sleep(workMs, signal);
      reconciled.push(`${name} ${signal.aborted ? 'is cut off' : 'ends'}`);
      return { kind: 'Done', actions: ['worked'] } as const;
    },
  };
  const mapToKeys = ({ metadata: { namespace = '', name } }: KubeObject) => [{ namespace, name }];
  manager.addController({ name: 'pods', reconciler, workers: 1, watches: [{ source, mapToKeys }] });
  const replica: Replica = { manager, election, view, source, stop, reconciled, metrics, outcome: 'Runs', ended: Promise.resolve() };
  replica.ended = manager.run(stop.signal).then((outcome) => {
    replica.outcome = outcome;
  });
  replicas.push(replica);
  while (manager.ports.metrics === 0) await settle();
  await settle();
  return replica;
}

const ask = async ({ manager }: Replica, path: string) => {
  const port = path === '/metrics' ? manager.ports.metrics : manager.ports.probes;
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
  return `${answer.status} ${await answer.text()}`;
};

describe('Manager', () => {
  test('works on nothing before every cache is filled and it leads, and says so', async () => {
    cluster.create(PODS, pod('a'));
    const replica = await start('one', { holdsBack: true });
    expect(await ask(replica, '/readyz')).toBe('503 waiting for the first list of Pod\n');
    expect(await ask(replica, '/healthz')).toBe('200 ok\n');
    await clock.advance(5000);
    expect([replica.reconciled, lock.record]).toEqual([[], undefined]);
    replica.source.sync();
    await settle();
    expect(await ask(replica, '/readyz')).toBe('200 ok\n');
    expect([replica.reconciled, lock.record?.holder]).toEqual([['a begins', 'a ends'], 'one']);
    cluster.create(PODS, pod('b'));
    await settle();
    expect(replica.reconciled).toContain('b ends');
    expect(await ask(replica, '/metrics')).toContain('leader_election_master_status{name="slipway-operator"} 1');
  });

  test('a standby is ready, does nothing, and takes over at once when the leader stops in good order', async () => {
    const one = await start('one');
    const two = await start('two');
    cluster.create(PODS, pod('a'));
    await settle();
    expect([one.reconciled, two.reconciled]).toEqual([['a begins', 'a ends'], []]);
    expect(await ask(two, '/readyz')).toBe('200 ok\n');
    one.stop.abort();
    await clock.advance(3000);
    await one.ended;
    expect([one.outcome, lock.record?.holder, two.reconciled]).toEqual(['Stopped', 'two', ['a begins', 'a ends']]);
    expect(one.source.isRunning).toBe(false);
  });

  test('what is in work is finished before leadership is handed on', async () => {
    cluster.create(PODS, pod('a'));
    const replica = await start('one', { workMs: 6000 });
    replica.stop.abort();
    await clock.advance(5000);
    expect([replica.outcome, lock.record?.holder]).toEqual(['Runs', 'one']);
    await clock.advance(1000);
    await replica.ended;
    expect([replica.reconciled, lock.record?.holder]).toEqual([['a begins', 'a ends'], '']);
  });

  test('work that does not end in time is cut off', async () => {
    cluster.create(PODS, pod('a'));
    const replica = await start('one', { workMs: 60_000 });
    replica.stop.abort();
    await clock.advance(10_000);
    await replica.ended;
    expect([replica.outcome, replica.reconciled]).toEqual(['Stopped', ['a begins', 'a is cut off']]);
  });

  test('a leader that loses its lease cuts its work off, and its writes go nowhere', async () => {
    cluster.create(PODS, pod('a'));
    const replica = await start('one', { workMs: 60_000 });
    const fence = newWriteFence(replica.election);
    expect(fence()).toBeGreaterThan(5000);
    replica.view.network = 'Errors';
    for (let second = 0; second < 12; second++) await clock.advance(1000);
    await replica.ended;
    expect([replica.outcome, replica.reconciled]).toEqual(['LeadershipLost', ['a begins', 'a is cut off']]);
    expect(fence).toThrow(NotLeadingError);
  });

  test.each([
    { name: 'before the caches are filled', holdsBack: true },
    { name: 'while another leads', holdsBack: false },
  ])('stops $name', async ({ holdsBack }) => {
    lock.put({ holder: 'another', leaseSeconds: 15, acquiredAtMs: 0, renewedAtMs: 0, transitions: 0 });
    const replica = await start('one', { holdsBack });
    replica.stop.abort();
    await replica.ended;
    expect([replica.outcome, lock.record?.holder]).toEqual(['Stopped', 'another']);
  });

  test('alone, without an election, it works at once', async () => {
    cluster.create(PODS, pod('a'));
    const [metrics, stop, source] = [new ManagerMetrics(), new AbortController(), new FakeSource(cluster, PODS)];
    const manager = new Manager({ logger: SILENT_LOGGER, metrics, ports: { probes: 0, metrics: 0 }, host: '127.0.0.1', clock });
    let reconciled = 0;
    const reconciler = { reconcile: async () => ({ kind: 'Done', count: reconciled++ }) as const };
    manager.addController({ name: 'pods', reconciler, watches: [{ source, mapToKeys: () => [{ namespace: 'shop', name: 'a' }] }] });
    const ended = manager.run(stop.signal);
    while (reconciled === 0) await settle();
    stop.abort();
    expect(await ended).toBe('Stopped');
  });

  test('shows what it does to who asks on the loopback address, and no more than that', async () => {
    cluster.create(PODS, pod('a'));
    const replica = await start('one', { debug: 0, workMs: 1000 });
    const look = async (path: string) =>
      (await fetch(`http://127.0.0.1:${replica.manager.ports.debug}${path}`, { headers: { connection: 'close' } })).json();
    await clock.advance(500);
    expect(await look('/debug/queue')).toMatchObject({
      pods: { working: { total: 1, keys: [{ key: 'shop/a', seconds: 0.5 }] }, waiting: { total: 0 } },
    });
    expect(await look('/debug/leader')).toMatchObject({ isLeading: true, identity: 'one', holder: 'one', transitions: 0, renewedSecondsAgo: 0.5 });
    expect(await look('/debug/caches')).toEqual({ Pod: { synced: true, objects: 1, relists: 0 } });
    await clock.advance(1000);
    expect(await look('/debug/reconciles')).toEqual({
      pods: [{ key: 'shop/a', endedSecondsAgo: 0.5, outcome: 'Done', seconds: 1, actions: ['worked'] }],
    });
    expect(await look('/debug/reconciles?key=shop%2Fa')).toMatchObject({ pods: { outcome: 'Done' } });
    expect(await look('/debug/reconciles?key=shop/b')).toEqual({ error: expect.stringContaining('No reconcile of "shop/b" is remembered') });
    expect(await look('/debug')).toEqual({ paths: ['/debug/queue', '/debug/caches', '/debug/reconciles', '/debug/leader'] });
    expect(await look('/metrics')).toEqual({ error: expect.stringContaining('Nothing is here: ask for /debug/queue') });
  });

  test('a port that is taken is named', async () => {
    const replica = await start('one');
    const ports = { probes: replica.manager.ports.probes, metrics: 0 };
    const second = new Manager({ logger: SILENT_LOGGER, metrics: new ManagerMetrics(), ports, host: '127.0.0.1', clock });
    await expect(second.run(new AbortController().signal)).rejects.toThrow(
      `Could not listen on 127.0.0.1, port ${ports.probes} for health probes: listen EADDRINUSE`,
    );
  });
});
