import { expect, test } from '@jest/globals';
import { parseMetadata, parseModelNames, parseStatistics } from './parse-replies.js';

test('gRPC texts and REST numbers read alike', () => {
  const want = { name: 'm', versions: ['1'], platform: '', inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }], outputs: [] };
  for (const shape of [
    [-1, 4],
    ['-1', '4'],
  ])
    expect(parseMetadata({ name: 'm', versions: ['1'], inputs: [{ name: 'x', datatype: 'FP32', shape }] })).toEqual(want);
});

test('statistics are sums over versions', () => {
  const stats = { success: { count: '2', ns: '9' }, queue: { count: '2', ns: '3000000000' }, compute_infer: { ns: 1e9 } };
  const model = { inference_count: '4', execution_count: 1, inference_stats: stats };
  expect(parseStatistics({ model_stats: [model, model] })).toEqual({ requests: 4, queueSeconds: 6, computeSeconds: 2, rows: 8, runs: 2 });
});

test.each([[[]], ['page'], [{ inputs: {} }], [{ inputs: [{ shape: ['x'] }] }], [{ name: 4 }]])('%j is none of the protocol', (reply) =>
  expect(() => parseMetadata(reply)).toThrow("The server's reply is none of the Open Inference Protocol"),
);

test('a model of many versions has one name', () =>
  expect(parseModelNames([{ name: 'a', version: '1' }, { name: 'a' }, { name: 'b' }])).toEqual(['a', 'b']));
