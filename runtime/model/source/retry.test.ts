import { describe, expect, test } from '@jest/globals';
import { FakeClock } from '../../../test/source/fake-clock.js';
import { backoffMs, retrying } from './retry.js';
import { SourceError } from './source-error.js';

const busy = (retryAfterMs?: number) =>
  new SourceError('SOURCE_UNREACHABLE', 'The host is busy', { transient: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });

test.each([
  [1, undefined, 500],
  [2, undefined, 1000],
  [3, undefined, 2000],
  [6, undefined, 15_000],
  [99, undefined, 15_000],
  [1, 7000, 7000],
  [1, 0, 0],
  [1, 86_400_000, 30_000],
])('after failure %p with Retry-After %p the wait is %p ms', (failures, retryAfter, want) => expect(backoffMs(failures, retryAfter)).toBe(want));

describe('retrying', () => {
  function failing(times: number, error: Error) {
    let calls = 0;
    return () => (++calls <= times ? Promise.reject(error) : Promise.resolve(calls));
  }
  test('goes on until it works', async () => {
    const clock = new FakeClock();
    const told: number[] = [];
    const policy = { clock, onRetry: (_error: SourceError, waitMs: number) => told.push(waitMs) };
    await expect(retrying(policy, failing(3, busy()))).resolves.toBe(4);
    expect(clock.sleeps).toEqual([500, 1000, 2000]);
    expect(told).toEqual(clock.sleeps);
  });
  test('waits as long as the server asks for, within a bound of ours', async () => {
    const clock = new FakeClock();
    await retrying({ clock }, failing(1, busy(3000)));
    await retrying({ clock }, failing(1, busy(3_600_000)));
    expect(clock.sleeps).toEqual([3000, 30_000]);
  });
  test('gives up after five tries and says so', async () => {
    const clock = new FakeClock();
    await expect(retrying({ clock }, failing(99, busy()))).rejects.toThrow('The host is busy (5 tries)');
    expect(clock.sleeps).toHaveLength(4);
  });
  test.each([
    ['an error that stays', new SourceError('SOURCE_NOT_FOUND', 'absent')],
    ['a defect', new TypeError('x')],
  ])('%s is not tried again', async (_name, error) => {
    const clock = new FakeClock();
    await expect(retrying({ clock }, failing(1, error))).rejects.toBe(error);
    expect(clock.sleeps).toEqual([]);
  });
  test('a stop ends the waiting with its reason', async () => {
    const abort = new AbortController();
    const policy = { clock: new FakeClock(), signal: abort.signal, onRetry: () => abort.abort(new Error('Stopped')) };
    await expect(retrying(policy, failing(99, busy()))).rejects.toThrow('Stopped');
  });
});
