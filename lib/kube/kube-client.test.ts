import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeClock } from '../../test/fakes/fake-clock.js';
import type { HttpAnswer, HttpCall } from './connection.js';
import { KubeClient } from './kube-client.js';
import { KubeTransport } from './transport.js';

const PODS = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'shop' } };

let clock: FakeClock;
let sent: HttpCall[];
/** Answers, by turns; the last one again and again. */
let answers: (() => HttpAnswer)[];
beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  answers = [() => answer(200, POD)];
});

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  async function* read(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(JSON.stringify(body));
  }
  return { status, headers, body: read() };
}

function newClient(fence?: () => number): KubeClient {
  const access = { server: 'https://api.test', namespace: 'shop', credentials: async () => ({ tls: {}, headers: {} }) };
  const exchange = async (call: HttpCall): Promise<HttpAnswer> => {
    sent.push(call);
    const next = answers.length > 1 ? answers.shift() : answers[0];
    if (next === undefined) throw new Error('There is no answer left');
    return next();
  };
  const connect = () => ({ exchange, retire: () => undefined, destroy: async () => undefined });
  return new KubeClient(new KubeTransport(access, { userAgent: 'test', clock, connect }), fence);
}

const writes: readonly { readonly name: string; readonly write: (client: KubeClient) => Promise<unknown> }[] = [
  { name: 'create', write: (client) => client.create(PODS, POD) },
  { name: 'apply', write: (client) => client.apply(PODS, POD, { fieldManager: 'test' }) },
  { name: 'mergePatch', write: (client) => client.mergePatch(PODS, POD.metadata, {}) },
  { name: 'delete', write: (client) => client.delete(PODS, POD.metadata) },
];

describe('A fenced client', () => {
  test.each(writes)('$name: nothing is sent when there may be no write', async ({ write }) => {
    const client = newClient(() => {
      throw new Error('Not leading');
    });
    await expect(write(client)).rejects.toThrow('Not leading');
    expect(sent).toEqual([]);
  });

  test.each(writes)('$name: the server is told how long it may take', async ({ write }) => {
    await write(newClient(() => 4200.7));
    expect(new URL(`https://api.test${sent[0]?.target}`).searchParams.get('timeout')).toBe('4200ms');
  });

  test('reads need no leave', async () => {
    await newClient(() => 0).get(PODS, POD.metadata);
    expect(sent[0]?.target).toBe('/api/v1/namespaces/shop/pods/a');
  });

  test('a write that was stopped on its way is not sent again after its time', async () => {
    const busy = { kind: 'Status', message: 'busy', details: { retryAfterSeconds: 1 } };
    answers = [() => answer(429, busy), () => answer(200, POD)];
    const written = expect(newClient(() => 4000).create(PODS, POD)).rejects.toMatchObject({ reason: 'Timeout' });
    await clock.advance(0);
    // the process is stopped and goes on: of its timers, the one that repeats the call comes before the one that ends it
    clock.jump(20_000);
    await clock.advance(0);
    await written;
    expect(sent.length).toBe(1);
  });
});
