import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeClient } from '../../lib/kube/kube-client.js';
import { KubeTransport } from '../../lib/kube/transport.js';
import { FakeClock } from '../../test/fakes/fake-clock.js';
import { answerJson, answerStatus, FakeHttpServer } from '../../test/fakes/http-server.js';
import type { KubeObject } from '../ports.js';
import { EVENT_LIMITS, EventLedger } from './event-limits.js';
import { KubeEventRecorder } from './event-recorder.js';

const model: KubeObject = {
  apiVersion: 'slipway.dev/v1alpha1',
  kind: 'ModelDeployment',
  metadata: { name: 'reader', namespace: 'shop', uid: 'u1', resourceVersion: '9' },
};

let server: FakeHttpServer;
let transport: KubeTransport;
let clock: FakeClock;
let recorder: KubeEventRecorder;
beforeEach(async () => {
  clock = new FakeClock();
  server = await new FakeHttpServer((_, response) => answerJson(response, 201, { metadata: { name: 'e' } })).listen();
  transport = new KubeTransport(server.access(), { userAgent: 'test' });
  recorder = new KubeEventRecorder({ client: new KubeClient(transport), instance: 'operator-0', clock });
});
afterEach(async () => {
  await transport.close();
  await server.close();
});
const sent = () => server.calls.map(({ body }) => JSON.parse(body));

describe('KubeEventRecorder', () => {
  test('tells what happened, to whom, and who says so', async () => {
    recorder.event(model, 'Warning', 'DigestMismatch', 'the bytes are not those of the digest');
    await recorder.flush();
    expect(server.calls[0]).toMatchObject({
      method: 'PATCH',
      path: expect.stringMatching(/^\/api\/v1\/namespaces\/shop\/events\/reader\.[0-9a-f]{16}$/),
    });
    expect(sent()).toMatchObject([
      {
        involvedObject: { kind: 'ModelDeployment', name: 'reader', namespace: 'shop', uid: 'u1', resourceVersion: '9' },
        type: 'Warning',
        reason: 'DigestMismatch',
        message: 'the bytes are not those of the digest',
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        source: { component: 'slipway-operator' },
        reportingInstance: 'operator-0',
      },
    ]);
  });

  test('repeats raise the count of one Event; another message is another', async () => {
    recorder.event(model, 'Normal', 'Scaled', 'to 2');
    await recorder.flush();
    await clock.advance(5000);
    recorder.event(model, 'Normal', 'Scaled', 'to 2');
    recorder.event(model, 'Normal', 'Scaled', 'to 3');
    await recorder.flush();
    expect(sent().map(({ message, count, lastTimestamp }) => [message, count, lastTimestamp])).toEqual([
      ['to 2', 1, '2026-01-01T00:00:00Z'],
      ['to 2', 2, '2026-01-01T00:00:05Z'],
      ['to 3', 1, '2026-01-01T00:00:05Z'],
    ]);
    const [first, second, third] = server.calls.map(({ path }) => path);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  test('what repeats while it waits is written once, with the last count', async () => {
    for (let time = 0; time < 5; time++) recorder.event(model, 'Normal', 'Scaled', 'to 2');
    await recorder.flush();
    expect(sent().map(({ count }) => count)).toEqual([1, 5]);
  });

  test('an API server that refuses or is gone harms nobody', async () => {
    server.answerWith((_, response) => answerStatus(response, 403, 'Forbidden', 'namespace shop is being terminated'));
    recorder.event(model, 'Normal', 'Scaled', 'to 2');
    await recorder.flush();
    await server.close();
    recorder.event(model, 'Normal', 'Scaled', 'to 3');
    await recorder.flush();
    server = await new FakeHttpServer(() => undefined).listen();
  });

  test('long texts are cut to what the API takes', async () => {
    recorder.event({ ...model, metadata: { ...model.metadata, name: 'x'.repeat(253) } }, 'Normal', 'r'.repeat(200), 'm'.repeat(5000));
    await recorder.flush();
    const [event] = sent();
    expect([event.metadata.name.length, event.reason.length, event.message.length]).toEqual([247, 128, 1024]);
  });
});

describe('EventLedger', () => {
  const limits = { ...EVENT_LIMITS, maxKeys: 3, burst: 2, refillMs: 1000, repeatWindowMs: 5000 };
  test('an object that has too much to say falls silent and is counted on', () => {
    const ledger = new EventLedger(limits);
    const at = (nowMs: number) => ledger.count({ key: 'k', about: 'o' }, nowMs);
    expect([at(0), at(0), at(0), at(1000)].map(({ isAllowed, count }) => `${count} ${isAllowed}`)).toEqual(['1 true', '2 true', '3 false', '4 true']);
    expect(ledger.count({ key: 'k2', about: 'other' }, 1000).isAllowed).toBe(true);
  });
  test('after the window a repeat is news again', () => {
    const ledger = new EventLedger(limits);
    ledger.count({ key: 'k', about: 'o' }, 0);
    expect(ledger.count({ key: 'k', about: 'o' }, 4999)).toMatchObject({ count: 2, firstMs: 0 });
    expect(ledger.count({ key: 'k', about: 'o' }, 10_000)).toMatchObject({ count: 1, firstMs: 10_000 });
  });
  test('forgets what was not used for longest', () => {
    const ledger = new EventLedger(limits);
    for (const key of ['a', 'b', 'c', 'a', 'd']) ledger.count({ key, about: key }, 0);
    expect(ledger.count({ key: 'a', about: 'a' }, 1).count).toBe(3);
    expect(ledger.count({ key: 'b', about: 'b' }, 1).count).toBe(1);
  });
});
