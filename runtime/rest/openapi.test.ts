import { expect, test } from '@jest/globals';
import { computeOpenApi } from './openapi.js';

const signature = {
  inputs: [
    { name: 'x', datatype: 'FP32' as const, shape: [-1, 3], symbols: ['n', ''] },
    { name: 'image', datatype: 'UINT8' as const, shape: [224, 224], symbols: ['', ''] },
  ],
  outputs: [{ name: 'label', datatype: 'BYTES' as const, shape: [-1], symbols: ['n'] }],
};

test('each model has its paths, with its own tensors and an example of them', () => {
  const document = computeOpenApi('1.2.3', [{ name: 'a b', versions: ['1'], platform: 'onnxruntime_onnx', signature }]);
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  const paths = document['paths'] as Record<string, { post?: { requestBody: { content: object } } }>;
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/v2/health/ready', '/v2/models/a%20b', '/v2/models/a%20b/infer']));
  expect(paths['/v2/models/a%20b/infer']?.post?.requestBody.content).toMatchObject({
    'application/json': {
      schema: { properties: { inputs: { items: { oneOf: [{ properties: { name: { const: 'x' }, datatype: { const: 'FP32' } } }, {}] } } } },
      example: {
        inputs: [
          { name: 'x', shape: [1, 3], data: [0, 0, 0] },
          { name: 'image', shape: [224, 224], data: [] },
        ],
      },
    },
  });
});
