import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { FakeClock } from './fake-clock.js';

describe('FakeClock', () => {
  test('wakes sleepers in order, and those that sleep again on the way', async () => {
    const clock = new FakeClock();
    const start = clock.now();
    const woken: string[] = [];
    const note = (name: string) => woken.push(`${name} at ${clock.now() - start}`);
    clock.sleep(30).then(() => note('late'));
    clock.sleep(10).then(async () => {
      note('early');
      await clock.sleep(10);
      note('again');
    });
    await clock.advance(25);
    expect(woken).toEqual(['early at 10', 'again at 20']);
    expect(clock.sleeping).toBe(1);
    await clock.advance(5);
    expect(woken).toContain('late at 30');
  });
  test('an aborted sleep ends at once', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const slept = clock.sleep(1000, stop.signal);
    stop.abort();
    await slept;
    expect(clock.sleeping).toBe(0);
    await clock.sleep(1000, stop.signal);
  });
  test('a jump wakes nobody until time goes on', async () => {
    const clock = new FakeClock();
    let isAwake = false;
    clock.sleep(10).then(() => {
      isAwake = true;
    });
    clock.jump(50);
    expect(isAwake).toBe(false);
    await clock.advance(0);
    expect(isAwake).toBe(true);
  });
  test('of two at the same instant the first to sleep wakes first, however many were cancelled in between', async () => {
    const clock = new FakeClock();
    const woken: number[] = [];
    for (let index = 0; index < 500; index++) {
      const stop = new AbortController();
      clock.sleep(1000 - (index % 10) * 100, stop.signal).then(() => {
        if (!stop.signal.aborted) woken.push(index);
      });
      if (index % 3 !== 0) stop.abort();
    }
    expect([clock.sleeping, clock.nextWakeMs]).toEqual([167, clock.now() + 100]);
    await clock.advance(1000);
    const want = Array.from({ length: 500 }, (_, index) => index).filter((index) => index % 3 === 0);
    expect(woken).toEqual(want.sort((left, right) => (right % 10) - (left % 10) || left - right));
  });
  test('long chains of promises come to rest before time goes on', async () => {
    const clock = new FakeClock();
    let [links, at] = [0, 0];
    clock.sleep(10).then(async () => {
      for (; links < 10_000; links++) await Promise.resolve();
      at = clock.now();
    });
    clock.sleep(11);
    const start = clock.now();
    await clock.advance(20);
    expect([links, at - start]).toEqual([10_000, 10]);
  });
  test('time waits for work that is announced, and for nobody once it has failed', async () => {
    const clock = new FakeClock();
    let isRead = false;
    clock.during(sleep(20)).then(() => {
      isRead = true;
    });
    await clock.advance(1);
    expect(isRead).toBe(true);
    clock.fail(new Error('spins'));
    await expect(clock.advance(1)).rejects.toThrow('spins');
  });
});
