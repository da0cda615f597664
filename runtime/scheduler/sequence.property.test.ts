/** Random traffic of sequences over the real scheduler in virtual time: each answer is what the sequence alone would have given. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { COUNTER_PLAN, COUNTER_SIGNATURE, CounterSession, counterSettings, makeStep, readInts } from '../../test/runtime/counter-session.js';
import { VirtualTime } from '../../test/runtime/virtual-time.js';
import { DEFAULT_MODEL_SETTINGS } from '../core/model-settings.js';
import type { ItemResult } from '../dataplane/ports.js';
import { computeQueuePolicies } from './new-model-scheduler.js';
import { Scheduler } from './scheduler.js';
import { SequenceScheduler } from './sequence-scheduler.js';

const POISON = 777;
const IDLE_SECONDS = 0.05;

const arrival = fc.record({
  gapMs: fc.oneof({ weight: 9, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.constant(80) }),
  id: fc.nat(2),
  value: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 500 }) }, { weight: 1, arbitrary: fc.constant(POISON) }),
  isStart: fc.integer({ min: 0, max: 2 }).map((n) => n === 0),
  isEnd: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  cancelAfterMs: fc.option(fc.nat(12), { nil: undefined, freq: 4 }),
  timeoutMs: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined, freq: 4 }),
  deadlineMs: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined, freq: 6 }),
  /** Sends the next of its sequence from inside its answer. */
  isEager: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
});
type Arrival = typeof arrival extends fc.Arbitrary<infer T> ? T : never;

const traffic = fc.record({
  runMs: fc.constantFrom(0, 1, 5, 12),
  sessions: fc.integer({ min: 1, max: 2 }),
  maxSequences: fc.constantFrom(2, 10),
  maxStateBytes: fc.constantFrom(8, 1000),
  drainAtMs: fc.option(fc.nat(100), { nil: undefined, freq: 5 }),
  arrivals: fc.array(arrival, { minLength: 1, maxLength: 60, size: 'max' }),
});
type Traffic = typeof traffic extends fc.Arbitrary<infer T> ? T : never;

/** What the answers so far leave of each sequence: undefined when it has ended or never began. */
class Reference {
  readonly #states = new Map<number, number>();
  readonly #starts = new Map<number, number>();
  readonly #failedStarts: { readonly id: number; readonly order: number }[] = [];

  /** What was not as it should be: an exception in `done` would be lost in the promises of the scheduler. */
  readonly faults: string[] = [];

