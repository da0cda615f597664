import { describe, expect, test } from '@jest/globals';
import { countRows, FakeSession, type FakeSessionOptions } from '../../test/runtime/fake-session.js';
import { makeItem, makeOutputs, type WorkShape } from '../../test/runtime/make-work-item.js';
import { VirtualTime } from '../../test/runtime/virtual-time.js';
import type { BatchPlan } from '../core/batch-plan.js';
import { InferenceError } from '../core/inference-error.js';
import type { ItemResult, WorkItem } from '../dataplane/ports.js';
import type { QueuePolicies, QueuePolicy } from './queue-policy.js';
import { Scheduler } from './scheduler.js';

const POLICY: QueuePolicy = { maxRequests: 0, maxRows: 0, defaultTimeoutSeconds: 0, allowTimeoutOverride: false, timeoutAction: 'REJECT' };
const POLICIES: QueuePolicies = {
  priorityLevels: 1,
  defaultPriorityLevel: 1,
  defaultPolicy: POLICY,
  levelPolicies: new Map(),
  maxBytes: 1e9,
  preserveOrdering: false,
};
const PLAN: BatchPlan = {
  maxRows: 8,
  targetRows: 8,
  maxDelaySeconds: 0,
  inputAxes: [0, undefined],
  outputAxes: [0, 1, undefined],
  why: 'proven',
};

interface WorldOptions {
  readonly sessions?: number;
  readonly session?: Partial<FakeSessionOptions>;
  readonly plan?: Partial<BatchPlan>;
  readonly policies?: Partial<QueuePolicies>;
}

function makeWorld({ sessions: count = 1, session, plan, policies }: WorldOptions = {}) {
  const time = new VirtualTime();
  const sessions = Array.from({ length: count }, () => new FakeSession({ time, latency: () => 0.01, ...session }));
  const plans: BatchPlan[] = [];
  const scheduler = new Scheduler({
    model: 'm',
    sessions,
    plan: { ...PLAN, ...plan },
    policies: { ...POLICIES, ...policies },
    nowSeconds: time.nowSeconds,
    setTimer: time.setTimer,
    defer: time.defer,
    observer: { observeBatch: () => {}, observePlan: (changed) => plans.push(changed) },
  });
  const results = new Map<number, ItemResult>();
  const order: number[] = [];
  const submit = (shape: WorkShape, more: Partial<WorkItem> = {}): WorkItem => {
    const done = (result: ItemResult): void => {
      if (results.has(shape.first)) throw new Error(`Request ${shape.first} was answered twice`);
      results.set(shape.first, result);
      order.push(shape.first);
    };
    const item = { ...makeItem(shape), done, ...more };
    scheduler.submit(item);
    return item;
  };
  const sizes = (): number[][] => sessions.map((each) => each.batches.map(countRows));
  return { time, sessions, scheduler, results, order, submit, sizes, plans };
}

function codeOf(result: ItemResult | undefined): string {
  if (result === undefined) return 'none';
  return result.error === undefined ? 'OK' : result.error.code;
}

