import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Agent, request } from 'undici';
import { ETCD_FULL, throttled } from './fault.js';
import { FaultProxy } from './fault-proxy.js';
import { SmallUpstream } from './small-upstream.js';
import { errorEvent, halfOpen } from './watch-scripts.js';

const PODS = '/api/v1/namespaces/shop/pods';

describe.each([
  ['HTTP/1.1', false],
  ['HTTP/2', true],
])('FaultProxy over %s', (_, allowH2) => {
  let upstream: SmallUpstream;
  let proxy: FaultProxy;
  let agent: Agent;
  let token: string;

  beforeEach(async () => {
    upstream = new SmallUpstream();
    proxy = await FaultProxy.start(await upstream.start());
    token = proxy.rotateToken('me');
    agent = newAgent();
  });
  afterEach(async () => {
    await agent.destroy();
    await proxy.stop();
    await upstream.stop();
  });

  function newAgent(): Agent {
    return new Agent({ allowH2, connections: 1, connect: { ca: proxy.ca } });
  }

  async function ask(method: string, path: string, options: { readonly body?: string; readonly timeoutMs?: number } = {}) {
    const signal = AbortSignal.timeout(options.timeoutMs ?? 5000);
    const headers = { authorization: `Bearer ${token}` };
    const answer = await request(proxy.url + path, { method, headers, dispatcher: agent, body: options.body ?? null, signal });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }

  async function watch(signal: AbortSignal, hear: (text: string) => void = () => undefined): Promise<string> {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await request(`${proxy.url}${PODS}?watch=true`, { method: 'GET', headers, dispatcher: agent, signal });
    let text = '';
    try {
      for await (const chunk of answer.body) {
        text += String(chunk);
        hear(text);
      }
      return `${text}(end)`;
    } catch {
      return `${text}(cut)`;
    }
  }

  const until = async (isSo: () => boolean) => {
    while (!isSo()) await sleep(5);
  };
  const isWatched = () => until(() => upstream.watching > 0);

  test('passes reads, writes and watches, and tells what it passed', async () => {
    expect(JSON.parse((await ask('GET', PODS)).body)).toMatchObject({ kind: 'PodList' });
    expect(await ask('PATCH', `${PODS}/a?force=true`, { body: '{"x":1}' })).toMatchObject({ status: 200 });
    expect(upstream.writes).toEqual([`PATCH ${PODS}/a?force=true {"x":1}`]);
    expect(proxy.door.socketsOf('me')).toBe(1);
    const leave = new AbortController();
    const watching = watch(leave.signal, (text) => {
      if (text.includes('two')) leave.abort();
    });
    await isWatched();
    upstream.push('{"one":1}\n');
    upstream.push('{"two":2}\n');
    expect(await watching).toBe('{"one":1}\n{"two":2}\n(cut)');
    await until(() => upstream.watching === 0); // the client's end is the upstream's
    const told = proxy.log.records.map(({ who, verb, resource, status }) => [who, verb, resource, status]);
    expect(told).toEqual([
      ['me', 'list', 'pods', 200],
      ['me', 'patch', 'pods', 200],
      ['me', 'watch', 'pods', 200],
    ]);
    expect(proxy.log.writesOf('me')).toHaveLength(1);
  });

  test('refuses tokens that it did not give, and old ones', async () => {
    const old = token;
    token = proxy.rotateToken('me');
    expect(await ask('GET', PODS)).toMatchObject({ status: 200 });
    token = old;
    expect(await ask('GET', PODS)).toMatchObject({ status: 401 });
  });

  test('answers instead of the server', async () => {
    proxy.add({ match: { isWrite: true }, times: 1, fault: throttled(3) });
    proxy.add({ match: { isWrite: true }, from: 2, fault: ETCD_FULL });
    expect(await ask('POST', PODS)).toMatchObject({ status: 429, headers: { 'retry-after': '3' } });
    expect(await ask('POST', PODS)).toMatchObject({ status: 500, body: expect.stringContaining('database space exceeded') });
    expect(upstream.writes).toEqual([]);
  });

  test.each([
    ['lost replies', { kind: 'LoseReply', how: 'Reset' } as const, 1],
    ['replies that never come', { kind: 'LoseReply', how: 'Hang' } as const, 1],
    ['resets', { kind: 'Reset' } as const, 0],
    ['hangs', { kind: 'Hang' } as const, 0],
    ['bodies that are cut', { kind: 'Truncate', how: 'Cut' } as const, 1],
  ])('does %s', async (_name, fault, written) => {
    proxy.add({ match: { isWrite: true }, times: 1, fault });
    await ask('GET', PODS); // connected
    await expect(ask('POST', PODS, { timeoutMs: 1000 })).rejects.toThrow();
    expect(upstream.writes).toHaveLength(written);
    expect(await ask('GET', PODS)).toMatchObject({ status: 200 });
  });

  test('ends a body in its middle as if that were all', async () => {
    proxy.add({ match: { verbs: ['list'] }, fault: { kind: 'Truncate', how: 'End' } });
    const { status, body } = await ask('GET', PODS);
    expect(status).toBe(200);
    expect(() => JSON.parse(body)).toThrow();
  });

  test('serves late, even to a client that has gone', async () => {
    proxy.add({ match: { isWrite: true }, fault: { kind: 'Delay', ms: 1500 } });
    await ask('GET', PODS); // connected
    await expect(ask('POST', PODS, { timeoutMs: 700 })).rejects.toThrow();
    expect(upstream.writes).toEqual([]);
    await until(() => upstream.writes.length === 1);
  });

  test('answers late', async () => {
    proxy.add({ match: { isWrite: true }, fault: { kind: 'DelayReply', ms: 150 } });
    const answer = ask('POST', PODS);
    await until(() => upstream.writes.length === 1);
    const served = Date.now();
    expect(await answer).toMatchObject({ status: 200 });
    expect(Date.now() - served).toBeGreaterThan(50);
  });

  test.each([
    ['BeforeServing', 0],
    ['AfterServing', 1],
  ] as const)('calls back %s', async (when, written) => {
    let writtenThen = -1;
    proxy.add({
      match: { isWrite: true },
      from: 2,
      times: 1,
      fault: {
        kind: 'Crash',
        when,
        call: () => {
          writtenThen = upstream.writes.length;
        },
      },
    });
    await ask('POST', PODS);
    await expect(ask('POST', PODS)).rejects.toThrow();
    expect([writtenThen, upstream.writes.length]).toEqual([1 + written, 1 + written]);
  });

  test('reads the past by an exact list', async () => {
    proxy.add({ match: { verbs: ['get', 'list'] }, fault: { kind: 'Stale', version: () => '17', heldMs: 0 } });
    await ask('GET', `${PODS}?labelSelector=a`);
    expect(JSON.parse((await ask('GET', `${PODS}/a`)).body)).toEqual({ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a' } });
    await ask('GET', `${PODS}?continue=abc`);
    expect(upstream.reads).toEqual([
      `${PODS}?labelSelector=a&resourceVersion=17&resourceVersionMatch=Exact`,
      `${PODS}?resourceVersion=17&resourceVersionMatch=Exact&fieldSelector=metadata.name%3Da`,
      `${PODS}?continue=abc`,
    ]);
  });

  test('knows the version of some time ago', async () => {
    expect(() => proxy.versions.at(0)).toThrow('No version was recorded yet');
    proxy.versions.start(10);
    await until(() => upstream.reads.length > 3);
    expect(proxy.versions.at(20)).toBe('41');
  });

  test('plays scripts on watches', async () => {
    proxy.add({ match: { verbs: ['watch'] }, times: 1, fault: { kind: 'Watch', script: errorEvent(1) } });
    proxy.add({ match: { verbs: ['watch'] }, from: 2, fault: { kind: 'Watch', script: halfOpen() } });
    const watching = watch(AbortSignal.timeout(3000));
    await isWatched();
    upstream.push('{"one":1}\n{"two":2}\n');
    expect(await watching).toMatch(/^\{"one":1\}\n\{"type":"ERROR".*"code":410.*\n\(end\)$/);
    const silent = watch(AbortSignal.timeout(1000));
    await isWatched();
    upstream.push('{"three":3}\n');
    expect(await silent).toBe('(cut)');
  });

  test('is away for a while, at the same address', async () => {
    await ask('GET', PODS);
    const outage = proxy.outage(200);
    await expect(ask('GET', PODS)).rejects.toThrow();
    await outage;
    expect(await ask('GET', PODS)).toMatchObject({ status: 200 });
  });

  test('goes silent on the sockets of one client; new ones work', async () => {
    await ask('GET', PODS);
    proxy.door.silence('me');
    await expect(ask('GET', PODS, { timeoutMs: 200 })).rejects.toThrow();
    await agent.destroy();
    agent = newAgent();
    expect(await ask('GET', PODS)).toMatchObject({ status: 200 });
  });

  test('gets a certificate of another authority', async () => {
    await ask('GET', PODS);
    const before = proxy.ca;
    expect(proxy.rotateAuthority()).not.toBe(before);
    await expect(ask('GET', PODS)).rejects.toThrow();
    await agent.destroy();
    agent = newAgent();
    expect(await ask('GET', PODS)).toMatchObject({ status: 200 });
  });

  test('writes a kubeconfig that leads to it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-proxy-test-'));
    const file = join(folder, 'kubeconfig');
    proxy.writeKubeconfig({ who: 'other', file, namespace: 'shop' });
    const config = JSON.parse(readFileSync(file, 'utf8'));
    rmSync(folder, { recursive: true });
    expect(config).toMatchObject({ clusters: [{ cluster: { server: proxy.url } }], contexts: [{ context: { namespace: 'shop' } }] });
  });
});