  /** `order`: how many requests were sent before it. */
  check(sent: Arrival, order: number, result: ItemResult): void {
    const { id, isStart, isEnd, value } = sent;
    if (result.error !== undefined) {
      if (isStart) this.#failedStarts.push({ id, order });
      return;
    }
    if (isStart) this.#starts.set(id, order);
    const start = this.#starts.get(id) ?? Number.NaN;
    if (this.#failedStarts.some((failed) => failed.id === id && failed.order > start && failed.order < order))
      this.faults.push(`request ${order} went on although the START before it had failed`);
    const want = (isStart ? 0 : (this.#states.get(id) ?? Number.NaN)) + value;
    const got = result.outputs.map((output) => `${output.name}=${readInts(output)}`).join();
    if (got !== `y=${want}`) this.faults.push(`request ${order} of ${id} got ${got}, want y=${want}`);
    if (isEnd) this.#states.delete(id);
    else this.#states.set(id, want);
  }
}

function makeWorld(t: Traffic) {
  const time = new VirtualTime();
  const parts = { model: 'm', plan: COUNTER_PLAN, nowSeconds: time.nowSeconds, setTimer: time.setTimer };
  const inner = new Scheduler({
    ...parts,
    sessions: Array.from({ length: t.sessions }, () => new CounterSession(time, t.runMs / 1000, POISON)),
    policies: computeQueuePolicies({ ...DEFAULT_MODEL_SETTINGS, queuePolicy: { timeoutAction: 'REJECT', allowTimeoutOverride: true } }),
    defer: time.defer,
    observer: { observeBatch: () => {}, observePlan: () => {} },
  });
  const settings = counterSettings({ maxIdleSeconds: IDLE_SECONDS, maxSequences: t.maxSequences });
  const own = { settings, signature: COUNTER_SIGNATURE, initialFiles: new Map<string, Uint8Array>(), maxStateBytes: t.maxStateBytes };
  return { time, inner, scheduler: new SequenceScheduler(inner, settings.sequence, { ...parts, ...own }) };
}

/** Number of answers, by how they ended. */
async function play(t: Traffic): Promise<Map<string, number>> {
  const { time, inner, scheduler } = makeWorld(t);
  const reference = new Reference();
  const told: number[] = [];
  let orders = 0;
  const codes = new Map<string, number>();
  const send = (sent: Arrival, index: number): void => {
    const { id, isStart, isEnd, timeoutMs, deadlineMs } = sent;
    const order = orders++;
    const item = makeStep([sent.value], { id: `n${id}`, isStart, isEnd });
    scheduler.submit({
      ...item,
      ...(timeoutMs === undefined ? {} : { timeoutSeconds: timeoutMs / 1000 }),
      ...(deadlineMs === undefined ? {} : { deadlineSeconds: time.nowSeconds() + deadlineMs / 1000 }),
      done: (result) => {
        told[index] = (told[index] ?? 0) + 1;
        const code = result.error?.code ?? 'OK';
        codes.set(code, (codes.get(code) ?? 0) + 1);
        reference.check(sent, order, result);
        if (sent.isEager) send({ ...sent, isEager: false, isStart: false, value: 1 }, index + 1000);
      },
    });
    expect(scheduler.stateBytes).toBeLessThanOrEqual(t.maxStateBytes);
    expect(scheduler.sequences).toBeLessThanOrEqual(t.maxSequences);
    if (sent.cancelAfterMs !== undefined) time.at(time.nowSeconds() + sent.cancelAfterMs / 1000, () => item.call.abandon());
  };
  let at = 0;
  for (const [index, sent] of t.arrivals.entries()) {
    at += sent.gapMs / 1000;
    time.at(at, () => send(sent, index));
  }
  if (t.drainAtMs !== undefined) time.at(t.drainAtMs / 1000, () => scheduler.drain());
  await time.run();
  await scheduler.idle();
  expect([scheduler.depth, scheduler.waiting, inner.depth]).toEqual([0, 0, 0]);
  expect([scheduler.sequences, scheduler.stateBytes]).toEqual([0, 0]); // the idle time has passed
  expect(reference.faults).toEqual([]);
  expect(told.filter((times) => times !== 1)).toEqual([]);
  expect(Object.keys(told)).toHaveLength(t.arrivals.length + t.arrivals.filter(({ isEager }) => isEager).length);
  return codes;
}

test('each answer is that of its sequence alone, each request has one, and nothing is left over', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(traffic, async (t) => {
      for (const [code, count] of await play(t)) seen.set(code, (seen.get(code) ?? 0) + count);
    }),
    { numRuns: 300, seed: 20260801 },
  );
  // the traffic meets every way in which a request can end, and most often the good one
  for (const code of ['OK', 'INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED', 'CANCELLED', 'DEADLINE_EXCEEDED', 'UNAVAILABLE', 'INTERNAL'])
    expect([code, (seen.get(code) ?? 0) > 20]).toEqual([code, true]);
});

test('a live sequence is never taken for one that was not started', async () => {
  const live = arrival.map((sent) => ({ ...sent, isEnd: false, isEager: false, gapMs: sent.gapMs % 3 }));
  await fc.assert(
    fc.asyncProperty(fc.array(live, { minLength: 2, maxLength: 40, size: 'max' }), async (arrivals) => {
      const { time, scheduler } = makeWorld({ runMs: 1, sessions: 2, maxSequences: 10, maxStateBytes: 1000, drainAtMs: undefined, arrivals });
      const begun = new Set<number>();
      const refused: number[] = [];
      let at = 0;
      for (const { id, value, gapMs } of arrivals) {
        const isStart = !begun.has(id);
        begun.add(id);
        at += gapMs / 1000;
        time.at(at, () => {
          const item = makeStep([isStart ? 1 : value], { id: `n${id}`, isStart, isEnd: false });
          scheduler.submit({ ...item, done: ({ error }) => error?.code === 'INVALID_ARGUMENT' && refused.push(id) });
        });
      }
      await time.run(at + IDLE_SECONDS / 2);
      expect(refused).toEqual([]);
    }),
    { numRuns: 100, seed: 20260802 },
  );
});