describe('natural batching', () => {
  test('a lone request starts at the end of its turn, without a timer', async () => {
    const { time, submit, sessions, results } = makeWorld();
    submit({ first: 1 });
    expect(sessions[0]?.batches).toHaveLength(0);
    await time.run(0);
    expect(sessions[0]?.batches).toHaveLength(1);
    expect(sessions[0]?.batches[0]?.layout).toBeUndefined();
    await time.run();
    expect(results.get(1)).toMatchObject({ outputs: makeOutputs({ first: 1 }), queueSeconds: 0 });
  });

  test('what comes in one turn goes together, what comes during a run goes next, up to the target', async () => {
    const { time, submit, sizes, results, scheduler } = makeWorld();
    for (let i = 0; i < 3; i++) submit({ first: i * 10 });
    time.at(0.005, () => {
      for (let i = 3; i < 13; i++) submit({ first: i * 10 });
    });
    await time.run();
    expect(sizes()).toEqual([[3, 8, 2]]);
    for (let i = 0; i < 13; i++) expect(results.get(i * 10)).toMatchObject({ outputs: makeOutputs({ first: i * 10 }) });
    expect(results.get(30)).toMatchObject({ queueSeconds: expect.closeTo(0.005) });
    expect([scheduler.depth, scheduler.waiting, scheduler.waitingRows]).toEqual([0, 0, 0]);
  });

  test('rows are counted, not requests; one larger than a batch may be runs by itself', async () => {
    const { time, submit, sizes } = makeWorld();
    for (const [i, rows] of [3, 3, 3, 20, 2].entries()) submit({ first: i * 100, rows });
    await time.run();
    expect(sizes()).toEqual([[8, 3, 20]]); // 3+3+2, 3, 20: the small one fits into the gap
  });

  test('only what is alike goes together, and the odd one is not forgotten', async () => {
    const { time, submit, sizes, results } = makeWorld();
    submit({ first: 0 });
    submit({ first: 10, width: 3 });
    submit({ first: 20, scalar: 7 });
    submit({ first: 30 });
    submit({ first: 40, scalar: 7 });
    submit({ first: 50 }, { outputs: ['z'] });
    await time.run();
    expect(sizes()).toEqual([[2, 1, 2, 1]]);
    expect(results.get(40)).toMatchObject({ outputs: makeOutputs({ first: 40, scalar: 7 }) });
    expect(results.get(50)).toMatchObject({ outputs: makeOutputs({ first: 50 }).slice(1, 2) });
  });

  test('idle sessions share the work when that ends it earlier, and not when it does not', async () => {
    const linear = makeWorld({ sessions: 2, session: { latency: (rows) => 0.01 * rows } });
    const flat = makeWorld({ sessions: 2 });
    for (const world of [linear, flat]) {
      for (let i = 0; i < 3; i++) for (const rows of [4, 8]) world.scheduler.learn(rows, world === linear ? 0.01 * rows : 0.01);
      for (let i = 0; i < 8; i++) world.submit({ first: i * 10 });
      await world.time.run();
    }
    expect(linear.sizes()).toEqual([[4], [4]]);
    expect(flat.sizes()).toEqual([[8], []]);
  });

  test('a delay that was asked for is kept, and cut short by a full batch', async () => {
    const { time, submit, sizes, results } = makeWorld({ plan: { maxDelaySeconds: 0.05, targetRows: 4 } });
    submit({ first: 0 });
    time.at(0.03, () => submit({ first: 10 }));
    await time.run();
    expect(sizes()).toEqual([[2]]);
    expect(results.get(0)).toMatchObject({ queueSeconds: expect.closeTo(0.05) });
    for (let i = 2; i < 6; i++) submit({ first: i * 10 });
    await time.run(time.nowSeconds());
    expect(sizes()).toEqual([[2, 4]]);
  });
});

describe('two batches in a session', () => {
  const measured = { depth: 2, latency: () => 0.02 };
  test('a full one follows at once, a small one only when the running one is about to end', async () => {
    const { time, submit, sessions, scheduler, sizes } = makeWorld({ session: measured });
    for (let i = 0; i < 3; i++) scheduler.learn(1, 0.02);
    submit({ first: 0 });
    time.at(0.005, () => submit({ first: 10 }));
    time.at(0.01, () => submit({ first: 20 }));
    await time.run(0.018);
    expect(sessions[0]?.outstanding).toBe(1);
    await time.run(0.0199);
    expect(sessions[0]?.outstanding).toBe(2);
    expect(sizes()).toEqual([[1, 2]]);
    time.at(0.025, () => {
      for (let i = 3; i < 11; i++) submit({ first: i * 10 });
    });
    await time.run(0.026);
    expect(sizes()).toEqual([[1, 2, 8]]);
    await time.run();
    expect(time.nowSeconds()).toBeCloseTo(0.06);
  });
});

