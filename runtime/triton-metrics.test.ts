import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { InferenceStatistics } from './dataplane/inference-statistics.js';
import { addTritonMetrics } from './triton-metrics.js';

const run = { inputSeconds: 0.001, inferenceSeconds: 0.25, outputSeconds: 0.002 };

/** The series without help and type, sorted. */
async function scrape(registry: Registry): Promise<string[]> {
  const text = await registry.metrics();
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .sort();
}

test("every scrape tells the statistics under Triton's names", async () => {
  const registry = new Registry();
  const statistics = new InferenceStatistics();
  addTritonMetrics(registry, () => [{ name: 'echo', version: '2', statistics, waiting: 3, depth: 4, isReady: true }]);
  expect(new Set((await scrape(registry)).map((line) => line.split(' ')[1]))).toEqual(new Set(['0', '3']));
  statistics.addExecution(5000, 2, run);
  for (const rows of [1, 1]) statistics.addSuccess(0.5, { rows, queueSeconds: 0.125, run });
  statistics.addFailure(0.5, 'RESOURCE_EXHAUSTED', false);
  const want = [
    'nv_cache_num_hits_per_model{model="echo",version="2"} 0',
    'nv_cache_num_misses_per_model{model="echo",version="2"} 0',
    'nv_inference_compute_infer_duration_us{model="echo",version="2"} 500000',
    'nv_inference_compute_input_duration_us{model="echo",version="2"} 2000',
    'nv_inference_compute_output_duration_us{model="echo",version="2"} 4000',
    'nv_inference_count{model="echo",version="2"} 2',
    'nv_inference_exec_count{model="echo",version="2"} 1',
    'nv_inference_pending_request_count{model="echo",version="2"} 3',
    'nv_inference_queue_duration_us{model="echo",version="2"} 250000',
    'nv_inference_request_duration_us{model="echo",version="2"} 1000000',
    'nv_inference_request_failure{model="echo",version="2",reason="BACKEND"} 0',
    'nv_inference_request_failure{model="echo",version="2",reason="CANCELED"} 0',
    'nv_inference_request_failure{model="echo",version="2",reason="OTHER"} 0',
    'nv_inference_request_failure{model="echo",version="2",reason="REJECTED"} 1',
    'nv_inference_request_success{model="echo",version="2"} 2',
  ];
  expect(await scrape(registry)).toEqual(want);
  expect(await scrape(registry)).toEqual(want); // a scrape adds nothing
});
