import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { makeModelDeployment } from '../../test/builders/model-deployment.js';
import { FakeCluster } from '../../test/fakes/fake-cluster.js';
import { KINDS } from '../api/kinds.js';
import type { ModelDeploymentStatus, StatusCondition } from '../api/zz_generated.modeldeployment.js';
import { registerModelMetrics } from './metrics.js';

const ready = (status: StatusCondition['status'], reason: string): ModelDeploymentStatus => ({
  conditions: [{ type: 'Ready', status, reason, message: 'x', lastTransitionTime: '2026-01-01T00:00:00Z' }],
});

test('models are counted by Ready and reason, forgotten with the model, and never by an unknown word', async () => {
  const cluster = new FakeCluster();
  const registry = new Registry();
  registerModelMetrics(registry, cluster.cache(KINDS.modelDeployment));
  const count = async (): Promise<string[]> => (await registry.metrics()).split('\n').filter((line) => line.startsWith('slipway_modeldeployments{'));
  expect(await count()).toEqual(['slipway_modeldeployments{ready="True",reason="Serving"} 0']);
  cluster.create(KINDS.modelDeployment, makeModelDeployment('a').status(ready('True', 'Serving')).obj());
  cluster.create(KINDS.modelDeployment, makeModelDeployment('b').status(ready('False', 'DigestMismatch')).obj());
  cluster.create(KINDS.modelDeployment, makeModelDeployment('c').status(ready('False', 'pod-x7k2p')).obj());
  cluster.create(KINDS.modelDeployment, makeModelDeployment('d').obj());
  expect(await count()).toEqual([
    'slipway_modeldeployments{ready="True",reason="Serving"} 1',
    'slipway_modeldeployments{ready="False",reason="DigestMismatch"} 1',
    'slipway_modeldeployments{ready="False",reason="Unknown"} 1',
    'slipway_modeldeployments{ready="Unknown",reason="Unknown"} 1',
  ]);
  cluster.remove(KINDS.modelDeployment, { namespace: 'shop', name: 'b' });
  expect(await count()).toHaveLength(3);
});
