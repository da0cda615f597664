import { describe, expect, test } from '@jest/globals';
import type { ModelDeploymentStatus, StatusModel } from '../api/zz_generated.modeldeployment.js';
import { BUDGET_LIMITS, StatusBudget, type StatusChange } from './status-budget.js';

const UID = 'uid-reader';

function status(ready: 'True' | 'False', replicas = '0/1', model?: StatusModel): ModelDeploymentStatus {
  const condition = {
    type: 'Ready',
    status: ready,
    reason: 'x',
    message: 'x',
    observedGeneration: 1,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  } as const;
  return { observedGeneration: 1, columns: { replicas }, conditions: [condition], ...(model === undefined ? {} : { model }) };
}

const signature = { inputs: [], outputs: [] };
const change = (before: ModelDeploymentStatus | undefined, after: ModelDeploymentStatus, isUnderWay = false): StatusChange => ({
  before,
  after,
  isUnderWay,
});
const FIRST = change(undefined, status('False'));
const ORDINARY = change(status('False', '0/2'), status('False', '1/2'));
const TRANSITION = change(status('False'), status('True'));
const EDIT = change({ ...status('True'), observedGeneration: 0 }, status('True'));
const UNDER_WAY = change(status('False', '0/2'), status('False', '1/2'), true);
const LEARNED = change(status('True', '1/1', { provider: 'cpu', signature }), status('True', '1/1', { provider: 'cuda', signature }));
const FIRST_LEARNED = change(status('True'), status('True', '0/1', { provider: 'cpu', signature }));

interface Row {
  readonly name: string;
  /** What is asked for at which millisecond, and how long it has to wait. */
  readonly asked: readonly (readonly [number, StatusChange, number])[];
}

const ROWS: readonly Row[] = [
  { name: 'the first word goes out at once', asked: [[0, FIRST, 0]] },
  {
    name: 'two of a kind are a second apart',
    asked: [
      [0, ORDINARY, 0],
      [300, ORDINARY, 700],
      [1000, ORDINARY, 0],
      [1001, ORDINARY, 999],
    ],
  },
  {
    name: 'Ready may go early once',
    asked: [
      [0, ORDINARY, 0],
      [100, TRANSITION, 0],
      [200, TRANSITION, 800],
      [1000, TRANSITION, 0],
      [1100, TRANSITION, 900],
    ],
  },
  {
    name: 'so may the answer to an edit',
    asked: [
      [0, ORDINARY, 0],
      [100, EDIT, 0],
      [200, EDIT, 800],
    ],
  },
  {
    name: 'nothing waits for more than a second',
    asked: [
      [0, ORDINARY, 0],
      [999, TRANSITION, 0],
      [1000, ORDINARY, 999],
      [1998, TRANSITION, 0],
      [2000, ORDINARY, 998],
    ],
  },
  {
    name: 'a pass that changed the world leaves the word to the next, for a while',
    asked: [
      [0, UNDER_WAY, 200],
      [150, UNDER_WAY, 50],
      [200, UNDER_WAY, 0],
    ],
  },
  {
    name: 'the next pass need not wait for that while',
    asked: [
      [0, UNDER_WAY, 200],
      [20, ORDINARY, 0],
    ],
  },
  {
    name: 'what is learned first is told',
    asked: [
      [0, ORDINARY, 0],
      [1000, FIRST_LEARNED, 0],
    ],
  },
  {
    name: 'what is learned anew is told every ten minutes',
    asked: [
      [0, LEARNED, 0],
      [5000, LEARNED, 595_000],
      [600_000, LEARNED, 0],
    ],
  },
  {
    name: 'what pods do meanwhile is told, and takes along what was learned',
    asked: [
      [0, LEARNED, 0],
      [5000, ORDINARY, 0],
    ],
  },
  {
    name: 'a clock that was set back holds nothing up',
    asked: [
      [600_000, ORDINARY, 0],
      [0, ORDINARY, 0],
      [100, ORDINARY, 900],
    ],
  },
  {
    name: 'a clock that was set forward neither',
    asked: [
      [0, ORDINARY, 0],
      [600_000, ORDINARY, 0],
    ],
  },
];

describe('StatusBudget', () => {
  test.each(ROWS)('$name', ({ asked }) => {
    const budget = new StatusBudget();
    const waits = asked.map(([at, asks]) => budget.take(UID, asks, at));
    expect(waits).toEqual(asked.map(([, , wait]) => wait));
  });

  test('what needs no word any more begins to wait anew', () => {
    const budget = new StatusBudget();
    expect(budget.take(UID, UNDER_WAY, 0)).toBe(200);
    budget.settle(UID);
    expect(budget.take(UID, UNDER_WAY, 150)).toBe(200);
  });

  test('a write that was refused is not counted: the queue says when it is tried again', () => {
    const budget = new StatusBudget();
    expect([budget.take(UID, FIRST, 0), budget.take(UID, EDIT, 10)]).toEqual([0, 0]);
    budget.refund(UID);
    expect(budget.take(UID, ORDINARY, 20)).toBe(0);
    expect(budget.take(UID, ORDINARY, 30)).toBeGreaterThan(0);
  });

  test('models do not wait for each other, and those longest untouched are forgotten', () => {
    const budget = new StatusBudget({ ...BUDGET_LIMITS, maxModels: 2 });
    for (const uid of ['a', 'b', 'c']) expect(budget.take(uid, ORDINARY, 0)).toBe(0);
    expect(budget.take('c', ORDINARY, 10)).toBe(990);
    expect(budget.take('b', ORDINARY, 10)).toBe(990);
    expect(budget.take('a', ORDINARY, 10)).toBe(0);
  });

  test('however it is asked, in T seconds there are at most T + 2 writes and no wait above a second', () => {
    const budget = new StatusBudget();
    let writes = 0;
    for (let ms = 0; ms < 60_000; ms += 37) {
      const wait = budget.take(UID, [TRANSITION, ORDINARY, EDIT][ms % 3] ?? ORDINARY, ms);
      expect(wait).toBeLessThanOrEqual(1000);
      if (wait === 0) writes++;
    }
    expect(writes).toBeLessThanOrEqual(62);
    expect(writes).toBeGreaterThan(55);
  });
});
