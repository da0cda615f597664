import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeClient } from '../../lib/kube/kube-client.js';
import { KubeTransport } from '../../lib/kube/transport.js';
import { answerJson, answerStatus, FakeHttpServer } from '../../test/fakes/http-server.js';
import { LeaseLock } from './lease-lock.js';

const key = { namespace: 'slipway-system', name: 'slipway-operator' };
const record = { holder: 'a', leaseSeconds: 15, acquiredAtMs: Date.UTC(2026, 0, 1, 0, 0, 0, 250), renewedAtMs: Date.UTC(2026, 0, 1), transitions: 2 };
const signal = AbortSignal.timeout(5000);

let server: FakeHttpServer;
let transport: KubeTransport;
let lock: LeaseLock;
beforeEach(async () => {
  server = await new FakeHttpServer(({ body }, response) =>
    answerJson(response, 200, { ...JSON.parse(body || '{}'), metadata: { ...key, resourceVersion: '8' } }),
  ).listen();
  transport = new KubeTransport(server.access(), { userAgent: 'test' });
  lock = new LeaseLock(new KubeClient(transport), key);
});
afterEach(async () => {
  await transport.close();
  await server.close();
});

describe('LeaseLock', () => {
  test('makes the Lease with times of six digits and reads it back', async () => {
    expect(await lock.write(record, undefined, signal)).toEqual({ record, version: '8' });
    expect(server.calls[0]).toMatchObject({ method: 'POST', path: '/apis/coordination.k8s.io/v1/namespaces/slipway-system/leases' });
    expect(JSON.parse(server.calls[0]?.body ?? '').spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.250000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 2,
    });
  });
  test('writes over the version that was seen, and leaves labels alone', async () => {
    await lock.write(record, { record, version: '7' }, signal);
    const { method, body } = server.calls[0] ?? {};
    expect([method, Object.keys(JSON.parse(body ?? '')), JSON.parse(body ?? '').metadata]).toEqual([
      'PATCH',
      ['metadata', 'spec'],
      { resourceVersion: '7' },
    ]);
  });
  test.each(['Conflict', 'AlreadyExists'])('%s means that somebody was faster', async (reason) => {
    server.answerWith((_, response) => answerStatus(response, 409, reason, 'no'));
    expect(await lock.write(record, undefined, signal)).toBeUndefined();
  });
  test('what was seen and is gone now is not what was seen', async () => {
    server.answerWith((_, response) => answerStatus(response, 404, 'NotFound', 'leases "slipway-operator" not found'));
    expect(await lock.write(record, { record, version: '7' }, signal)).toBeUndefined();
    await expect(lock.write(record, undefined, signal)).rejects.toThrow('not found'); // the namespace
  });
  test('other failures are failures', async () => {
    server.answerWith((_, response) => answerStatus(response, 403, 'Forbidden', 'leases is forbidden'));
    await expect(lock.write(record, undefined, signal)).rejects.toThrow('leases is forbidden');
  });
  test('no Lease, and one that somebody made by hand', async () => {
    server.answerWith((_, response) => answerStatus(response, 404, 'NotFound', 'none'));
    expect(await lock.read(signal)).toBeUndefined();
    server.answerWith((_, response) => answerJson(response, 200, { metadata: { ...key, resourceVersion: '1' }, spec: { holderIdentity: null } }));
    expect(await lock.read(signal)).toEqual({
      record: { holder: '', leaseSeconds: 0, acquiredAtMs: 0, renewedAtMs: 0, transitions: 0 },
      version: '1',
    });
  });
});
