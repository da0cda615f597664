import { describe, expect, test } from '@jest/globals';
import { RunQueue } from './run-queue.js';

const LIMITS = { length: 2, bytes: 100 };

function busyQueue(): {
  queue: RunQueue;
  free: () => void;
  order: string[];
  run: (name: string, bytes?: number, signal?: AbortSignal) => Promise<string>;
} {
  const queue = new RunQueue(LIMITS);
  const gate = Promise.withResolvers<void>();
  const order: string[] = [];
  void queue.run({ bytes: 1 }, () => gate.promise);
  const run = (name: string, bytes = 1, signal?: AbortSignal) =>
    queue.run(signal === undefined ? { bytes } : { bytes, signal }, async () => {
      order.push(name);
      return name;
    });
  return { queue, free: gate.resolve, order, run };
}

describe('RunQueue', () => {
  test('first come, first served, one at a time', async () => {
    const { queue, free, order, run } = busyQueue();
    const runs = [run('a'), run('b')];
    expect(queue.depth).toBe(3);
    free();
    await Promise.all(runs);
    expect([order, queue.depth]).toEqual([['a', 'b'], 0]);
  });
  test('a full line refuses at once', async () => {
    const { free, run } = busyQueue();
    const runs = [run('a'), run('b')];
    await expect(run('c')).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED', message: expect.stringContaining('Exceeds maximum queue size') });
    free();
    await Promise.all(runs);
    await expect(run('d')).resolves.toBe('d');
  });
  test('bytes that wait are bounded, and given back', async () => {
    const { free, run } = busyQueue();
    const first = run('a', 80);
    await expect(run('b', 30)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    free();
    await first;
    await expect(run('c', 100)).resolves.toBe('c');
  });
  test('who leaves the line is never run and makes room', async () => {
    const { free, order, run } = busyQueue();
    const gone = new AbortController();
    const left = run('left', 90, gone.signal);
    const last = run('last');
    gone.abort();
    await expect(left).rejects.toMatchObject({ code: 'CANCELLED' });
    const fits = run('fits', 90);
    free();
    await Promise.all([last, fits]);
    expect(order).toEqual(['last', 'fits']);
  });
  test('who is gone already is not run', async () => {
    await expect(new RunQueue(LIMITS).run({ bytes: 1, signal: AbortSignal.abort() }, async () => 'ran')).rejects.toMatchObject({ code: 'CANCELLED' });
  });
  test('a failed run does not block the line', async () => {
    const queue = new RunQueue(LIMITS);
    await expect(queue.run({ bytes: 1 }, () => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
    await expect(queue.run({ bytes: 1 }, async () => 'next')).resolves.toBe('next');
  });
});
