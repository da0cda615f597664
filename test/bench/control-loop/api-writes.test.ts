import { expect, test } from '@jest/globals';
import { API_COUNTER, countWrites, totalOf, writesBetween } from './api-writes.js';
import { parseMetrics } from './prometheus.js';

const line = (resource: string, subresource: string, verb: string, count: number): string =>
  `${API_COUNTER}{code="200",resource="${resource}",subresource="${subresource}",verb="${verb}"} ${count}`;

const METRICS = parseMetrics(
  [
    line('deployments', '', 'POST', 2),
    line('deployments', '', 'APPLY', 3),
    line('deployments', 'status', 'PUT', 100), // the controller manager's
    line('deployments', '', 'GET', 100),
    line('modeldeployments', 'status', 'APPLY', 7),
    line('modeldeployments', '', 'POST', 100), // the user's
    line('pods', '', 'POST', 100), // of ReplicaSets
    line('serviceaccounts', '', 'POST', 100), // a namespace's default
    line('events', '', 'PATCH', 100),
    line('leases', '', 'PATCH', 100),
  ].join('\n'),
  [API_COUNTER],
);

test('only what the operator writes counts', () => {
  const writes = countWrites(METRICS);
  expect(writes).toMatchObject({ deployments: 5, 'modeldeployments/status': 7, serviceaccounts: 0 });
  expect(totalOf(writes)).toBe(12);
});

test('between two looks', () => {
  expect(writesBetween({ pods: 1 }, { pods: 4, services: 2 })).toEqual({ pods: 3, services: 2 });
});
