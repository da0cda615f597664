import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { answerJson, answerStatus, FakeHttpServer, type ServedCall } from '../../test/fakes/http-server.js';
import type { KubeResource } from './kube-object.js';
import { Reflector } from './reflector.js';
import type { ReflectorTuning } from './reflector-tuning.js';
import { KubeTransport } from './transport.js';

const PODS: KubeResource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly managedFields?: unknown;
  };
  readonly [field: string]: unknown;
}
const pod = (name: string, version: number, uid = `uid-${name}`): Pod => ({
  metadata: { name, namespace: 'shop', uid, resourceVersion: String(version) },
});
const event = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;
const bookmark = (version: number) => event('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: String(version) } });

/** What the n-th watch does; the last stays open. */
type WatchScript = (response: ServerResponse, call: ServedCall) => void;

let server: FakeHttpServer;
let transport: KubeTransport;
let stop: AbortController;
let running: Promise<void>;
let reflector: Reflector;
let changes: string[];
let relists: string[];
let lists: (readonly Pod[])[];
let watches: WatchScript[];

function serve(call: ServedCall, response: ServerResponse): void {
  if (call.query.get('watch') !== 'true') {
    const items = lists.length > 1 ? lists.shift() : lists[0];
    answerJson(response, 200, { metadata: { resourceVersion: '100' }, items: items ?? [] });
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  watches.shift()?.(response, call);
}

function start(tuning: Partial<ReflectorTuning> = {}, more: { namespace?: string; labelSelector?: string } = {}): void {
  reflector = new Reflector({
    transport,
    resource: PODS,
    random: () => 0,
    tuning: { silenceMs: 60_000, minWatchMs: 0, backoff: { baseMs: 5, maxMs: 20, jitter: 0 }, ...tuning },
    onRelist: (reason) => relists.push(reason),
    ...more,
  });
  reflector.store.subscribe(({ object, old }) => {
    const type = object === undefined ? 'deleted' : old === undefined ? 'added' : 'updated';
    const { name, uid, resourceVersion } = (object ?? old)?.metadata ?? { name: '' };
    changes.push(`${type} ${name} ${uid} v${resourceVersion}`);
  });
  running = reflector.run(stop.signal);
}

async function until(what: string, isDone: () => boolean): Promise<void> {
  for (let waited = 0; !isDone(); waited += 5) {
    if (waited > 5000) throw new Error(`Waited for ${what}; changes: ${changes.join(', ')}; relists: ${relists.join(', ')}`);
    await sleep(5);
  }
}

const versionsWatchedFrom = () => server.calls.filter((call) => call.query.get('watch') === 'true').map((call) => call.query.get('resourceVersion'));
const listCalls = () => server.calls.filter((call) => call.query.get('watch') !== 'true');

beforeEach(async () => {
  [changes, relists, lists, watches] = [[], [], [[pod('a', 1)]], []];
  server = await new FakeHttpServer(serve).listen();
  transport = new KubeTransport(server.access(), { userAgent: 'test' });
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await running;
  await transport.close();
  await server.close();
});

describe('a watch that works', () => {
  test('lists, then follows; objects keep unknown fields and lose managedFields', async () => {
    lists = [[{ ...pod('a', 1), metadata: { ...pod('a', 1).metadata, managedFields: [{ manager: 'x' }] }, somethingNew: { deep: [1] } }]];
    watches = [(response) => response.write(event('ADDED', pod('b', 101)) + event('MODIFIED', pod('b', 102)) + event('DELETED', pod('b', 103)))];
    start();
    await reflector.synced;
    expect(reflector.hasSynced).toBe(true);
    expect(reflector.store.get('shop/a')).toEqual({ apiVersion: 'v1', kind: 'Pod', ...pod('a', 1), somethingNew: { deep: [1] } });
    await until('the events', () => changes.length === 4);
    expect(changes).toEqual(['added a uid-a v1', 'added b uid-b v101', 'updated b uid-b v102', 'deleted b uid-b v103']);
    expect(relists).toEqual([]);
  });

  test('pages the list and watches from its version, with bookmarks, selector and namespace', async () => {
    const pages = new Map([
      [null, { metadata: { continue: 'two', resourceVersion: '7' }, items: [pod('a', 1)] }],
      ['two', { metadata: { resourceVersion: '7' }, items: [pod('b', 2)] }],
    ]);
    server.answerWith((call, response) => {
      if (call.query.get('watch') !== 'true') answerJson(response, 200, pages.get(call.query.get('continue')));
    });
    start({ pageSize: 1 }, { namespace: 'shop', labelSelector: 'app=x' });
    await until('the watch', () => versionsWatchedFrom().length === 1);
    expect(changes).toEqual(['added a uid-a v1', 'added b uid-b v2']);
    const watch = server.calls.at(-1);
    expect(watch?.path).toBe('/api/v1/namespaces/shop/pods');
    expect(Object.fromEntries(watch?.query ?? [])).toMatchObject({
      resourceVersion: '7',
      allowWatchBookmarks: 'true',
      labelSelector: 'app=x',
      timeoutSeconds: '300',
    });
    expect(listCalls().map((call) => call.query.get('limit'))).toEqual(['1', '1']);
  });

  test('ended in peace goes on from the last version seen, a bookmark included, without a list', async () => {
    watches = [
      (response) => response.end(event('ADDED', pod('b', 105)) + bookmark(140)),
      (response) => response.write(event('ADDED', pod('c', 141))),
    ];
    start();
    await until('the second watch', () => changes.includes('added c uid-c v141'));
    expect(versionsWatchedFrom()).toEqual(['100', '140']);
    expect(listCalls()).toHaveLength(1);
    expect(relists).toEqual([]);
  });

  test('events that come twice are one change', async () => {
    const twice = event('ADDED', pod('b', 101)) + event('DELETED', pod('a', 102));
    watches = [(response) => response.write(twice + twice + event('ADDED', pod('c', 103)))];
    start();
    await until('the last event', () => changes.some((change) => change.startsWith('added c')));
    expect(changes).toEqual(['added a uid-a v1', 'added b uid-b v101', 'deleted a uid-a v102', 'added c uid-c v103']);
  });

  test('a JSON line that is split is one event', async () => {
    const line = event('ADDED', pod('b', 101));
    watches = [
      async (response) => {
        response.write(line.slice(0, 20));
        await sleep(20);
        response.write(line.slice(20));
      },
    ];
    start();
    await until('the event', () => changes.includes('added b uid-b v101'));
  });
});

describe('a watch that breaks is made anew, and the copy catches up', () => {
  const missed = [pod('b', 110)];
  const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
  test.each<{ name: string; watch: WatchScript; wantReason: string }>([
    { name: '410 in the middle', watch: (response) => response.write(event('ERROR', gone)), wantReason: 'Expired' },
    {
      name: 'an ERROR event',
      watch: (response) => response.write(event('ERROR', { code: 500, reason: 'InternalError', message: 'etcd' })),
      wantReason: 'InternalError',
    },
    { name: 'an ERROR event without content', watch: (response) => response.write(event('ERROR', null)), wantReason: 'WatchError' },
    { name: 'a reset', watch: (response) => response.socket?.resetAndDestroy(), wantReason: 'Unreachable' },
    { name: 'garbage', watch: (response) => response.write('<html>\n'), wantReason: 'BadAnswer' },
    { name: 'an event without an object', watch: (response) => response.write('{"type":"ADDED"}\n'), wantReason: 'BadAnswer' },
  ])('$name', async ({ watch, wantReason }) => {
    lists = [[pod('a', 1)], missed];
    watches = [watch];
    start();
    await until('the second list', () => changes.includes('added b uid-b v110'));
    expect(changes).toEqual(['added a uid-a v1', 'deleted a uid-a v1', 'added b uid-b v110']);
    expect(relists).toEqual([wantReason]);
  });

  test('silence', async () => {
    lists = [[pod('a', 1)], missed];
    start({ silenceMs: 100 });
    await until('the second list', () => changes.includes('added b uid-b v110'));
    expect(relists[0]).toBe('Silent');
  });

  test('410 as the answer to the watch', async () => {
    lists = [[pod('a', 1)], missed];
    let isFirst = true;
    server.answerWith((call, response) => {
      if (call.query.get('watch') === 'true' && isFirst) {
        isFirst = false;
        answerStatus(response, 410, 'Expired', 'too old resource version: 1 (2)');
      } else serve(call, response);
    });
    start();
    await until('the second list', () => changes.includes('added b uid-b v110'));
    expect(relists).toEqual(['Expired']);
  });

  test('a server that is down comes back', async () => {
    let refusals = 0;
    server.answerWith((call, response) => {
      if (refusals++ < 3) answerStatus(response, 503, 'ServiceUnavailable', 'starting');
      else serve(call, response);
    });
    start();
    await reflector.synced;
    expect(relists).toEqual(['ServiceUnavailable', 'ServiceUnavailable', 'ServiceUnavailable']);
    expect(changes).toEqual(['added a uid-a v1']);
  });

  test('deleted and made anew while nobody watched is a deletion and an addition', async () => {
    lists = [[pod('a', 1, 'first')], [pod('a', 120, 'second')]];
    watches = [(response) => response.destroy()];
    start();
    await until('the second list', () => changes.length === 3);
    expect(changes).toEqual(['added a first v1', 'deleted a first v1', 'added a second v120']);
  });

  test('the copy can be read meanwhile', async () => {
    watches = [(response) => response.destroy()];
    start({ backoff: { baseMs: 10_000, maxMs: 10_000, jitter: 0 } });
    await reflector.synced;
    await until('the break', () => watches.length === 0);
    await sleep(20);
    expect(reflector.store.get('shop/a')).toBeDefined();
  });

  test('a server that ends every watch at once is not asked in a tight loop', async () => {
    watches = Array.from({ length: 100 }, () => (response: ServerResponse) => response.end());
    start({ minWatchMs: 1000, backoff: { baseMs: 40, maxMs: 40, jitter: 0 } });
    await sleep(150);
    expect(relists.length).toBeGreaterThan(0);
    expect(versionsWatchedFrom().length).toBeLessThan(6);
    expect(new Set(relists)).toEqual(new Set(['Closed']));
  });
});

describe('a server that has too much to do, or lags behind', () => {
  const refuseWatches = (code: number, times: number) => {
    let refusals = 0;
    server.answerWith((call, response) => {
      if (call.query.get('watch') === 'true' && refusals++ < times) answerStatus(response, code, 'Busy', 'later', { 'retry-after': '0.2' });
      else serve(call, response);
    });
  };

  test.each([429, 500, 503])('%i to a watch: asks for the same later, without a list', async (code) => {
    watches = [(response) => response.write(event('ADDED', pod('b', 101)))];
    refuseWatches(code, 2);
    const begin = Date.now();
    start();
    await until('the watch', () => changes.includes('added b uid-b v101'));
    expect(versionsWatchedFrom()).toEqual(['100', '100', '100']);
    expect([listCalls().length, relists]).toEqual([1, []]);
    expect(Date.now() - begin).toBeGreaterThanOrEqual(400);
  });

  test('a server that lets nobody watch is at least listed', async () => {
    lists = [[pod('a', 1)], [pod('b', 110)]];
    refuseWatches(403, 1000);
    start();
    await until('the second list', () => changes.includes('added b uid-b v110'));
    expect(relists).toEqual(['Busy']);
    expect(versionsWatchedFrom().slice(0, 4)).toEqual(['100', '100', '100', '100']);
  });

  test.each([
    { name: 'that catches up is waited for', staleLists: 3, wantChanges: ['added a uid-a v1', 'added b uid-b v150'] },
    {
      name: 'that does not was restored from a backup',
      staleLists: 1000,
      wantChanges: ['added a uid-a v1', 'added b uid-b v150', 'deleted b uid-b v150'],
    },
  ])('a list older than what was seen, of a server $name', async ({ staleLists, wantChanges }) => {
    let listed = 0;
    watches = [(response) => response.end(event('ADDED', pod('b', 150)) + event('ERROR', { code: 500, reason: 'InternalError' }))];
    server.answerWith((call, response) => {
      if (call.query.get('watch') === 'true') return serve(call, response);
      const isStale = listed++ <= staleLists;
      return answerJson(response, 200, {
        metadata: { resourceVersion: isStale ? '100' : '160' },
        items: isStale ? [pod('a', 1)] : [pod('a', 1), pod('b', 150)],
      });
    });
    start({ maxStaleLists: 5 });
    await until('the last watch', () => versionsWatchedFrom().length === 2);
    expect(changes).toEqual(wantChanges);
    expect(relists.filter((reason) => reason === 'Stale')).toHaveLength(Math.min(staleLists, 5));
    expect(versionsWatchedFrom()).toEqual(['100', staleLists > 5 ? '100' : '160']);
  });

  test('a watch that breaks soon after it began makes the next pause longer; one that lasted does not', async () => {
    watches = Array.from({ length: 100 }, () => (response: ServerResponse) => response.write(bookmark(101) + event('ERROR', null)));
    start({ backoff: { baseMs: 20, maxMs: 10_000, jitter: 0 } });
    await sleep(400);
    expect(relists.length).toBeGreaterThanOrEqual(2);
    expect(relists.length).toBeLessThanOrEqual(5); // after 20, 60, 140 and 300 ms
  });
});

describe('listeners', () => {
  test('one that throws harms neither the copy nor the others', async () => {
    const errors: string[] = [];
    reflector = new Reflector({ transport, resource: PODS, onListenerError: (error) => errors.push(error.message) });
    reflector.store.subscribe(() => {
      throw new Error('broken');
    });
    reflector.store.subscribe(({ object }) => changes.push(object?.metadata.name ?? ''));
    running = reflector.run(stop.signal);
    await reflector.synced;
    expect(errors).toEqual(['broken']);
    expect(changes).toEqual(['a']);
    expect(reflector.store.size).toBe(1);
  });

  test('objects are made smaller before they are kept', async () => {
    reflector = new Reflector({ transport, resource: PODS, transform: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }) });
    lists = [[{ ...pod('a', 1), spec: { big: true } }]];
    running = reflector.run(stop.signal);
    await reflector.synced;
    expect(reflector.store.get('shop/a')).toEqual({ apiVersion: 'v1', kind: 'Pod', metadata: pod('a', 1).metadata });
  });
});
