import { describe, expect, test } from '@jest/globals';
import { COUNTER_PLAN, COUNTER_SIGNATURE, CounterSession, counterSettings, makeStep, readInts } from '../../test/runtime/counter-session.js';
import { VirtualTime } from '../../test/runtime/virtual-time.js';
import { LIMITS } from '../core/limits.js';
import { DEFAULT_MODEL_SETTINGS, type SequenceSettings } from '../core/model-settings.js';
import type { SequencePosition } from '../core/request-options.js';
import type { ItemResult } from '../dataplane/ports.js';
import { computeQueuePolicies } from './new-model-scheduler.js';
import { Scheduler } from './scheduler.js';
import { SequenceScheduler } from './sequence-scheduler.js';

function makeWorld(sequence: Partial<SequenceSettings> = {}, more: { maxStateBytes?: number; poison?: number } = {}) {
  const time = new VirtualTime();
  const session = new CounterSession(time, 0.01, more.poison);
  const inner = new Scheduler({
    model: 'm',
    sessions: [session],
    plan: COUNTER_PLAN,
    policies: computeQueuePolicies(DEFAULT_MODEL_SETTINGS),
    nowSeconds: time.nowSeconds,
    setTimer: time.setTimer,
    defer: time.defer,
    observer: { observeBatch: () => {}, observePlan: () => {} },
  });
  const settings = counterSettings(sequence);
  const common = { model: 'm', signature: COUNTER_SIGNATURE, plan: COUNTER_PLAN, settings, initialFiles: new Map<string, Uint8Array>() };
  const scheduler = new SequenceScheduler(inner, settings.sequence, {
    ...common,
    nowSeconds: time.nowSeconds,
    setTimer: time.setTimer,
    ...(more.maxStateBytes === undefined ? {} : { maxStateBytes: more.maxStateBytes }),
  });
  const told: string[] = [];
  /** `flags`: S for START, E for END. What was answered is in `told`, in the order of the answers. */
  const step = (id: string, values: number | readonly number[], flags = '', extra: { timeoutSeconds?: number; outputs?: string[] } = {}) => {
    const position: SequencePosition = { id: `s${id}`, isStart: flags.includes('S'), isEnd: flags.includes('E') };
    const item = makeStep(typeof values === 'number' ? [values] : values, position);
    scheduler.submit({ ...item, ...extra, done: (result) => told.push(`${id}: ${describeResult(result)}`) });
    return item.call;
  };
  return { time, session, scheduler, told, step };
}

function describeResult(result: ItemResult): string {
  if (result.error !== undefined) return result.error.code;
  return result.outputs.map((output) => `${output.name}=${readInts(output).join(',')}`).join(' ');
}

