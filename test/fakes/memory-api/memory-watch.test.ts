import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Reflector } from '../../../lib/kube/reflector.js';
import type { OpenWatch } from './open-watch.js';
import { key, MODELS, makeModel, summary, TestRig } from './test-rig.js';

let rig: TestRig;
let reflector: Reflector;
let seen: string[];
beforeEach(async () => {
  rig = new TestRig({ historyLength: 50 });
  rig.api.create(MODELS, makeModel('a'));
  reflector = await rig.reflector();
  seen = [];
  reflector.store.subscribe(({ object, old }) =>
    seen.push(`${object === undefined ? '-' : old === undefined ? '+' : '~'}${(object ?? old)?.metadata.name}`),
  );
});
afterEach(() => rig.close());

function open(): OpenWatch {
  const [watch] = rig.api.watches('one');
  if (watch === undefined) throw new Error('No watch is open');
  return watch;
}

const label = (name: string, value: string) => rig.api.update(MODELS, key(name), { metadata: { labels: { value } } });
const lists = () => rig.api.log.filter(({ isWatch }) => !isWatch).length;
const isTrue = () => expect(summary(reflector.store.values())).toEqual(summary(rig.api.objects(MODELS)));

/** a changes, b comes and goes, c comes. */
async function happen(): Promise<void> {
  label('a', '1');
  rig.api.create(MODELS, makeModel('b'));
  rig.api.remove(MODELS, key('b'));
  rig.api.create(MODELS, makeModel('c'));
  await rig.clock.settle();
}

describe('a watch', () => {
  test('without faults tells everything at once', async () => {
    await happen();
    expect(seen).toEqual(['~a', '+b', '-b', '+c']);
    isTrue();
  });

  test('that ends in peace goes on from where it was', async () => {
    await rig.clock.advance(2000);
    open().end();
    await happen();
    expect([seen, lists()]).toEqual([['~a', '+b', '-b', '+c'], 1]);
  });

  test.each<[string, (watch: OpenWatch) => void]>([
    ['a reset', (watch) => watch.reset()],
    ['410', (watch) => watch.sendError(410, 'Expired')],
    ['500', (watch) => watch.sendError(500, 'InternalError')],
    ['garbage', (watch) => watch.garbage()],
    ['a line that is cut off with an error', (watch) => watch.truncate('WithError')],
  ])('after %s is made anew from a list', async (_, harm) => {
    await rig.clock.advance(2000);
    harm(open());
    await happen();
    expect(seen).toEqual([]);
    await rig.clock.advance(5000);
    expect(lists()).toBe(2);
    isTrue();
  });

  test('that is cut in a line and ends in peace loses nothing', async () => {
    await rig.clock.advance(2000);
    open().truncate('Silently');
    await happen();
    expect(seen).toEqual(['~a', '+b', '-b', '+c']);
  });

  test('that is half open says nothing until its silence is noticed', async () => {
    await rig.clock.advance(2000);
    open().halfOpen();
    await happen();
    await rig.clock.advance(100_000);
    expect([seen, lists()]).toEqual([[], 1]);
    await rig.clock.advance(60_000);
    isTrue();
  });

  test('with bookmarks only keeps events back, and loses none when it breaks meanwhile', async () => {
    await rig.clock.advance(2000);
    open().bookmarksOnly(30_000);
    await happen();
    await rig.clock.advance(20_000);
    expect(seen).toEqual([]);
    open().end();
    await rig.clock.advance(1000);
    expect([seen, lists()]).toEqual([['~a', '+b', '-b', '+c'], 1]);
  });

  test('with bookmarks only tells all when that is over', async () => {
    open().bookmarksOnly(30_000);
    await happen();
    await rig.clock.advance(30_000);
    expect(seen).toEqual(['~a', '+b', '-b', '+c']);
  });

  test('may tell twice, in another order, late, in pieces', async () => {
    open().duplicateNext(2);
    open().splitLines(7);
    await happen();
    expect(seen).toEqual(['~a', '+b', '-b', '+c']);
    open().reorderNext(2);
    label('a', '2');
    label('c', '2');
    await rig.clock.settle();
    expect(seen.splice(0)).toEqual(['~a', '+b', '-b', '+c', '~c', '~a']);
    open().delayNext(1, 3000);
    label('a', '3');
    label('c', '3');
    await rig.clock.settle();
    expect(seen).toEqual(['~c']);
    await rig.clock.advance(3000);
    expect(seen).toEqual(['~c', '~a']);
    isTrue();
  });

  test('that holds back fewer than it was asked to lets go after a second', async () => {
    open().reorderNext(5);
    await happen();
    expect(seen).toEqual([]);
    await rig.clock.advance(1000);
    expect(seen).toEqual(expect.arrayContaining(['+c', '~a']));
  });

  test('that drops an event leaves its reader wrong until it is made anew', async () => {
    await rig.clock.advance(2000);
    open().dropNext(1);
    await happen();
    expect(seen).toEqual(['+b', '-b', '+c']);
    open().sendError(410, 'Expired');
    await rig.clock.advance(5000);
    isTrue();
  });

  test('that falls behind what is kept is ended as expired', async () => {
    await rig.clock.advance(2000);
    open().bookmarksOnly(10_000);
    for (let index = 0; index < 60; index++) label('a', String(index));
    await rig.clock.advance(20_000);
    expect(lists()).toBe(2);
    isTrue();
  });

  test('gives bookmarks once a minute, so that one about quiet kinds does not expire', async () => {
    for (let index = 0; index < 60; index++) rig.api.create({ apiVersion: 'v1', kind: 'Pod', plural: 'pods' }, pod(index));
    await rig.clock.advance(3_600_000);
    expect(lists()).toBe(1);
    expect(rig.api.watches('one')).toHaveLength(1);
  });
});

describe('reads that lag', () => {
  test('show the world as it was, each thing as late as the next, and single objects as they are', async () => {
    rig.api.setReadLag('one', 30_000);
    const client = rig.client('one');
    await happen();
    expect(seen).toEqual([]);
    expect(await client.list(MODELS)).toEqual([]);
    expect(await client.find(MODELS, key('c'))).toBeDefined();
    await rig.clock.advance(29_999);
    expect(seen).toEqual([]);
    await rig.clock.advance(1);
    expect(seen).toEqual(['~a', '+b', '-b', '+c']);
  });

  test('of a client that starts are a list of then, and a watch that brings what came after', async () => {
    await rig.clock.advance(60_000);
    await happen();
    await rig.clock.advance(10_000);
    rig.api.setReadLag('late', 30_000);
    const late = await rig.reflector('late');
    expect(summary(late.store.values()).map((each) => each.replace(/@.*/, ''))).toEqual(['a']);
    expect(late.store.get('shop/a')?.metadata.labels).toEqual({});
    await rig.clock.advance(20_000);
    expect(summary(late.store.values())).toEqual(summary(rig.api.objects(MODELS)));
  });

  test('end when they are told to, with all that was held back', async () => {
    rig.api.setReadLag('one', 30_000);
    await happen();
    rig.api.setReadLag('one', 0);
    await rig.clock.settle();
    isTrue();
  });

  test('of other kinds and other clients do not', async () => {
    rig.api.setReadLag('one', 30_000, ({ kind }) => kind === 'Pod');
    rig.api.setReadLag('two', 30_000);
    await happen();
    isTrue();
  });
});

function pod(index: number) {
  return { apiVersion: 'v1', kind: 'Pod', metadata: key(`p${index}`), spec: {} };
}
