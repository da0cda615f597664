/** What the adapters of the operator rely on beyond the ports. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readArray } from '../../lib/kube/json.js';
import { resourcePath } from '../../lib/kube/resource-path.js';
import { checkServedCrd } from '../../operator/kube/crd-check.js';
import { EVENTS, KubeEventRecorder } from '../../operator/kube/event-recorder.js';
import { LeaseLock } from '../../operator/kube/lease-lock.js';
import type { ApiWorld, ApiWorldMaker } from './api-world.js';
import { MODELS, makeModel } from './objects.js';

export function describeAdapters(name: string, maker: ApiWorldMaker): void {
  describe(`${name} suits the adapters`, () => {
    let world: ApiWorld;
    beforeEach(async () => {
      world = await maker.make();
    });
    afterEach(() => maker.unmake());

    test('Events are taken, and repeats are counted', async () => {
      const model = await world.hands.create(MODELS, makeModel(world.namespace, 'reader'));
      const recorder = new KubeEventRecorder({ client: world.client, instance: 'contract' });
      for (let time = 0; time < 3; time++) {
        recorder.event(model, 'Warning', 'DigestMismatch', 'other bytes');
        await recorder.flush();
      }
      const list = await world.transport.request({ method: 'GET', path: resourcePath(EVENTS, { namespace: world.namespace }) });
      const events = readArray(list, 'items');
      expect(events).toMatchObject([{ reason: 'DigestMismatch', type: 'Warning', count: 3, involvedObject: { uid: model.metadata.uid } }]);
    });

    test('a Lease is made, renewed, and not taken by who has not seen it last', async () => {
      const lock = new LeaseLock(world.client, { namespace: world.namespace, name: 'slipway-operator' });
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
      await expect(checkServedCrd(world.client, wanted)).rejects.toThrow(
        /has schema revision \d+ and this operator needs 1000000: run `helm show crds slipway/,
      );
    });
  });
}
