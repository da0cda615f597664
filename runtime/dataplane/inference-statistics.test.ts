import { describe, expect, test } from '@jest/globals';
import { classifyFailure, InferenceStatistics } from './inference-statistics.js';

const run = { inputSeconds: 0.01, inferenceSeconds: 0.2, outputSeconds: 0.03 };

describe('InferenceStatistics', () => {
  test('a request that ran counts once in success, queue and each part of compute', () => {
    const statistics = new InferenceStatistics();
    statistics.addExecution(5000, 1, run);
    statistics.addSuccess(0.5, { rows: 1, queueSeconds: 0.1, run });
    expect(statistics).toMatchObject({
      lastInferenceMs: 5000,
      inferenceCount: 1,
      executionCount: 1,
      success: { count: 1, seconds: 0.5 },
      fail: { count: 0, seconds: 0 },
      queue: { count: 1, seconds: 0.1 },
      compute: { input: { count: 1, seconds: 0.01 }, inference: { count: 1, seconds: 0.2 }, output: { count: 1, seconds: 0.03 } },
    });
  });
  test('a batch is one execution of many inferences, counted under its size', () => {
    const statistics = new InferenceStatistics();
    statistics.addExecution(1, 3, run);
    for (const rows of [1, 2]) statistics.addSuccess(0.5, { rows, queueSeconds: 0.1, run });
    statistics.addExecution(2, 3, run);
    expect(statistics).toMatchObject({ executionCount: 2, inferenceCount: 3, success: { count: 2 } });
    expect([...statistics.batches.keys()]).toEqual([3]);
    expect(statistics.batches.get(3)).toMatchObject({ input: { count: 2, seconds: 0.02 }, inference: { count: 2 }, output: { count: 2 } });
  });
  test('a failure counts in fail and under its reason, and nowhere else', () => {
    const statistics = new InferenceStatistics();
    statistics.addFailure(0.25, 'INTERNAL', true);
    statistics.addFailure(0.5, 'INTERNAL', true);
    expect(statistics).toMatchObject({
      lastInferenceMs: 0,
      inferenceCount: 0,
      executionCount: 0,
      success: { count: 0 },
      queue: { count: 0 },
      fail: { count: 2, seconds: 0.75 },
      failures: { REJECTED: 0, CANCELED: 0, BACKEND: 2, OTHER: 0 },
    });
  });
  test('the last inference does not go back with the clock of the machine', () => {
    const statistics = new InferenceStatistics();
    statistics.addExecution(9, 1, run);
    statistics.addExecution(3, 1, run);
    expect(statistics.lastInferenceMs).toBe(9);
  });
});

test.each([
  { name: 'no room in the queue', code: 'RESOURCE_EXHAUSTED', hasRun: false, want: 'REJECTED' },
  { name: 'out of memory in the run', code: 'RESOURCE_EXHAUSTED', hasRun: true, want: 'BACKEND' },
  { name: 'inputs that a node cannot compute', code: 'INVALID_ARGUMENT', hasRun: true, want: 'BACKEND' },
  { name: 'inputs that do not fit the signature', code: 'INVALID_ARGUMENT', hasRun: false, want: 'OTHER' },
  { name: 'a model that still loads', code: 'UNAVAILABLE', hasRun: false, want: 'OTHER' },
  { name: 'a client that went away', code: 'CANCELLED', hasRun: false, want: 'CANCELED' },
  { name: 'a deadline that passed', code: 'DEADLINE_EXCEEDED', hasRun: false, want: 'CANCELED' },
] as const)('$name is $want', ({ code, hasRun, want }) => expect(classifyFailure(code, hasRun)).toBe(want));