describe('faults', () => {
  test('one request that the model cannot compute fails no other', async () => {
    const fault: FakeSessionOptions['fault'] = ({ parts }) =>
      parts.some((part) => part.inputs[0]?.data[0] === 66)
        ? new Error("Non-zero status code returned while running Gather node. Name:'g'")
        : undefined;
    const { time, submit, results, sizes } = makeWorld({ session: { fault } });
    for (const first of [64, 66, 68]) submit({ first });
    await time.run();
    expect(sizes()).toEqual([[3, 1, 1, 1]]);
    expect([64, 66, 68].map((first) => codeOf(results.get(first)))).toEqual(['OK', 'INVALID_ARGUMENT', 'OK']);
  });

  test('who has gone while a failed batch ran is not run again', async () => {
    const fault: FakeSessionOptions['fault'] = ({ parts }) => (parts.length > 1 ? new Error('The batch fails') : undefined);
    const { time, submit, results, sizes } = makeWorld({ session: { fault } });
    const [gone] = [1, 2, 3].map((first) => submit({ first }));
    time.at(0.005, () => gone?.call.abandon());
    await time.run();
    expect(sizes()).toEqual([[3, 1, 1]]);
    expect([1, 2, 3].map((first) => codeOf(results.get(first)))).toEqual(['CANCELLED', 'OK', 'OK']);
  });

  test('an output without the rows of the batch is not used: each runs again, and batching is over', async () => {
    const { time, submit, results, sizes, plans, scheduler } = makeWorld({ session: { extraRows: () => 1 } });
    for (const first of [10, 20]) submit({ first });
    await time.run();
    for (const first of [30, 40]) submit({ first });
    await time.run();
    expect(sizes()).toEqual([[2, 1, 1, 1, 1]]);
    for (const first of [10, 20, 30, 40]) expect(results.get(first)).toMatchObject({ outputs: makeOutputs({ first }) });
    expect(plans).toEqual([scheduler.plan]);
    expect(scheduler.plan).toMatchObject({
      maxRows: 1,
      why: 'Batching was switched off: output "y" has shape [3,2] for a batch of 2 rows along axis 0',
    });
  });

  test('a lost session takes its batch with it, the others go on; with the last one all are told', async () => {
    const { time, submit, results, sessions } = makeWorld({ sessions: 2, plan: { maxRows: 1, targetRows: 1 } });
    const [one, other] = sessions;
    for (const first of [1, 2, 3]) submit({ first });
    time.at(0.005, () => Object.assign(one ?? {}, { isLost: true }));
    await time.run();
    expect([1, 2, 3].map((first) => codeOf(results.get(first)))).toEqual(['UNAVAILABLE', 'OK', 'OK']);
    Object.assign(other ?? {}, { isLost: true });
    for (const first of [4, 5]) submit({ first });
    await time.run();
    submit({ first: 6 });
    expect([4, 5, 6].map((first) => codeOf(results.get(first)))).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE']);
    expect(results.get(6)).toEqual({ error: new InferenceError('UNAVAILABLE', "Model 'm' has lost every session that could run it") });
  });

  test('a lost session that starts again is told of, and runs what comes once it is back', async () => {
    const { time, submit, results, sessions } = makeWorld();
    const back = Promise.withResolvers<void>();
    const [only] = sessions;
    Object.assign(only ?? {}, { isLost: true, whenBack: () => back.promise });
    submit({ first: 1 });
    await time.run();
    submit({ first: 2 });
    const wantAway = new InferenceError('UNAVAILABLE', "Model 'm' has lost every session that could run it, and they start again: ask again soon");
    expect([codeOf(results.get(1)), results.get(2)]).toEqual(['UNAVAILABLE', { error: wantAway }]);
    Object.assign(only ?? {}, { isLost: false });
    back.resolve();
    await back.promise;
    submit({ first: 3 });
    await time.run();
    expect(codeOf(results.get(3))).toBe('OK');
  });

  test('one that will never be back is lost as any other', async () => {
    const { time, submit, results, sessions } = makeWorld();
    Object.assign(sessions[0] ?? {}, { isLost: true, whenBack: () => Promise.reject(new Error('given up')) });
    submit({ first: 1 });
    await time.run();
    submit({ first: 2 });
    expect(results.get(2)).toEqual({ error: new InferenceError('UNAVAILABLE', "Model 'm' has lost every session that could run it") });
  });

  test('close refuses what waits, and waits for what runs', async () => {
    const { time, submit, results, scheduler } = makeWorld();
    submit({ first: 1 });
    await time.run(0.001);
    submit({ first: 2 });
    let isClosed = false;
    void scheduler.close().then(() => {
      isClosed = true;
    });
    expect(codeOf(results.get(2))).toBe('UNAVAILABLE');
    await time.run(0.009);
    expect(isClosed).toBe(false);
    await time.run();
    expect([isClosed, codeOf(results.get(1))]).toEqual([true, 'OK']);
    submit({ first: 3 });
    expect(codeOf(results.get(3))).toBe('UNAVAILABLE');
  });
});

