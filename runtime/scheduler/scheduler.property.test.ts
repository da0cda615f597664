/** Random traffic on random sessions in virtual time: whatever happens, each request gets one answer, and it is its own. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countRows, FakeSession } from '../../test/runtime/fake-session.js';
import { makeItem, makeOutputs } from '../../test/runtime/make-work-item.js';
import { VirtualTime } from '../../test/runtime/virtual-time.js';
import type { ItemResult, RunBatch } from '../dataplane/ports.js';
import { BatchSizeLearner } from './batch-size-learner.js';
import { Scheduler } from './scheduler.js';

const arrival = fc.record({
  /** Milliseconds after the one before. */
  gap: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 8 }) }),
  rows: fc.oneof(
    { weight: 4, arbitrary: fc.constant(1) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 4 }) },
    { weight: 1, arbitrary: fc.constant(19) },
  ),
  width: fc.integer({ min: 1, max: 3 }),
  scalar: fc.nat(1),
  priority: fc.nat(4),
  cancelAfter: fc.option(fc.nat(30), { nil: undefined, freq: 4 }),
  deadlineAfter: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined, freq: 3 }),
  timeoutAfter: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined, freq: 3 }),
  isPoison: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
  /** Clients that answer an answer with another request, from inside `done`. */
  isEager: fc.boolean(),
});

const traffic = fc.record({
  sessions: fc.integer({ min: 1, max: 3 }),
  depth: fc.integer({ min: 1, max: 2 }),
  maxRows: fc.constantFrom(1, 2, 8),
  hasMask: fc.boolean(),
  delayMs: fc.constantFrom(0, 0, 5),
  runMs: fc.constantFrom(0, 1, 10),
  maxRequests: fc.constantFrom(0, 0, 6),
  maxQueueRows: fc.constantFrom(0, 0, 12),
  levels: fc.constantFrom(1, 3),
  isOrdered: fc.boolean(),
  action: fc.constantFrom('REJECT' as const, 'DELAY' as const),
  learns: fc.boolean(),
  /** Milliseconds at which session 0, and with it perhaps the last, is lost. */
  lossAt: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined, freq: 4 }),
  extraRowsAt: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined, freq: 4 }),
  closeAt: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined, freq: 5 }),
  arrivals: fc.array(arrival, { minLength: 1, maxLength: 60, size: 'max' }),
});

type Traffic = ReturnType<typeof sample>;
function sample() {
  const [value] = fc.sample(traffic, 1);
  if (value === undefined) throw new Error('fast-check gave none');
  return value;
}

/** The first value of a poisoned request, by which the fake session knows it. */
const POISON = 1_000_000;

function makeWorld(t: Traffic) {
  const time = new VirtualTime();
  const isPoisoned = ({ parts }: RunBatch): boolean =>
    parts.some((part) => part.rows > 0 && new Int32Array(part.inputs[0]?.data.slice().buffer ?? new ArrayBuffer(4))[0] === POISON);
  const sessions = Array.from(
    { length: t.sessions },
    () =>
      new FakeSession({
        time,
        depth: t.depth,
        latency: (rows) => (t.runMs * (1 + 0.1 * rows)) / 1000,
        fault: (batch) => (isPoisoned(batch) ? new Error("Non-zero status code returned while running Gather node. Name:'g'") : undefined),
        extraRows: () => (t.extraRowsAt !== undefined && time.nowSeconds() * 1000 >= t.extraRowsAt ? 1 : 0),
      }),
  );
  const policy = {
    maxRequests: t.maxRequests,
    maxRows: t.maxQueueRows,
    defaultTimeoutSeconds: 0,
    allowTimeoutOverride: true,
    timeoutAction: t.action,
  };
  const mask = { maskInput: 'x', paddedInputs: ['x'], axis: 1, outputAxes: [1, undefined, undefined], maxWaste: 0.5 };
  const scheduler = new Scheduler({
    model: 'm',
    sessions,
    plan: {
      maxRows: t.maxRows,
      targetRows: t.maxRows,
      maxDelaySeconds: t.delayMs / 1000,
      inputAxes: [0, undefined],
      outputAxes: [0, 1, undefined],
      ...(t.hasMask ? { mask } : {}),
      why: '',
    },
    policies: {
      priorityLevels: t.levels,
      defaultPriorityLevel: 1,
      defaultPolicy: policy,
      levelPolicies: new Map(),
      maxBytes: 1e6,
      preserveOrdering: t.isOrdered && t.levels === 1,
    },
    ...(t.learns ? { learner: new BatchSizeLearner({ maxRows: t.maxRows }) } : {}),
    nowSeconds: time.nowSeconds,
    setTimer: time.setTimer,
    defer: time.defer,
    observer: { observeBatch: () => {}, observePlan: () => {} },
  });
  return { time, sessions, scheduler };
}

interface Asked {
  readonly id: number;
  readonly shape: { first: number; rows: number; width: number; scalar: number };
  readonly isCancelled: () => boolean;
  readonly results: ItemResult[];
}

