import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeTransport } from '../../lib/kube/transport.js';
import { answerJson, FakeHttpServer } from '../../test/fakes/http-server.js';
import type { ResourceKind } from '../ports.js';
import { Informer } from './informer.js';

const PODS: ResourceKind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
const pod = (namespace: string, name: string, version: number) => ({
  metadata: { name, namespace, uid: `${namespace}-${name}`, resourceVersion: String(version), labels: { 'slipway.dev/model': 'reader' } },
});

let server: FakeHttpServer;
let transport: KubeTransport;
let stop: AbortController;
let running: Promise<void>;
let watchers: ((line: string) => void)[];

beforeEach(async () => {
  watchers = [];
  server = await new FakeHttpServer(({ path, query }, response) => {
    const namespace = path.split('/')[4] ?? 'everywhere';
    if (query.get('watch') !== 'true') {
      answerJson(response, 200, { metadata: { resourceVersion: '5' }, items: [pod(namespace, 'a', 1)] });
      return;
    }
    response.writeHead(200).flushHeaders();
    watchers.push((line) => response.write(line));
  }).listen();
  transport = new KubeTransport(server.access(), { userAgent: 'test' });
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await running;
  await transport.close();
  await server.close();
});

const until = async (isDone: () => boolean) => {
  for (let turn = 0; !isDone() && turn < 500; turn++) await sleep(5);
  expect(isDone()).toBe(true);
};

describe('Informer', () => {
  test('one watch for all namespaces; listeners hear what the cache shows already', async () => {
    const informer = new Informer({ transport, resource: PODS });
    const heard: string[] = [];
    informer.subscribe((object, old) => {
      const { namespace = '', name } = object.metadata;
      const shown = informer.get({ namespace, name })?.metadata.resourceVersion ?? 'gone';
      heard.push(`${name} was ${old?.metadata.resourceVersion ?? 'absent'} is ${shown}`);
    });
    expect(informer.hasSynced).toBe(false);
    running = informer.run(stop.signal);
    await informer.synced();
    expect(informer.hasSynced).toBe(true);
    await until(() => watchers.length === 1);
    const lines = [
      { type: 'MODIFIED', object: pod('everywhere', 'a', 7) },
      { type: 'DELETED', object: pod('everywhere', 'a', 8) },
    ];
    for (const line of lines) watchers[0]?.(`${JSON.stringify(line)}\n`);
    await until(() => heard.length === 3);
    expect(heard).toEqual(['a was absent is 1', 'a was 1 is 7', 'a was absent is gone']);
    expect(server.calls.map(({ path }) => path)).toEqual(['/api/v1/pods', '/api/v1/pods']);
  });

  test('a watch for each namespace that it may see, all in one cache', async () => {
    const informer = new Informer({ transport, resource: PODS, namespaces: ['shop', 'lab'] });
    running = informer.run(stop.signal);
    await informer.synced();
    expect(
      informer
        .list({})
        .map(({ metadata }) => metadata.namespace)
        .sort(),
    ).toEqual(['lab', 'shop']);
    expect(informer.list({ namespace: 'shop', labels: { 'slipway.dev/model': 'reader' } })).toHaveLength(1);
    expect(informer.get({ namespace: 'lab', name: 'a' })?.metadata.uid).toBe('lab-a');
    expect(new Set(server.calls.map(({ path }) => path))).toEqual(new Set(['/api/v1/namespaces/shop/pods', '/api/v1/namespaces/lab/pods']));
  });

  test('a listener that throws, as one that maps to keys may, is counted and keeps nothing from the cache and the others', async () => {
    const [errors, heard]: [string[], string[]] = [[], []];
    const informer = new Informer({ transport, resource: PODS, onListenerError: ({ message }) => errors.push(message) });
    informer.subscribe(({ metadata }) => {
      throw new TypeError(`cannot map ${metadata.name}`);
    });
    informer.subscribe(({ metadata }) => heard.push(metadata.name));
    running = informer.run(stop.signal);
    await informer.synced();
    await until(() => watchers.length === 1);
    watchers[0]?.(`${JSON.stringify({ type: 'ADDED', object: pod('everywhere', 'b', 7) })}\n`);
    await until(() => heard.length === 2);
    expect([errors, heard]).toEqual([
      ['cannot map a', 'cannot map b'],
      ['a', 'b'],
    ]);
    expect(informer.count('everywhere')).toBe(2);
    expect(informer.state()).toMatchObject({ objects: 2, resourceVersion: '7', relists: 0 });
    expect(informer.state().lastEventSecondsAgo).toBeLessThan(10);
  });

  test('keeps what is left of an object', async () => {
    const informer = new Informer({
      transport,
      resource: PODS,
      transform: ({ metadata: { labels: _, ...metadata }, ...object }) => ({ ...object, metadata }),
    });
    running = informer.run(stop.signal);
    await informer.synced();
    expect(informer.get({ namespace: 'everywhere', name: 'a' })?.metadata.labels).toBeUndefined();
  });
});
