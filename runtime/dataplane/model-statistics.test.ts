import { expect, test } from '@jest/globals';
import { InferenceStatistics } from './inference-statistics.js';
import { computeModelStatistics } from './model-statistics.js';

test('a model that never ran has every field, at zero', () => {
  const zero = { count: 0, ns: 0 };
  expect(computeModelStatistics({ name: 'echo', version: '7', statistics: new InferenceStatistics(), waiting: 0, depth: 0, isReady: true })).toEqual({
    name: 'echo',
    version: '7',
    last_inference: 0,
    inference_count: 0,
    execution_count: 0,
    inference_stats: {
      success: zero,
      fail: zero,
      queue: zero,
      compute_input: zero,
      compute_infer: zero,
      compute_output: zero,
      cache_hit: zero,
      cache_miss: zero,
    },
    batch_stats: [],
  });
});

test('seconds become whole nanoseconds, batches an entry for each size', () => {
  const statistics = new InferenceStatistics();
  const run = { inputSeconds: 1e-9, inferenceSeconds: 0.1 + 0.2, outputSeconds: 0 };
  statistics.addExecution(5000, 4, run);
  statistics.addSuccess(0.5, { rows: 4, queueSeconds: 2e-6, run });
  const compute = { compute_input: { count: 1, ns: 1 }, compute_infer: { count: 1, ns: 300_000_000 }, compute_output: { count: 1, ns: 0 } };
  expect(computeModelStatistics({ name: 'echo', version: '7', statistics, waiting: 0, depth: 0, isReady: true })).toMatchObject({
    last_inference: 5000,
    inference_count: 4,
    execution_count: 1,
    inference_stats: { success: { count: 1, ns: 500_000_000 }, queue: { count: 1, ns: 2000 }, ...compute },
    batch_stats: [{ batch_size: 4, ...compute }],
  });
});
