/** The operator as it ships, all of it, on the in-memory API server: what the crash sweep stands on. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { KubeTransport } from '../../lib/kube/transport.js';
import { SILENT_LOGGER } from '../../lib/logger.js';
import { KINDS } from '../../operator/api/kinds.js';
import { assembleOperator } from '../../operator/assemble.js';
import type { ManagerOutcome } from '../../operator/manager/manager.js';
import { ManagerMetrics } from '../../operator/manager/metrics.js';
import { asList, asRecord } from '../../operator/view/json.js';
import { DIGEST_A, DIGEST_B, makeModelDeployment } from '../builders/model-deployment.js';
import { makeOperatorConfig } from '../builders/operator-config.js';
import { REPORT } from '../builders/report.js';
import { SimulatedKubernetes } from '../builders/simulated-kubernetes.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { PASS } from '../fakes/memory-api/exchange.js';
import { MemoryApi } from '../fakes/memory-api/memory-api.js';

const KEY = { namespace: 'shop', name: 'reader' };
const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };

class Rig {
  readonly clock = new FakeClock();
  readonly api = new MemoryApi(this.clock);
  readonly kubernetes = new SimulatedKubernetes(this.api, {
    resolve: (uri) => ({ code: 'OK', stage: 'resolve', message: 'ok', digest: uri.endsWith(':1') ? DIGEST_A : DIGEST_B }),
    serve: () => ({ kind: 'Ready' }),
  });

  start(name: string): { stop(): Promise<ManagerOutcome> } {
    const { clock, api } = this;
    const stop = new AbortController();
    const transport = new KubeTransport(api.access(), { userAgent: 'slipway-operator', connect: api.connect(name), clock });
    const operator = assembleOperator({
      config: makeOperatorConfig(name, 'slipway'),
      ...{ transport, metrics: new ManagerMetrics(), log: SILENT_LOGGER, namespace: 'slipway', identity: name, ports: undefined },
      probe: { statusz: async () => REPORT },
      time: { wall: clock, steady: clock, random: () => 0.5 },
    });
    const ended = operator.run(stop.signal);
    return {
      stop: async () => {
        stop.abort();
        await clock.advance(1000);
        return ended;
      },
    };
  }

  /** The cluster moves once a second. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.clock.advance(1000);
      this.kubernetes.step();
    }
    await this.clock.advance(100);
  }

  /** `True Serving`. */
  ready(): string {
    const conditions = asList(asRecord(this.api.get(KINDS.modelDeployment, KEY)?.['status'])['conditions']).map(asRecord);
    const ready = conditions.find(({ type }) => type === 'Ready');
    return `${ready?.['status']} ${ready?.['reason']}`;
  }

  holder(): unknown {
    return asRecord(this.api.get(LEASE, { namespace: 'slipway', name: 'slipway-operator' })?.['spec'])['holderIdentity'];
  }
}

const running: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});

function started(rig: Rig, name: string): { stop(): Promise<ManagerOutcome> } {
  const operator = rig.start(name);
  running.push(operator);
  return operator;
}

describe('The whole operator on the in-memory API server', () => {
  test('a model is served, changed and deleted', async () => {
    const rig = new Rig();
    started(rig, 'one');
    await rig.pass(2);
    rig.api.create(KINDS.modelDeployment, makeModelDeployment().replicas(2).obj());
    await rig.pass(10);
    expect(rig.ready()).toBe('True Serving');
    rig.api.update(KINDS.modelDeployment, KEY, { spec: { model: { uri: 'oci://registry.test/models/reader:2' } } });
    await rig.pass(20);
    expect([rig.ready(), rig.api.objects(KINDS.deployment).length]).toEqual(['True Serving', 1]);
    rig.api.remove(KINDS.modelDeployment, KEY);
    await rig.pass(5);
    expect(Object.values(KINDS).flatMap((kind) => rig.api.objects(kind).map(({ metadata }) => metadata.name))).toEqual([]);
  });

  test('at rest it renews its Lease and writes nothing else', async () => {
    const rig = new Rig();
    rig.api.create(KINDS.modelDeployment, makeModelDeployment().obj());
    started(rig, 'one');
    await rig.pass(60);
    const from = rig.clock.now();
    await rig.clock.advance(300_000);
    const writes = rig.api.log.filter(({ atMs, writeIndex }) => atMs > from && writeIndex !== undefined);
    expect(new Set(writes.map(({ resource }) => resource?.kind))).toEqual(new Set(['Lease']));
    expect(writes.length).toBeGreaterThan(100);
  });

  test('lives through an outage of a minute, lost replies and broken watches', async () => {
    const rig = new Rig();
    started(rig, 'one');
    await rig.pass(2);
    rig.api.faults = ({ writeIndex }) => (writeIndex !== undefined && writeIndex % 3 === 0 ? { kind: 'LostReply' } : PASS);
    rig.api.create(KINDS.modelDeployment, makeModelDeployment().replicas(2).obj());
    await rig.pass(2);
    for (const watch of rig.api.watches('one')) watch.sendError(410, 'Expired');
    await rig.pass(30);
    expect(rig.ready()).toBe('True Serving');
  });

  test('a second replica takes over when the first gets through no more', async () => {
    const rig = new Rig();
    started(rig, 'one');
    await rig.pass(2);
    started(rig, 'two');
    await rig.pass(5);
    expect(rig.holder()).toBe('one');
    rig.api.faults = ({ client }) => (client === 'one' ? { kind: 'Hang' } : PASS);
    await rig.pass(40);
    expect(rig.holder()).toBe('two');
    rig.api.create(KINDS.modelDeployment, makeModelDeployment().obj());
    await rig.pass(10);
    expect(rig.ready()).toBe('True Serving');
  });
});
