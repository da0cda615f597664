import { expect, test } from '@jest/globals';
import { InferenceStatistics } from './dataplane/inference-statistics.js';
import { newRuntimeRegistry } from './metrics.js';

const run = { inputSeconds: 0.0001, inferenceSeconds: 0.002, outputSeconds: 0.0003 };

test('renders what the statistics hold, from zero on', async () => {
  const statistics = new InferenceStatistics();
  const registry = newRuntimeRegistry(() => [{ name: 'm', version: '1', statistics, waiting: 1, depth: 2, isReady: true }]);
  expect(await registry.metrics()).toContain('slipway_runtime_requests_total{model="m",version="1",code="OK"} 0');
  statistics.addSuccess(0.004, { rows: 3, queueSeconds: 0.001, run });
  statistics.addFailure(0.001, 'RESOURCE_EXHAUSTED', false);
  const text = await registry.metrics();
  for (const line of [
    'slipway_runtime_requests_total{model="m",version="1",code="OK"} 1',
    'slipway_runtime_requests_total{model="m",version="1",code="RESOURCE_EXHAUSTED"} 1',
    '# TYPE slipway_runtime_inference_seconds histogram',
    'slipway_runtime_inference_seconds_bucket{model="m",version="1",le="0.001"} 0',
    'slipway_runtime_inference_seconds_bucket{model="m",version="1",le="0.0025"} 1',
    'slipway_runtime_inference_seconds_bucket{model="m",version="1",le="+Inf"} 1',
    'slipway_runtime_inference_seconds_sum{model="m",version="1"} 0.002',
    'slipway_runtime_request_seconds_count{model="m",version="1"} 2',
    'slipway_runtime_pending_requests{model="m",version="1"} 2',
    'slipway_runtime_model_ready{model="m",version="1"} 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});
