import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DeadlineWheel, type WheelEntry } from './deadline-wheel.js';

function makeWheel() {
  const clock = { now: 0 };
  const fired: number[] = [];
  const wheel = new DeadlineWheel(() => clock.now);
  const add = (dueMs: number): WheelEntry => wheel.add({ onDeadline: () => fired.push(dueMs) }, dueMs);
  return { clock, fired, wheel, add };
}

test.each([
  ['at its time', 20, 24, [20]],
  ['not before', 20, 16, []],
  ['what was late when it came, at the next turn', -5, 8, [-5]],
  ['not a whole turn early', 10_000, 5904, []],
  ['after many turns', 10_000, 10_008, [10_000]],
])('fires %s', (_name, dueMs, nowMs, want) => {
  const { clock, fired, wheel, add } = makeWheel();
  add(dueMs);
  for (let now = 0; now <= nowMs; now += 8) {
    clock.now = now;
    wheel.turn();
  }
  expect(fired).toEqual(want);
});

test('who left does not fire, and may leave again', () => {
  const { clock, fired, wheel, add } = makeWheel();
  const [first, second, third] = [add(20), add(20), add(20)];
  wheel.remove(second);
  wheel.remove(second);
  clock.now = 30;
  wheel.turn();
  wheel.remove(first);
  wheel.remove(third);
  expect([fired, wheel.size]).toEqual([[20, 20], 0]);
});

test('a callback may take others out of the slot that is being fired', () => {
  const clock = { now: 0 };
  const fired: string[] = [];
  const wheel = new DeadlineWheel(() => clock.now);
  const entries: WheelEntry[] = [];
  for (const name of ['a', 'b', 'c']) {
    const onDeadline = (): void => {
      fired.push(name);
      for (const entry of entries) wheel.remove(entry);
    };
    entries.push(wheel.add({ onDeadline }, 20));
  }
  clock.now = 24;
  wheel.turn();
  expect([fired.length, wheel.size]).toEqual([1, 0]);
});

test('whatever comes and goes, each fires once, in time, unless it left', () => {
  const step = fc.record({ due: fc.integer({ min: -20, max: 9000 }), leaves: fc.boolean(), wait: fc.nat(600) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { clock, fired, wheel, add } = makeWheel();
      const want: number[] = [];
      for (const { due, leaves, wait } of steps) {
        const dueMs = clock.now + due;
        const entry = add(dueMs);
        if (leaves) wheel.remove(entry);
        else want.push(dueMs);
        clock.now += wait;
        wheel.turn();
        // one slot late at most
        expect(want.filter((one) => one <= clock.now - 16).every((one) => fired.includes(one))).toBe(true);
        expect(fired.every((one) => one <= clock.now)).toBe(true);
      }
      clock.now += 20_000;
      wheel.turn();
      expect([...fired].sort((a, b) => a - b)).toEqual(want.sort((a, b) => a - b));
      expect(wheel.size).toBe(0);
    }),
    { seed: 2 },
  );
});
