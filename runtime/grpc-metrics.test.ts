import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { GrpcMetrics } from './grpc-metrics.js';

test('calls are counted by method and code, requests by path, and a path without any is a zero', async () => {
  const registry = new Registry();
  const metrics = new GrpcMetrics(registry);
  for (const code of ['OK', 'OK', 'CANCELLED']) metrics.onCallEnd('/s/A', code);
  metrics.onCallEnd('', 'UNIMPLEMENTED');
  metrics.onInferPath('hot');
  metrics.onInferPath('hot');
  metrics.onFault('too many pings');
  await registry.metrics(); // a scrape adds nothing
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines.sort()).toEqual([
    'slipway_runtime_grpc_calls_total{method="",code="UNIMPLEMENTED"} 1',
    'slipway_runtime_grpc_calls_total{method="/s/A",code="CANCELLED"} 1',
    'slipway_runtime_grpc_calls_total{method="/s/A",code="OK"} 2',
    'slipway_runtime_grpc_faults_total{reason="too many pings"} 1',
    'slipway_runtime_grpc_infer_path_total{path="general"} 0',
    'slipway_runtime_grpc_infer_path_total{path="hot"} 2',
  ]);
});
