import { expect, test } from '@jest/globals';
import { parseMetrics, sumOf } from './prometheus.js';

const TEXT = `# HELP rest_client_requests_total Requests
rest_client_requests_total{code="200",method="GET"} 7
rest_client_requests_total{code="409",method="PATCH"} 1
rest_client_requests_total{code="200",method="PATCH"} 5 1700000000
rest_client_requests_total_other{method="PATCH"} 100
odd{text="a \\"b\\", c=d"} 1.5e3
workqueue_depth 3
`;

test.each<[string, string, Record<string, string[]>, number]>([
  ['all', 'rest_client_requests_total', {}, 13],
  ['of one value', 'rest_client_requests_total', { method: ['PATCH'] }, 6],
  ['of two labels', 'rest_client_requests_total', { method: ['PATCH', 'GET'], code: ['200'] }, 12],
  ['without labels', 'workqueue_depth', {}, 3],
  ['with quotes in a value', 'odd', { text: ['a \\"b\\", c=d'] }, 1500],
  ['that nobody tells', 'nothing', {}, 0],
])('sums %s', (_, name, where, want) => {
  const metrics = parseMetrics(TEXT, ['rest_client_requests_total', 'workqueue_depth', 'odd', 'nothing']);
  expect(sumOf(metrics, name, where)).toBe(want);
});

test('reads nothing that nobody asked for', () => {
  expect([...parseMetrics(TEXT, ['odd']).keys()]).toEqual(['odd']);
});
