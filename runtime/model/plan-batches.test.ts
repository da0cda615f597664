import { describe, expect, test } from '@jest/globals';
import { COUNTER_SIGNATURE, counterSettings } from '../../test/runtime/counter-session.js';
import { type BatchPlan, newUnbatchedPlan } from '../core/batch-plan.js';
import { DEFAULT_MODEL_SETTINGS } from '../core/model-settings.js';
import type { Tensor } from '../core/tensor.js';
import { limitToCache, planBatches } from './plan-batches.js';

const FACTS = {
  labels: new Map<string, readonly string[]>(),
  defaults: [],
  edits: [],
  why: '',
  varying: undefined,
  empty: { risk: undefined, inside: undefined },
  rowAxes: {
    inputs: new Map([
      ['x', 0],
      ['s', 1],
    ]),
    outputs: new Map([
      ['y', 0],
      ['t', 1],
    ]),
  },
};

test.each([
  ['of dynamic_batching', { ...DEFAULT_MODEL_SETTINGS, maxDelaySeconds: 0.001 }, 0.001],
  ['of sequence_batching', counterSettings({ maxDelaySeconds: 0.002 }), 0.002],
])('the delay is that %s', (_name, settings, want) => {
  const plan = planBatches(settings, FACTS, COUNTER_SIGNATURE);
  expect([plan.maxDelaySeconds, plan.inputAxes, plan.outputAxes]).toEqual([want, [0, 1], [0, 1]]);
});

describe('limitToCache', () => {
  const plan: BatchPlan = { ...newUnbatchedPlan('test'), maxRows: 64, targetRows: 24 };
  test.each<[string, { rows: number; rowBytes: number; want: [maxRows: number, targetRows: number] }]>([
    ['small rows: as many as are short', { rows: 48, rowBytes: 3136, want: [48, 24] }],
    ['rows of which some fit into the cache', { rows: 48, rowBytes: 100_000, want: [10, 10] }],
    ['rows of which no two do run alone', { rows: 8, rowBytes: 602_112, want: [1, 1] }],
    ['a row beyond it', { rows: 8, rowBytes: 5_000_000, want: [1, 1] }],
    ['no bytes', { rows: 100, rowBytes: 0, want: [64, 24] }],
  ])('%s', (_name, { rows, rowBytes, want }) => {
    const input: Tensor = { name: 'x', datatype: 'UINT8', shape: [1, rowBytes], data: new Uint8Array(rowBytes) };
    const limited = limitToCache(plan, rows, [input]);
    expect([limited.maxRows, limited.targetRows]).toEqual(want);
  });
});
