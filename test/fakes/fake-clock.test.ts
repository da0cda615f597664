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
});
