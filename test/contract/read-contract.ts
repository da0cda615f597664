/** Lists and watches of an API server, as reflectors rely on them. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readArray, readNumber, readRecord, readString } from '../../lib/kube/json.js';
import { resourcePath } from '../../lib/kube/resource-path.js';
import type { ApiWorld, ApiWorldMaker } from './api-world.js';
import { eventually } from './eventually.js';
import { MODELS, makeModel, readField, withMetadata } from './objects.js';
import { rejection } from './rejection.js';
import { WatchProbe } from './watch-probe.js';

type Query = Readonly<Record<string, string | number | boolean>>;

export function describeReads(name: string, maker: ApiWorldMaker): void {
  describe(`${name}: reads`, () => {
    let world: ApiWorld;
    const probes: WatchProbe[] = [];
    beforeEach(async () => {
      world = await maker.make();
    });
    afterEach(async () => {
      for (const probe of probes.splice(0)) probe.stop();
      await maker.unmake();
    });

    const key = (objectName: string) => ({ namespace: world.namespace, name: objectName });
    const create = (objectName: string, labels: Readonly<Record<string, string>> = {}) =>
      world.hands.create(MODELS, withMetadata(makeModel(world.namespace, objectName), { labels }));
    const label = (objectName: string, labels: Readonly<Record<string, string | null>>) =>
      world.hands.update(MODELS, key(objectName), { metadata: { labels } });
    const list = (query: Query = {}) => world.transport.request({ method: 'GET', path: resourcePath(MODELS, { namespace: world.namespace }), query });
    const namesOf = (page: unknown) => readArray(page, 'items').map((item) => readField(item, 'metadata', 'name'));
    const versionOf = (page: unknown) => readString(readRecord(page, 'metadata'), 'resourceVersion') ?? '';
    const continueOf = (page: unknown) => readString(readRecord(page, 'metadata'), 'continue') ?? '';
    const watch = (query: Query): WatchProbe => {
      const probe = new WatchProbe(world.transport, { resource: MODELS, namespace: world.namespace, query });
      probes.push(probe);
      return probe;
    };
    const told = (probe: WatchProbe, count: number) =>
      eventually(
        `${count} events`,
        world.patienceMs,
        () => probe.told,
        (events) => events.length >= count,
        world.time,
      );
    const ended = (probe: WatchProbe) =>
      eventually(
        'the end of the watch',
        world.patienceMs,
        () => probe.end,
        (end) => end !== undefined,
        world.time,
      );

    describe('watch', () => {
      test('tells in order what happened since a list, each at a version of its own', async () => {
        const probe = watch({ resourceVersion: versionOf(await list()) });
        await create('a');
        await create('b');
        await label('a', { x: '1' });
        await world.hands.patchStatus(MODELS, key('b'), { replicas: 1 });
        await world.hands.remove(MODELS, key('a'));
        expect(await told(probe, 5)).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'MODIFIED b', 'DELETED a']);
        expect(probe.versions).toEqual([...new Set(probe.versions)].sort((left, right) => left - right));
      });

      test('tells what happened before it was opened', async () => {
        const from = versionOf(await list());
        await create('a');
        await world.hands.remove(MODELS, key('a'));
        await create('a');
        const probe = watch({ resourceVersion: from });
        expect(await told(probe, 3)).toEqual(['ADDED a', 'DELETED a', 'ADDED a']);
        const [first, gone, second] = probe.lines.map(({ object }) => readField(object, 'metadata', 'uid'));
        expect([gone === first, second === first]).toEqual([true, false]);
      });

      test('without a version begins with all that is there', async () => {
        await create('a');
        await create('b');
        const probe = watch({});
        expect([...(await told(probe, 2))].sort()).toEqual(['ADDED a', 'ADDED b']);
        await create('c');
        expect((await told(probe, 3)).at(-1)).toBe('ADDED c');
      });

      test('asked for what is there first, says where that ends', async () => {
        await create('a');
        const query = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true };
        const probe = watch(query);
        await eventually(
          'the bookmark',
          world.patienceMs,
          () => probe.lines.length,
          (count) => count >= 2,
          world.time,
        );
        expect(probe.lines.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
        expect(readField(probe.lines[1]?.object, 'metadata', 'annotations', 'k8s.io/initial-events-end')).toBe('true');
      });

      test('from a version that the server has forgotten is an ERROR event, Expired', async () => {
        const probe = watch({ resourceVersion: await world.forgottenVersion() });
        expect(await ended(probe)).toBe('Peace');
        expect(probe.lines).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }]);
      });

      test('with labels: what begins to match is ADDED, what no longer does DELETED as it was, at the version of the change', async () => {
        await create('a', { tier: 'x' });
        await create('b', { tier: 'y' });
        const probe = watch({ resourceVersion: versionOf(await list()), labelSelector: 'tier=x' });
        await label('b', { tier: 'x' });
        await label('b', { more: 'yes' });
        const left = await label('a', { tier: 'y' });
        await label('a', { more: 'yes' });
        await world.hands.remove(MODELS, key('b'));
        expect(await told(probe, 4)).toEqual(['ADDED b', 'MODIFIED b', 'DELETED a', 'DELETED b']);
        expect(probe.lines[2]?.object).toMatchObject({ metadata: { labels: { tier: 'x' }, resourceVersion: left.metadata.resourceVersion } });
      });

      test('ends in peace when its time is over, with a bookmark shortly before', async () => {
        const from = versionOf(await list());
        const other = await world.hands.create(MODELS, makeModel(world.namespace, 'seen'));
        // a server that is busy may give a second one, or let the moment for the first one pass
        for (let attempt = 1; ; attempt++) {
          const probe = watch({ resourceVersion: from, allowWatchBookmarks: true, timeoutSeconds: 4 });
          expect(await ended(probe)).toBe('Peace');
          const [first, ...bookmarks] = probe.lines.map(({ type }) => type);
          if (bookmarks.length === 0 && attempt < 3) continue;
          expect([first, new Set(bookmarks)]).toEqual(['ADDED', new Set(['BOOKMARK'])]);
          expect(probe.versions.at(-1)).toBeGreaterThanOrEqual(Number(other.metadata.resourceVersion));
          return;
        }
      });

      test('without bookmarks asked for there are none', async () => {
        const probe = watch({ resourceVersion: versionOf(await list()), timeoutSeconds: 3 });
        expect([await ended(probe), probe.lines]).toEqual(['Peace', []]);
      });
    });

    describe('list', () => {
      test('comes in pages of one moment', async () => {
        for (const each of ['a', 'b', 'c', 'd', 'e']) await create(each);
        const first = await list({ limit: 2 });
        await create('bb');
        await world.hands.remove(MODELS, key('d'));
        const second = await list({ limit: 2, continue: continueOf(first) });
        const third = await list({ limit: 2, continue: continueOf(second) });
        expect([first, second, third].map(namesOf)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
        expect([first, second, third].map(versionOf)).toEqual([versionOf(first), versionOf(first), versionOf(first)]);
        expect([first, second].map((page) => readNumber(readRecord(page, 'metadata'), 'remainingItemCount'))).toEqual([3, 1]);
        expect(continueOf(third)).toBe('');
        expect(namesOf(await list())).toEqual(['a', 'b', 'bb', 'c', 'e']);
      });

      test('a watch from the version of a first page misses nothing', async () => {
        for (const each of ['a', 'b', 'c']) await create(each);
        const first = await list({ limit: 2 });
        await create('d');
        await list({ limit: 2, continue: continueOf(first) });
        expect(await told(watch({ resourceVersion: versionOf(first) }), 1)).toEqual(['ADDED d']);
      });

      test('at an exact version is as it was', async () => {
        await create('a');
        const then = versionOf(await list());
        await create('b');
        const past = await list({ resourceVersion: then, resourceVersionMatch: 'Exact' });
        expect([namesOf(past), versionOf(past)]).toEqual([['a'], then]);
      });

      test('with a token that is none is refused', async () => {
        expect(await rejection(list({ limit: 1, continue: 'nonsense' }))).toMatchObject({ code: 400 });
      });

      test('not older than a version that is still to come is a timeout', async () => {
        const future = Number(versionOf(await list())) + 1_000_000;
        expect(await rejection(list({ resourceVersion: future }))).toMatchObject({ code: 504, reason: 'Timeout' });
      });

      test.each([
        ['tier=x', ['a', 'b']],
        ['tier==x,zone=1', ['a']],
        ['tier!=x', ['c', 'd']],
        ['tier', ['a', 'b', 'c']],
        ['!tier', ['d']],
        ['tier in (x,y),zone notin (1)', ['b', 'c']],
        ['zone notin (1,2)', ['c', 'd']],
      ])('by labels %s', async (labelSelector, want) => {
        await create('a', { tier: 'x', zone: '1' });
        await create('b', { tier: 'x', zone: '2' });
        await create('c', { tier: 'y' });
        await create('d');
        expect(namesOf(await list({ labelSelector }))).toEqual(want);
      });

      test('by name', async () => {
        await create('a');
        await create('b');
        expect(namesOf(await list({ fieldSelector: 'metadata.name=b' }))).toEqual(['b']);
      });
    });
  });
}