describe('bounds, priorities, timeouts', () => {
  test.each<[string, Partial<QueuePolicies>, string]>([
    ['requests', { defaultPolicy: { ...POLICY, maxRequests: 2 } }, 'Exceeds maximum queue size: 2 requests wait already'],
    ['rows', { defaultPolicy: { ...POLICY, maxRows: 5 } }, 'Exceeds maximum queue size: 4 of 5 rows wait already'],
    ['bytes', { maxBytes: 50 }, 'Exceeds maximum queue size: the waiting requests hold 40 of 50 bytes'],
  ])('%s that wait are bounded', async (_name, policies, message) => {
    const { time, submit, results } = makeWorld({ policies });
    submit({ first: 0 });
    await time.run(0.001);
    for (const first of [10, 20, 30]) submit({ first, rows: 2 });
    expect(results.get(30)).toEqual({ error: new InferenceError('RESOURCE_EXHAUSTED', message) });
    await time.run();
    expect([0, 10, 20].map((first) => codeOf(results.get(first)))).toEqual(['OK', 'OK', 'OK']);
  });

  test('free sessions take what came in this turn before anything is refused', async () => {
    const { time, submit, results } = makeWorld({
      sessions: 2,
      plan: { maxRows: 1, targetRows: 1 },
      policies: { defaultPolicy: { ...POLICY, maxRequests: 1 } },
    });
    for (const first of [1, 2, 3, 4]) submit({ first });
    await time.run();
    expect([1, 2, 3, 4].map((first) => codeOf(results.get(first)))).toEqual(['OK', 'OK', 'OK', 'RESOURCE_EXHAUSTED']);
  });

  test('the more urgent level goes first; level 0 and one that is not there are the default', async () => {
    const { time, submit, order } = makeWorld({ plan: { maxRows: 1, targetRows: 1 }, policies: { priorityLevels: 3, defaultPriorityLevel: 2 } });
    for (const [first, priority] of [3, 0, 9, 2, 1].entries()) submit({ first }, { priority });
    await time.run();
    expect(order).toEqual([4, 1, 2, 3, 0]);
  });

  test('REJECT answers when the wait is over, DELAY puts to the end; a request may shorten, never lengthen', async () => {
    const policy: QueuePolicy = { ...POLICY, defaultTimeoutSeconds: 0.015, allowTimeoutOverride: true };
    for (const timeoutAction of ['REJECT', 'DELAY'] as const) {
      const plan = { maxRows: 1, targetRows: 1 };
      const { time, submit, results, order } = makeWorld({ plan, policies: { defaultPolicy: { ...policy, timeoutAction } } });
      submit({ first: 0 });
      submit({ first: 1 }, { timeoutSeconds: 0.002 });
      submit({ first: 2 }, { timeoutSeconds: 5 });
      submit({ first: 3 });
      time.at(0.012, () => submit({ first: 4 }));
      await time.run(0.003);
      expect(codeOf(results.get(1))).toBe(timeoutAction === 'REJECT' ? 'DEADLINE_EXCEEDED' : 'none');
      await time.run();
      expect(order).toEqual(timeoutAction === 'REJECT' ? [1, 0, 3, 2, 4] : [0, 2, 4, 1, 3]);
      if (timeoutAction === 'REJECT') expect(results.get(1)?.error?.message).toMatch(/^Request timeout expired: it waited [23] ms for the model$/);
    }
  });

  test('results come in the order of the requests when that is asked for', async () => {
    const latencies = [0.03, 0.01, 0.01];
    const session = { latency: () => latencies.shift() ?? 0.01 };
    const { time, submit, order } = makeWorld({ sessions: 3, session, plan: { maxRows: 1, targetRows: 1 }, policies: { preserveOrdering: true } });
    const [first] = [1, 2, 3, 4].map((id) => submit({ first: id }));
    await time.run(0.02);
    expect(order).toEqual([]);
    first?.call.abandon(); // nobody is held up by one who has gone
    expect(order).toEqual([1, 2, 3, 4]);
    await time.run();
  });

  test('policies that cannot be kept are refused', () => {
    expect(() => makeWorld({ policies: { priorityLevels: 2, preserveOrdering: true } })).toThrow('preserve_ordering is true with priority_levels 2');
    expect(() => makeWorld({ policies: { defaultPriorityLevel: 2 } })).toThrow('default_priority_level is 2');
  });
});