describe('a sequence', () => {
  test('keeps its state from START to END, apart from others, in one batch with them', async () => {
    const { time, session, scheduler, told, step } = makeWorld();
    step('a', 1, 'S');
    step('b', 100, 'S');
    step('a', 2);
    step('b', 200);
    step('a', 3, 'E');
    await time.run(0.1);
    expect(told).toEqual(['a: y=1', 'b: y=100', 'a: y=3', 'b: y=300', 'a: y=6']);
    expect(session.batches.map(({ parts }) => parts.length)).toEqual([2, 2, 1]);
    expect([scheduler.sequences, scheduler.stateBytes, scheduler.depth]).toEqual([1, 4, 0]);
  });

  test('of several rows has a state for each, along the axis that the plan says', async () => {
    const { time, told, step } = makeWorld();
    step('a', [1, 10], 'S');
    step('a', [2, 20]);
    step('a', [3]);
    await time.run(0.1);
    expect(told).toEqual(['a: y=1,10', 'a: y=3,30', 'a: INVALID_ARGUMENT']);
  });

  test('that was not started is refused in the words of Triton', () => {
    const { scheduler } = makeWorld();
    const errors: string[] = [];
    const done = (result: ItemResult) => errors.push(result.error?.message ?? '');
    scheduler.submit({ ...makeStep([1], { id: 'n7', numericId: 7n, isStart: false, isEnd: false }), done });
    scheduler.submit({ ...makeStep([1]), done });
    expect(errors[0]).toBe(
      "inference request for sequence 7 to model 'm' must specify the START flag on the first request of the sequence: there is no sequence 7; it has not begun, has ended, or was idle for 1 s (max_sequence_idle_microseconds)",
    );
    expect(errors[1]).toContain("inference request to model 'm' must specify a non-zero or non-empty correlation ID");
  });

  test('answers the state only to those who ask for it', async () => {
    const { time, told, step } = makeWorld();
    step('a', 1, 'S', { outputs: ['t', 'y'] });
    step('a', 2);
    await time.run(0.1);
    expect(told).toEqual(['a: t=1 y=1', 'a: y=3']);
  });

  test.each([
    [
      'START of a live one begins anew',
      [
        ['a', 5, 'S'],
        ['a', 1, 'S'],
        ['a', 1],
      ],
      ['a: y=5', 'a: y=1', 'a: y=2'],
    ],
    [
      'after END it is not known',
      [
        ['a', 5, 'SE'],
        ['a', 1],
      ],
      ['a: INVALID_ARGUMENT', 'a: y=5'],
    ],
    [
      'after END it may start again at once',
      [
        ['a', 5, 'SE'],
        ['a', 1, 'S'],
        ['a', 1],
      ],
      ['a: y=5', 'a: y=1', 'a: y=2'],
    ],
    [
      'what fails in the middle changes nothing',
      [
        ['a', 5, 'S'],
        ['a', 13],
        ['a', 1],
      ],
      ['a: y=5', 'a: INTERNAL', 'a: y=6'],
    ],
    [
      'a START that fails ends it, with those who counted on it',
      [
        ['a', 5, 'S'],
        ['a', 13, 'S'],
        ['a', 1],
        ['a', 2, 'S'],
      ],
      ['a: y=5', 'a: INTERNAL', 'a: INVALID_ARGUMENT', 'a: y=2'],
    ],
    [
      'what comes behind an END is refused, whether or not that fails',
      [
        ['a', 5, 'S'],
        ['a', 13, 'E'],
        ['a', 1],
      ],
      ['a: INVALID_ARGUMENT', 'a: y=5', 'a: INTERNAL'],
    ],
  ] as const)('%s', async (_name, steps, want) => {
    const { time, told, step } = makeWorld({}, { poison: 13 });
    for (const [id, value, flags] of steps) step(id, value, flags);
    await time.run(0.2);
    expect(told).toEqual(want);
  });

  test('goes on after an END that failed', async () => {
    const { time, told, step, scheduler } = makeWorld({}, { poison: 13 });
    step('a', 5, 'S');
    step('a', 13, 'E');
    await time.run(0.1);
    step('a', 1, 'E');
    await time.run(0.2);
    expect(told.at(-1)).toBe('a: y=6');
    expect([scheduler.sequences, scheduler.stateBytes]).toEqual([0, 0]);
  });

  test('a cancelled request leaves the line, and a cancelled START takes with it those behind', async () => {
    const { time, told, step } = makeWorld();
    step('a', 1, 'S');
    const second = step('a', 2);
    step('a', 4);
    const restart = step('a', 8, 'S');
    step('a', 16);
    second.abandon();
    restart.abandon();
    await time.run(0.1);
    expect(told).toEqual(['a: CANCELLED', 'a: CANCELLED', 'a: y=1', 'a: y=5', 'a: INVALID_ARGUMENT']);
    step('a', 1);
    expect(told.at(-1)).toBe('a: INVALID_ARGUMENT');
  });

  test('a timeout counts while it waits for its turn', async () => {
    const { time, told, step } = makeWorld();
    step('a', 1, 'S');
    step('a', 2, '', { timeoutSeconds: 0.004 });
    step('a', 4);
    await time.run(0.1);
    expect(told).toEqual(['a: DEADLINE_EXCEEDED', 'a: y=1', 'a: y=5']);
  });

  test('is freed when it has been idle for too long, and not while it runs', async () => {
    const { time, told, step, scheduler } = makeWorld({ maxIdleSeconds: 0.005 });
    step('a', 1, 'S');
    step('a', 2);
    await time.run(0.024);
    expect([scheduler.sequences, scheduler.stateBytes]).toEqual([1, 4]);
    await time.run(0.03);
    expect([scheduler.sequences, scheduler.stateBytes]).toEqual([0, 0]);
    step('a', 3);
    expect(told).toEqual(['a: y=1', 'a: y=3', 'a: INVALID_ARGUMENT']);
  });
});

test('the next request may come from inside an answer that took longer than the idle time', async () => {
  const { time, scheduler, told, step } = makeWorld({ maxIdleSeconds: 0.005 });
  const position = { id: 'sa', isStart: true, isEnd: false };
  scheduler.submit({ ...makeStep([1], position), done: () => step('a', 2) });
  await time.run(0.1);
  expect(told).toEqual(['a: y=3']);
});

describe('bounds', () => {
  test('no more sequences than configured, and no more bytes of state', async () => {
    const { time, told, step } = makeWorld({ maxSequences: 2 }, { maxStateBytes: 8 });
    step('a', 1, 'S');
    step('b', 1, 'S');
    step('c', 1, 'S');
    await time.run(0.1);
    step('a', 1, 'E');
    await time.run(0.2);
    step('c', [1, 2], 'S');
    step('c', 7, 'S');
    await time.run(0.3);
    expect(told).toEqual(['c: RESOURCE_EXHAUSTED', 'a: y=1', 'b: y=1', 'a: y=2', 'c: RESOURCE_EXHAUSTED', 'c: y=7']);
  });

  test('no more requests in the lines than in a queue', async () => {
    const { time, told, step, scheduler } = makeWorld();
    step('a', 1, 'S');
    for (let count = 0; count <= LIMITS.queueLength; count++) step('a', 0);
    expect(told).toEqual(['a: RESOURCE_EXHAUSTED']);
    expect(scheduler.waiting).toBe(LIMITS.queueLength + 1); // one in the scheduler underneath
    await time.run(20);
    expect(told).toHaveLength(LIMITS.queueLength + 2);
    await scheduler.idle();
  });

  test('drain lets sequences go on and begins none; close refuses what waits', async () => {
    const { time, told, step, scheduler } = makeWorld();
    step('a', 1, 'S');
    scheduler.drain();
    step('a', 2);
    step('b', 1, 'S');
    await time.run(0.1);
    expect(told).toEqual(['b: UNAVAILABLE', 'a: y=1', 'a: y=3']);
    step('a', 4);
    step('a', 8);
    scheduler.close();
    expect(told.at(-1)).toBe('a: UNAVAILABLE');
    await time.run(0.2);
    expect([told.at(-1), scheduler.sequences, scheduler.stateBytes]).toEqual(['a: y=7', 0, 0]);
  });
});
