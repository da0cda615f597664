import { describe, expect, test } from '@jest/globals';
import { FakeSession } from '../../test/runtime/fake-session.js';
import { VirtualTime } from '../../test/runtime/virtual-time.js';
import { newUnbatchedPlan } from '../core/batch-plan.js';
import { BatchFormer } from './batch-former.js';
import { SessionSlot } from './session-slot.js';
import { computeSecondBatchAt, pickSlot } from './slot-picker.js';

/** Each entry: what the session's batches are expected to take, all given to it at second 0; undefined for not known. */
function makeSlots(...running: (number | undefined)[][]): SessionSlot[] {
  return running.map((batches) => {
    const session = new FakeSession({ time: new VirtualTime(), depth: 2, latency: () => 1 });
    const slot = new SessionSlot(session);
    const former = new BatchFormer(newUnbatchedPlan(''), session.signature);
    for (const expectedSeconds of batches) slot.running.push({ slot, entries: [], rows: 1, former, submittedSeconds: 0, expectedSeconds });
    return slot;
  });
}

describe('pickSlot', () => {
  test.each<[string, (number | undefined)[][], boolean, number, number | undefined]>([
    ['the first idle one', [[1], [], []], false, 0, 1],
    ['none while all run and little waits', [[1], [2]], false, 0.5, undefined],
    ['the one that ends first, for a full batch', [[2], [1]], true, 0.5, 1],
    ['the one that is about to end', [[2], [1]], false, 0.9999, 1],
    ['an overdue one, beside one of which nothing is known', [[undefined], [1]], false, 3, 1],
    [
      'none has room',
      [
        [1, 1],
        [1, 1],
      ],
      true,
      0.5,
      undefined,
    ],
  ])('%s', (_name, running, isFull, now, want) => {
    const slots = makeSlots(...running);
    expect(pickSlot(slots, isFull, now)).toBe(want === undefined ? undefined : slots[want]);
  });

  test('a lost session is never picked', () => {
    const [slot] = makeSlots([]);
    if (slot !== undefined) slot.isLost = true;
    expect(pickSlot(slot === undefined ? [] : [slot], true, 0)).toBeUndefined();
  });

  test('the second batch follows 1.5 ms before the end, or after three quarters of a short run', () => {
    expect(makeSlots([0.02], [0.002], [undefined], [1, 1]).map(computeSecondBatchAt)).toEqual([
      0.0185,
      expect.closeTo(0.0015),
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });
});