describe('cancelling and deadlines', () => {
  test('a cancelled request leaves the queue at once, and its batch answers the others', async () => {
    const { time, submit, results, scheduler, sizes } = makeWorld();
    const running = submit({ first: 0 });
    submit({ first: 5 });
    await time.run(0.001);
    const waiting = submit({ first: 10 });
    submit({ first: 20 });
    waiting.call.abandon();
    expect([scheduler.waiting, codeOf(results.get(10))]).toEqual([1, 'CANCELLED']);
    running.call.abandon();
    await time.run();
    expect([0, 5, 20].map((first) => codeOf(results.get(first)))).toEqual(['CANCELLED', 'OK', 'OK']);
    expect(sizes()).toEqual([[2, 1]]);
  });

  test('an idle server never refuses a deadline above twice the measured run, not even after one slow run', async () => {
    let seconds = 0.01;
    const { time, submit, results } = makeWorld({ session: { latency: () => seconds } });
    for (let i = 0; i < 40; i++) {
      seconds = i === 20 ? 3 : 0.01;
      submit({ first: i }, { deadlineSeconds: time.nowSeconds() + 0.0201 });
      await time.run();
      expect(codeOf(results.get(i))).toBe('OK');
    }
    submit({ first: 99 }, { deadlineSeconds: time.nowSeconds() + 0.005 });
    expect(results.get(99)?.error?.message).toBe('The deadline cannot be met: 5 ms are left, and an answer is expected in 10 ms');
  });

  test('after a slow time, short deadlines are tried again although nothing else runs', async () => {
    let seconds = 5;
    const { time, submit, results } = makeWorld({ session: { latency: () => seconds } });
    for (let i = 0; i < 9; i++) {
      submit({ first: i });
      await time.run();
    }
    seconds = 0.01;
    submit({ first: 10 }, { deadlineSeconds: time.nowSeconds() + 0.03 });
    expect(codeOf(results.get(10))).toBe('DEADLINE_EXCEEDED');
    await time.run(time.nowSeconds() + 8); // 5 s / 2^8 is 20 ms
    submit({ first: 11 }, { deadlineSeconds: time.nowSeconds() + 0.03 });
    await time.run();
    expect(codeOf(results.get(11))).toBe('OK');
  });

  test('what cannot be answered in time is refused at once; without a measurement nothing is', async () => {
    const { time, submit, results, scheduler } = makeWorld({ plan: { maxRows: 1, targetRows: 1 } });
    for (let i = 0; i < 5; i++) submit({ first: i }, { deadlineSeconds: 0.02 });
    expect(results.size).toBe(0);
    await time.run();
    expect([0, 1, 2, 3, 4].map((first) => codeOf(results.get(first)))).toEqual([
      'OK',
      'OK',
      'DEADLINE_EXCEEDED',
      'DEADLINE_EXCEEDED',
      'DEADLINE_EXCEEDED',
    ]);
    for (let i = 0; i < 3; i++) scheduler.learn(1, 0.01);
    const now = time.nowSeconds();
    for (const first of [10, 11, 12]) submit({ first });
    submit({ first: 13 }, { deadlineSeconds: now + 0.035 });
    submit({ first: 14 }, { deadlineSeconds: now + 0.055 });
    expect([codeOf(results.get(13)), codeOf(results.get(14))]).toEqual(['DEADLINE_EXCEEDED', 'none']);
    await time.run();
    expect(codeOf(results.get(14))).toBe('OK');
  });

  test('one whose deadline passes in the queue is told then, and never run', async () => {
    const { time, submit, results, sizes } = makeWorld();
    submit({ first: 0 });
    await time.run(0.001);
    submit({ first: 10 }, { deadlineSeconds: 0.004 });
    submit({ first: 20 }, { deadlineSeconds: 0.5 });
    await time.run(0.0051);
    expect(codeOf(results.get(10))).toBe('DEADLINE_EXCEEDED');
    await time.run();
    expect(sizes()).toEqual([[1, 1]]);
  });
});

describe('a mask', () => {
  test('requests of other lengths go together if little of the batch is padding, and get their own length back', async () => {
    const mask = { maskInput: 'x', paddedInputs: ['x'], axis: 1, outputAxes: [1, undefined, undefined], maxWaste: 0.25 };
    const { time, submit, results, sizes, sessions } = makeWorld({ plan: { mask } });
    for (const [i, width] of [4, 3, 1, 4].entries()) submit({ first: i * 10, width });
    await time.run();
    expect(sizes()).toEqual([[3, 1]]);
    expect(sessions[0]?.batches[0]?.layout?.shapes).toEqual([[3, 4], []]);
    for (const [i, width] of [4, 3, 1, 4].entries()) expect(results.get(i * 10)).toMatchObject({ outputs: makeOutputs({ first: i * 10, width }) });
  });
});
