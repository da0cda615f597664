import { describe, expect, test } from '@jest/globals';
import { FakeSession } from '../../test/runtime/fake-session.js';
import { makeItem } from '../../test/runtime/make-work-item.js';
import { VirtualTime } from '../../test/runtime/virtual-time.js';
import { BatchSizeLearner, planSweep } from './batch-size-learner.js';
import { Scheduler } from './scheduler.js';
import { candidateSizes } from './size-times.js';

/** Of a request as `makeItem` makes it: "x" has 8, "s" has 4. */
const ROW_BYTES = 12;

type Curve = (rows: number) => number;

/** Seeded: a number in [0, 1). */
function newRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const CURVES: readonly [string, Curve][] = [
  ['linear: a batch gains nothing', (rows) => 0.001 * rows],
  ['a fixed cost and a slope, as of a small MLP', (rows) => 0.0001 + 0.00001 * rows],
  ['a fixed cost that rules', (rows) => 0.002 + 0.000001 * rows],
  ['saturating: ten per cent gain, as of a CNN', (rows) => 0.0001 + 0.00095 * rows],
  ['a stepwise knee: past 4 rows the cache is too small', (rows) => (rows <= 4 ? 0.001 + 0.0001 * rows : 0.0007 * rows)],
  ['tiles of 8 rows', (rows) => 0.001 * Math.ceil(rows / 8)],
  ['tiles of 12 rows', (rows) => 0.001 * Math.ceil(rows / 12)],
  ['U-shaped: batch 8 is slower than 2, and 32 is fast again', (rows) => 0.0002 * rows * (1 + 0.6 * Math.exp(-(((Math.log2(rows) - 3) / 1) ** 2)))],
  ['U-shaped the other way: best at 6', (rows) => 0.0002 * rows * (1 + 0.3 * (Math.log2(rows) - 2.6) ** 2)],
  ['superlinear: every batch is a loss', (rows) => 0.001 * rows ** 1.3],
];

/** Most rows per second over every size from 1 to `maxRows`, not only those that the learner tries, whose run is not too long. */
function bestRate(curve: Curve, maxRows: number): number {
  const bound = Math.max(0.005, 8 * curve(1));
  const rates = Array.from({ length: maxRows }, (_, i) => (curve(i + 1) <= bound ? (i + 1) / curve(i + 1) : 0));
  return Math.max(...rates, 1 / curve(1));
}

function sweep(curve: Curve, maxRows: number): BatchSizeLearner {
  const learner = new BatchSizeLearner({ maxRows });
  for (const rows of planSweep(maxRows)) if (!learner.isTooLong(rows, ROW_BYTES)) learner.observe(rows, curve(rows), ROW_BYTES);
  learner.settle(ROW_BYTES);
  return learner;
}

describe('the sweep', () => {
  test.each(CURVES)('finds the best size within 5 % · %s', (_name, curve) => {
    for (const maxRows of [1, 2, 8, 32, 48, 100]) {
      const size = sweep(curve, maxRows).targetRows(ROW_BYTES);
      expect(size).toBeLessThanOrEqual(maxRows);
      expect(size / curve(size)).toBeGreaterThanOrEqual(0.95 * bestRate(curve, maxRows));
    }
  });

  test.each(CURVES)('and with noise of 3 % and runs that are 20 times as long · %s', (_name, curve) => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = newRandom(seed);
      const noisy: Curve = (rows) => curve(rows) * (1 + 0.06 * (random() - 0.5)) * (random() < 0.08 ? 20 : 1);
      const size = sweep(noisy, 32).targetRows(ROW_BYTES);
      expect(size / curve(size)).toBeGreaterThanOrEqual(0.95 * bestRate(curve, 32));
    }
  });

  test('stops at the knee: a gain under 3 % is not worth a longer wait', () => {
    expect(sweep((rows) => 0.0005 * rows + 0.000001, 32).targetRows(ROW_BYTES)).toBe(1);
    expect(sweep((rows) => (rows <= 4 ? 0.001 : 0.000245 * rows), 32).targetRows(ROW_BYTES)).toBe(4);
  });

  test('no batch takes longer than it may', () => {
    const curve: Curve = (rows) => 0.01 + 0.004 * rows;
    expect(curve(sweep(curve, 256).targetRows(ROW_BYTES))).toBeLessThanOrEqual(8 * curve(1));
    const learner = new BatchSizeLearner({ maxRows: 256, maxRunSeconds: 0.03 });
    for (const rows of planSweep(256)) if (!learner.isTooLong(rows, ROW_BYTES)) learner.observe(rows, curve(rows), ROW_BYTES);
    expect(learner.settle(ROW_BYTES)).toBe(4);
  });

  test('the sizes', () => {
    expect(candidateSizes(1)).toEqual([1]);
    expect(candidateSizes(20)).toEqual([1, 2, 3, 4, 6, 8, 12, 16, 20]);
    expect(planSweep(2).slice(0, 4)).toEqual([1, 2, 1, 2]);
  });
});

