import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import { OUTPUT_BYTES, OutputPool } from './output-pool.js';

test('what was given is taken again', () => {
  const pool = new OutputPool();
  const first = pool.take();
  expect([first.length, pool.idle]).toEqual([OUTPUT_BYTES, 0]);
  expect(pool.take()).not.toBe(first);
  pool.give(first);
  expect(pool.idle).toBe(1);
  expect(pool.take()).toBe(first);
});

test('64 lie idle at most', () => {
  const pool = new OutputPool();
  for (let given = 0; given < 100; given++) pool.give(Buffer.alloc(1));
  expect(pool.idle).toBe(64);
});

test('all that became due in a turn leave at its end, in their order, and those that come then in the next', async () => {
  const pool = new OutputPool();
  const flushed: string[] = [];
  const flusher = (name: string, next?: string) => ({
    flush() {
      flushed.push(name);
      if (next !== undefined) pool.flushSoon(flusher(next));
    },
  });
  pool.flushSoon(flusher('a', 'c'));
  pool.flushSoon(flusher('b'));
  expect(flushed).toEqual([]);
  await new Promise(process.nextTick);
  expect(flushed.slice(0, 2)).toEqual(['a', 'b']);
  await new Promise(setImmediate);
  expect(flushed).toEqual(['a', 'b', 'c']);
});