/** Sends the traffic and returns what came of each request. */
async function play(t: Traffic) {
  const world = makeWorld(t);
  const { time, sessions, scheduler } = world;
  const asked: Asked[] = [];
  const delivered: number[] = [];
  const submit = (a: Traffic['arrivals'][number], mayAgain: boolean): void => {
    const id = asked.length;
    const shape = { first: a.isPoison ? POISON : id * 100 + 1, rows: a.rows, width: a.width, scalar: a.scalar };
    const item = makeItem(shape);
    const results: ItemResult[] = [];
    asked.push({ id, shape, isCancelled: () => item.call.isGone, results });
    const done = (result: ItemResult): void => {
      results.push(result);
      if (result.error === undefined) delivered.push(id);
      if (mayAgain && a.isEager) submit({ ...a, isPoison: false }, false);
    };
    const now = time.nowSeconds();
    const { cancelAfter, deadlineAfter, timeoutAfter } = a;
    scheduler.submit({
      ...item,
      priority: a.priority,
      done,
      ...(deadlineAfter === undefined ? {} : { deadlineSeconds: now + deadlineAfter / 1000 }),
      ...(timeoutAfter === undefined ? {} : { timeoutSeconds: timeoutAfter / 1000 }),
    });
    if (cancelAfter !== undefined) time.at(now + cancelAfter / 1000, () => item.call.abandon());
  };
  const { lossAt, closeAt } = t;
  let at = 0;
  for (const a of t.arrivals) {
    at += a.gap / 1000;
    time.at(at, () => submit(a, true));
  }
  const [first] = sessions;
  if (lossAt !== undefined) time.at(lossAt / 1000, () => Object.assign(first ?? {}, { isLost: true }));
  if (closeAt !== undefined) time.at(closeAt / 1000, () => void scheduler.close());
  let idleTurns = 0;
  const isUnused = (): boolean => sessions.some((each) => each.outstanding === 0 && !each.isLost) && scheduler.waiting > 0;
  // Between any two milliseconds the turn has ended: what can run then runs.
  for (let ms = 0.5; ms < at * 1000 + 1; ms += 1) {
    await time.run(ms / 1000);
    if (t.delayMs === 0 && isUnused()) idleTurns += 1;
    if (t.maxRequests > 0) expect(scheduler.waiting).toBeLessThanOrEqual(t.maxRequests * t.levels + sessions.length * t.depth * t.maxRows);
  }
  await time.run();
  return { ...world, asked, delivered, idleTurns };
}

function checkAnswer({ shape, results, isCancelled }: Asked, t: Traffic): void {
  expect(results).toHaveLength(1);
  const [result] = results;
  if (result?.error === undefined) {
    expect(result?.outputs).toEqual(makeOutputs(shape));
    return;
  }
  const { code } = result.error;
  if (code === 'CANCELLED') expect(isCancelled()).toBe(true);
  if (code === 'INVALID_ARGUMENT') expect(shape.first).toBe(POISON);
  if (code === 'UNAVAILABLE') expect(t.lossAt ?? t.closeAt).toBeDefined();
  if (code === 'RESOURCE_EXHAUSTED') expect(t.maxRequests + t.maxQueueRows).toBeGreaterThan(0);
  expect(['CANCELLED', 'INVALID_ARGUMENT', 'UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED']).toContain(code);
}

describe('random traffic', () => {
  test('each request gets exactly one answer, of its own rows; bounds hold; no session idles while work waits', async () => {
    const seen = { batches: 0, ok: 0, together: 0 };
    const codes = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(traffic, async (t) => {
        const { sessions, scheduler, asked, delivered, idleTurns } = await play(t);
        for (const one of asked) checkAnswer(one, t);
        for (const one of asked) for (const { error } of one.results) codes.set(error?.code ?? 'OK', (codes.get(error?.code ?? 'OK') ?? 0) + 1);
        expect([scheduler.depth, scheduler.waiting, scheduler.waitingRows]).toEqual([0, 0, 0]);
        expect(idleTurns).toBe(0);
        for (const session of sessions) {
          expect(session.mostOutstanding).toBeLessThanOrEqual(t.depth);
          for (const batch of session.batches) if (batch.parts.length > 1) expect(countRows(batch)).toBeLessThanOrEqual(t.maxRows);
          seen.together += session.batches.filter((batch) => batch.parts.length > 1).length;
          seen.batches += session.batches.length;
        }
        if (t.isOrdered && t.levels === 1) expect(delivered).toEqual([...delivered].sort((a, b) => a - b));
        await scheduler.idle();
      }),
      { numRuns: 400, seed: 26 },
    );
    // The traffic is one that shows something: many batches of several, and every kind of end.
    expect(seen.together).toBeGreaterThan(300);
    for (const code of ['OK', 'CANCELLED', 'INVALID_ARGUMENT', 'UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED'])
      expect([code, (codes.get(code) ?? 0) > 50]).toEqual([code, true]);
  }, 60_000);
});