/** Serves as many requests as the model takes for `seconds`, and says what the learner believes at the end. */
async function serve(
  learner: BatchSizeLearner,
  curveAt: (nowSeconds: number) => Curve,
  seconds: number,
  clients = 3 * learner.options.maxRows,
  lateSeconds = 0,
): Promise<{ target: number; largest: number }> {
  const time = new VirtualTime();
  let largest = 0;
  const latency: Curve = (rows) => {
    largest = Math.max(largest, rows);
    return curveAt(time.nowSeconds())(rows);
  };
  const session = new FakeSession({ time, depth: 2, latency, lateSeconds });
  const { maxRows } = learner.options;
  const policy = { maxRequests: 0, maxRows: 0, defaultTimeoutSeconds: 0, allowTimeoutOverride: false, timeoutAction: 'REJECT' } as const;
  const scheduler = new Scheduler({
    model: 'm',
    sessions: [session],
    plan: {
      maxRows,
      targetRows: learner.targetRows(ROW_BYTES),
      maxDelaySeconds: 0,
      inputAxes: [0, undefined],
      outputAxes: [0, 1, undefined],
      why: '',
    },
    policies: { priorityLevels: 1, defaultPriorityLevel: 1, defaultPolicy: policy, levelPolicies: new Map(), maxBytes: 1e9, preserveOrdering: false },
    learner,
    nowSeconds: time.nowSeconds,
    setTimer: time.setTimer,
    defer: time.defer,
    observer: { observeBatch: () => {}, observePlan: () => {} },
  });
  const again = (): void => {
    if (time.nowSeconds() < seconds) scheduler.submit({ ...makeItem({ first: 1 }), outputs: ['y'], done: again });
  };
  for (let client = 0; client < clients; client++) again();
  await time.run();
  return { target: learner.targetRows(ROW_BYTES), largest };
}

describe('while it serves', () => {
  test.each(CURVES)('stays within 5 % of the best, and never goes beyond maxRows · %s', async (_name, curve) => {
    const { target, largest } = await serve(sweep(curve, 16), () => curve, 600 * curve(16));
    expect(largest).toBeLessThanOrEqual(16);
    expect(target / curve(target)).toBeGreaterThanOrEqual(0.95 * bestRate(curve, 16));
  });

  test('follows a machine whose best size changes', async () => {
    const before: Curve = (rows) => (rows <= 2 ? 0.001 : 0.001 * rows);
    const after: Curve = (rows) => 0.001 + 0.00005 * rows;
    const learner = sweep(before, 8);
    expect(learner.targetRows(ROW_BYTES)).toBe(2);
    const { target } = await serve(learner, (now) => (now < 0.2 ? before : after), 6);
    expect(target).toBe(8);
  });

  test('rows of another size than those of the sweep have a best size of their own, found by their first batches', async () => {
    const small: Curve = (rows) => 0.0005 + 0.00015 * rows;
    const large: Curve = (rows) => (rows <= 4 ? 0.0006 + 0.00088 * rows : 0.00105 * rows);
    const learner = new BatchSizeLearner({ maxRows: 64 });
    for (const rows of planSweep(64)) if (!learner.isTooLong(rows, 4)) learner.observe(rows, small(rows), 4);
    const forSmall = learner.settle(4);
    expect(forSmall).toBeGreaterThanOrEqual(24);
    const { target } = await serve(learner, () => large, 300 * large(4), 16);
    expect(target).toBe(4);
    expect(learner.targetRows(4)).toBe(forSmall);
  });

  test('what the serving thread hears late does not count as time of the run', async () => {
    const curve: Curve = (rows) => (rows <= 4 ? 0.0006 + 0.0009 * rows : 0.00107 * rows);
    const { target } = await serve(new BatchSizeLearner({ maxRows: 16 }), () => curve, 600 * curve(4), 32, 0.02);
    expect(target).toBe(4);
  });
});
