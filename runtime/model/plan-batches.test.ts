import { expect, test } from '@jest/globals';
import { COUNTER_SIGNATURE, counterSettings } from '../../test/runtime/counter-session.js';
import { DEFAULT_MODEL_SETTINGS } from '../core/model-settings.js';
import { planBatches } from './plan-batches.js';

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
