import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { InferenceStatistics } from './dataplane/inference-statistics.js';
import { addMachineMetrics, addTritonMetrics } from './triton-metrics.js';

const run = { inputSeconds: 0.001, inferenceSeconds: 0.25, outputSeconds: 0.002 };

/** The series without help and type, sorted. */
async function scrape(registry: Registry): Promise<string[]> {
  const text = await registry.metrics();
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('nv_inference_first_response'))
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

test('time to the first answer is in milliseconds', async () => {
  const registry = new Registry();
  const statistics = new InferenceStatistics();
  addTritonMetrics(registry, () => [{ name: 'echo', version: '2', statistics, waiting: 0, depth: 0, isReady: true }]);
  statistics.addSuccess(0.0002, { rows: 1, queueSeconds: 0, run });
  statistics.addSuccess(0.004, { rows: 1, queueSeconds: 0, run });
  const lines = (await registry.metrics()).split('\n');
  const name = 'nv_inference_first_response_histogram_ms';
  for (const line of [
    `# TYPE ${name} histogram`,
    `${name}_bucket{model="echo",version="2",le="0.1"} 0`,
    `${name}_bucket{model="echo",version="2",le="0.25"} 1`,
    `${name}_bucket{model="echo",version="2",le="5"} 2`,
    `${name}_sum{model="echo",version="2"} 4.2`,
    `${name}_count{model="echo",version="2"} 2`,
  ])
    expect(lines).toContain(line);
});

test('what the process uses of what it was granted', async () => {
  const registry = new Registry();
  const load = { cpuUtilization: 0.5, memoryUtilization: 0.25, residentBytes: 256, requestsPerSecond: 0, errorsPerSecond: 0 };
  addMachineMetrics(registry, { memoryBytes: 1024, read: () => load });
  expect(await scrape(registry)).toEqual(['nv_cpu_memory_total_bytes 1024', 'nv_cpu_memory_used_bytes 256', 'nv_cpu_utilization 0.5']);
});
