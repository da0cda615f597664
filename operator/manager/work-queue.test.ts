import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeClock, settle } from '../../test/fakes/fake-clock.js';
import { type QueueObserver, WorkQueue } from './work-queue.js';

let clock: FakeClock;
let queue: WorkQueue;
let seen: string[];

const observer: QueueObserver = {
  added: () => seen.push('added'),
  retried: () => seen.push('retried'),
  depth: (waiting) => seen.push(`depth ${waiting}`),
  taken: (seconds) => seen.push(`waited ${seconds}`),
  finished: (seconds) => seen.push(`worked ${seconds}`),
};

beforeEach(() => {
  clock = new FakeClock();
  seen = [];
  queue = new WorkQueue({ clock, random: () => 0, observer });
});

/** What the queue gives out now, each key done at once. */
async function drain(): Promise<string[]> {
  const keys: string[] = [];
  while (queue.size > 0) {
    const key = await queue.take();
    if (key === undefined) break;
    keys.push(key);
    queue.done(key);
  }
  return keys;
}

describe('order and dedupe', () => {
  test('first come, first served; a key that waits is not added twice', async () => {
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(await drain()).toEqual(['a', 'b', 'c']);
  });
  test('a key in work is not given out again until it is done, and then once', async () => {
    queue.add('a');
    expect(await queue.take()).toBe('a');
    queue.add('a');
    queue.add('a');
    expect(queue.size).toBe(0);
    queue.done('a');
    expect(await drain()).toEqual(['a']);
  });
  test('a key is not lost because what counts it throws', async () => {
    const added = (): void => {
      throw new Error('Injected');
    };
    const broken = new WorkQueue({ clock, random: () => 0, observer: { ...observer, added } });
    const taken = broken.take();
    expect(() => broken.add('a')).toThrow('Injected');
    expect(await taken).toBe('a');
  });
  test.each([Number.NaN, 2 ** 40, Number.POSITIVE_INFINITY])('a delay of %p is one of a day', async (delayMs) => {
    queue.addAfter('a', delayMs);
    await clock.advance(24 * 3600 * 1000 - 1);
    expect(await drain()).toEqual([]);
    await clock.advance(1);
    expect(await drain()).toEqual(['a']);
  });
  test('who waits gets the next key, one each', async () => {
    const taken: (string | undefined)[] = [];
    queue.take().then((key) => taken.push(key));
    queue.take().then((key) => taken.push(key));
    queue.add('a');
    await settle();
    expect(taken).toEqual(['a']);
    queue.add('b');
    await settle();
    expect(taken).toEqual(['a', 'b']);
  });
});

describe('delays', () => {
  test('a key comes when it is due', async () => {
    queue.addAfter('a', 1000);
    await clock.advance(999);
    expect(await drain()).toEqual([]);
    await clock.advance(1);
    expect(await drain()).toEqual(['a']);
  });
  test.each([
    { name: 'a later one changes nothing', delays: [1000, 5000] },
    { name: 'a sooner one counts', delays: [5000, 1000] },
  ])('$name', async ({ delays }) => {
    for (const delay of delays) queue.addAfter('a', delay);
    await clock.advance(1000);
    expect(await drain()).toEqual(['a']);
    await clock.advance(10_000);
    expect(await drain()).toEqual([]);
  });
  test('giving a key out ends its delay', async () => {
    queue.addAfter('a', 1000);
    queue.add('a');
    expect(await drain()).toEqual(['a']);
    await clock.advance(5000);
    expect(await drain()).toEqual([]);
    expect(clock.sleeping).toBe(0);
  });
  test('a delay asked for during the work counts', async () => {
    queue.add('a');
    const key = await queue.take();
    queue.addAfter('a', 1000);
    queue.done(key ?? '');
    await clock.advance(1000);
    expect(await drain()).toEqual(['a']);
  });
  test('no delay is now', async () => {
    queue.addAfter('a', 0);
    expect(await drain()).toEqual(['a']);
  });
});

describe('failures', () => {
  /** Milliseconds until the key is back after each failure in a row. */
  async function delays(failures: number): Promise<number[]> {
    const waited: number[] = [];
    for (let failure = 0; failure < failures; failure++) {
      const start = clock.now();
      queue.addAfterFailure('a');
      while (queue.size === 0) await clock.advance(start + 400_000 > clock.now() ? 1 : 1000);
      waited.push(clock.now() - start);
      await drain();
    }
    return waited;
  }
  test('each in a row doubles the delay, and success resets it', async () => {
    expect(await delays(5)).toEqual([5, 10, 20, 40, 80]);
    queue.forget('a');
    expect(await delays(2)).toEqual([5, 10]);
  });
  test('the delay ends at five minutes', async () => {
    for (let failure = 0; failure < 40; failure++) queue.addAfterFailure('a');
    await drain();
    queue.addAfter('a', 1);
    await clock.advance(1);
    await drain();
    queue.addAfterFailure('a');
    await clock.advance(299_999);
    expect(queue.size).toBe(0);
    await clock.advance(1);
    expect(queue.size).toBe(1);
  });
  test('keys fail on their own', async () => {
    for (let failure = 0; failure < 5; failure++) queue.addAfterFailure('a');
    queue.addAfterFailure('b');
    await clock.advance(5);
    expect(await drain()).toEqual(['a', 'b']);
  });
  test('jitter shortens by a tenth at most', async () => {
    queue = new WorkQueue({ clock, random: () => 0.999 });
    queue.addAfterFailure('a');
    await clock.advance(5);
    expect(await drain()).toEqual(['a']);
  });
});

describe('close', () => {
  test('ends who waits, drops what waits, refuses what comes', async () => {
    const waiting = queue.take();
    queue.addAfter('b', 1000);
    queue.close();
    expect(await waiting).toBeUndefined();
    queue.add('a');
    await clock.advance(2000);
    expect([await queue.take(), queue.size, clock.sleeping]).toEqual([undefined, 0, 0]);
  });
  test('a key in work can be done, and does not come back', async () => {
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.close();
    queue.done('a');
    expect(await queue.take()).toBeUndefined();
  });
});

test('tells how long keys waited and were worked on', async () => {
  queue.add('a');
  await clock.advance(2000);
  await queue.take();
  await clock.advance(3000);
  expect(queue.workingSeconds).toEqual([3]);
  queue.done('a');
  expect(seen).toEqual(['added', 'depth 1', 'depth 0', 'waited 2', 'worked 3']);
  queue.addAfterFailure('a');
  expect(seen.at(-1)).toBe('retried');
});

test('what waits, works, is delayed and failed can be looked at, each list bounded', async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock, random: () => 0 });
  for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
  expect(await queue.take()).toBe('a');
  expect(await queue.take()).toBe('b');
  queue.addAfterFailure('b');
  queue.done('b');
  queue.addAfter('e', 5000);
  clock.jump(1000);
  expect(queue.snapshot(1)).toEqual({
    waiting: { total: 2, keys: [{ key: 'c', seconds: 1 }] },
    working: { total: 1, keys: [{ key: 'a', seconds: 1 }] },
    delayed: { total: 2, keys: [{ key: 'b', dueInSeconds: -0.995 }] },
    failing: { total: 1, keys: [{ key: 'b', inARow: 1 }] },
  });
  queue.close();
});
