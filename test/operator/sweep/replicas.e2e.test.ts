/** Two replicas of the operator through one proxy that knows them apart: never do both write, whoever stands still or is cut off. */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DIGEST_A, DIGEST_B } from '../../builders/model-deployment.js';
import { eventually } from '../../contract/eventually.js';
import type { CallRecord } from '../../rigs/fault-proxy/call-log.js';
import type { OperatorProcess } from '../operator-process.js';
import { writesOf } from './arm.js';
import { PRODUCTS } from './journeys.js';
import { MODEL } from './replay.js';
import { SweepRig } from './rig.js';
import { KubeUser } from './user.js';

const LIMIT_MS = 180_000;
/** From the death of a leader to the first write of the next. */
const FAILOVER_MS = 20_000;
const HANDOVER_MS = 3000;
const URI = 'oci://registry.invalid/models/reader:1';
const SPEC = { model: { uri: URI, digest: DIGEST_A }, replicas: 2, accelerator: { vendor: 'nvidia', products: [PRODUCTS[0]] } } as const;

let rig: SweepRig;
let namespace: string;
let user: KubeUser;
let one: OperatorProcess;
let two: OperatorProcess;
const nameOf = (replica: 'one' | 'two') => `${namespace}.${replica}`;

beforeAll(async () => {
  rig = await SweepRig.open();
}, LIMIT_MS);
afterAll(() => rig.close(), LIMIT_MS);

beforeEach(async () => {
  namespace = await rig.enter();
  user = new KubeUser(rig, namespace);
  one = rig.startOperator({ namespace, who: nameOf('one'), elects: true });
  await one.leads(60_000);
  two = rig.startOperator({ namespace, who: nameOf('two'), elects: true });
  await eventually('the second to stand by', 60_000, () => two.output.includes('"message":"Waiting to lead"'), Boolean);
  await user.create(SPEC);
  await user.untilReady();
}, LIMIT_MS);
afterEach(async () => {
  rig.proxy.clear();
  await Promise.all([one, two].map((operator) => rig.stopOperator(operator)));
  await rig.leave(namespace);
}, LIMIT_MS);

/** When the server took the first write by which the second replica says that it leads. */
function acquiredAt(): number | undefined {
  const leases = rig.proxy.log.of(nameOf('two')).filter(({ resource, isWrite, status = 0 }) => resource === 'leases' && isWrite && status < 300);
  return leases[0]?.servedAtMs;
}

/** Writes of the first replica that the server did after the second had begun to lead. */
function lateWrites(): CallRecord[] {
  const since = acquiredAt() ?? Number.POSITIVE_INFINITY;
  return rig.proxy.log.writesOf(nameOf('one')).filter(({ servedAtMs = 0 }) => servedAtMs > since);
}

async function untilTwoWrites(): Promise<number> {
  const first = () => rig.proxy.log.writesOf(nameOf('two'))[0]?.servedAtMs;
  return (await eventually('a write of the second replica', 60_000, first, (at) => at !== undefined)) ?? 0;
}

describe('two replicas', () => {
  test(
    'a leader that stands still for 20 s: the other follows, and no write of the first is served after that',
    async () => {
      one.pause();
      const pausedAt = Date.now();
      await user.edit({ model: { uri: URI, digest: DIGEST_B } });
      const followedAt = await untilTwoWrites();
      await sleep(Math.max(0, 20_000 - (Date.now() - pausedAt)));
      one.resume();
      await user.untilReady();
      await sleep(3000);
      expect(lateWrites()).toEqual([]);
      expect(followedAt - pausedAt).toBeLessThan(FAILOVER_MS);
      process.stdout.write(`  failover ${followedAt - pausedAt} ms\n`);
    },
    LIMIT_MS,
  );

  test(
    'of writes that the network held for 20 s none but that one is served after another leads, and the world ends as it should',
    async () => {
      const held = rig.proxy.add({ match: writesOf(nameOf('one')), times: 1, fault: { kind: 'Delay', ms: 20_000 }, onHit: () => one.pause() });
      await user.edit({ model: { uri: URI, digest: DIGEST_B } });
      await eventually(
        'a write to be held',
        30_000,
        () => held.hits,
        (hits) => hits === 1,
      );
      await untilTwoWrites();
      await sleep(22_000); // until what was held has been let go
      one.resume();
      await user.untilReady();
      // the server may take the one that was under way: its clock starts when the request reaches it (ADR 36)
      expect(lateWrites().length).toBeLessThanOrEqual(1);
      await sleep(3000);
      expect(rig.recorder.get('service', namespace, MODEL)?.['spec']).toMatchObject({ selector: { 'slipway.dev/model': MODEL } });
      await user.untilReady();
    },
    LIMIT_MS,
  );

  test(
    'a leader that is killed is followed within 20 s, one that stops within 3 s',
    async () => {
      const killedAt = Date.now();
      one.kill();
      await user.edit({ replicas: 1 });
      const failoverMs = (await untilTwoWrites()) - killedAt;
      one = rig.startOperator({ namespace, who: nameOf('one'), elects: true });
      await eventually('the first to stand by', 60_000, () => one.output.includes('"message":"Waiting to lead"'), Boolean);
      const before = rig.proxy.log.writesOf(nameOf('one')).length;
      const stoppedAt = Date.now();
      const stopping = two.stop('SIGTERM');
      await user.edit({ replicas: 2 });
      const first = () => rig.proxy.log.writesOf(nameOf('one'))[before]?.servedAtMs;
      const followedAt = (await eventually('a write of the first', 60_000, first, (at) => at !== undefined)) ?? 0;
      await stopping;
      process.stdout.write(`  failover ${failoverMs} ms, handover ${followedAt - stoppedAt} ms\n`);
      expect(failoverMs).toBeLessThan(FAILOVER_MS);
      expect(followedAt - stoppedAt).toBeLessThan(HANDOVER_MS);
    },
    LIMIT_MS,
  );
});

describe('one replica', () => {
  test(
    `in a steady state writes nothing but its Lease, asks less than once a second and has at most four sockets`,
    async () => {
      await rig.stopOperator(two);
      while (Date.now() - rig.recorder.lastChangeMs(namespace) < 5000) await sleep(200);
      const start = Date.now();
      await sleep(30_000);
      const calls = rig.proxy.log.of(nameOf('one')).filter(({ atMs }) => atMs >= start);
      const sockets = rig.proxy.door.socketsOf(nameOf('one'));
      process.stdout.write(`  ${calls.length} requests in 30 s, ${sockets} sockets\n`);
      expect(calls.filter(({ isWrite, resource }) => isWrite && resource !== 'leases')).toEqual([]);
      expect(calls.length).toBeLessThanOrEqual(30);
      expect(sockets).toBeLessThanOrEqual(4);
    },
    LIMIT_MS,
  );

  test(
    'lives through an API server that is away for 6 s, and goes on where it was',
    async () => {
      await rig.stopOperator(two);
      const outage = rig.proxy.outage(6_000);
      await user.edit({ model: { uri: URI, digest: DIGEST_B } });
      await outage;
      await user.untilReady();
      expect(one.isRunning).toBe(true);
      expect(rig.recorder.get('service', namespace, MODEL)).toBeDefined();
    },
    LIMIT_MS,
  );
});
