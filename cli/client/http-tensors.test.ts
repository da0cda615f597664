/** REST bodies, against the server's own codec. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeRequest } from '../../runtime/rest/decode-request.js';
import { encodeResponse } from '../../runtime/rest/encode-response.js';
import { decodeHttpResponse, encodeHttpRequest } from './http-tensors.js';

const tensor = fc.record({
  name: fc.string({ minLength: 1, maxLength: 8 }).filter((name) => !name.includes('\u0000')),
  datatype: fc.constant('UINT8' as const),
  data: fc.uint8Array({ maxLength: 20 }),
});

test('requests arrive as they were meant', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(tensor, { minLength: 1, maxLength: 4, selector: ({ name }) => name }),
      fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      (some, sequence) => {
        const inputs = some.map((one) => ({ ...one, shape: [one.data.length] }));
        const { body, jsonLength } = encodeHttpRequest({
          model: 'm',
          id: 'a',
          parameters: new Map([['sequence_id', sequence]]),
          inputs,
          outputs: ['y'],
        });
        const { request, isBinary } = decodeRequest(body, String(jsonLength));
        expect(request.inputs.map(({ name, shape, data }) => [name, shape, Buffer.from(data)])).toEqual(
          inputs.map(({ name, shape, data }) => [name, shape, Buffer.from(data)]),
        );
        expect(BigInt(Number(request.parameters.get('sequence_id')))).toBe(BigInt(Number(sequence)));
        if (sequence > 2n ** 53n) expect(request.parameters.get('sequence_id')).toBe(sequence);
        expect(isBinary('y')).toBe(true);
      },
    ),
    { seed: 7, numRuns: 200 },
  );
});

test.each([true, false])('answers come back, binary %p', (isBinary) => {
  const outputs = [
    { name: 'a', datatype: 'FP32' as const, shape: [2], data: new Uint8Array(Float32Array.of(0.5, -1).buffer) },
    { name: 'b', datatype: 'BYTES' as const, shape: [1], data: Buffer.from('\u0002\u0000\u0000\u0000hi') },
  ];
  const { body, jsonLength } = encodeResponse({ model: 'm', version: '3', outputs }, { id: 'x', isBinary: () => isBinary });
  const answer = decodeHttpResponse(Buffer.from(body), jsonLength);
  expect([answer.model, answer.version, answer.id]).toEqual(['m', '3', 'x']);
  expect(answer.outputs.map(({ name, data }) => [name, Buffer.from(data)])).toEqual(outputs.map(({ name, data }) => [name, Buffer.from(data)]));
});

test('a body that ends early says so', () => {
  const head = '{"outputs":[{"name":"a","datatype":"UINT8","shape":[4],"parameters":{"binary_data_size":4}}]}';
  expect(() => decodeHttpResponse(Buffer.from(`${head}ab`), head.length)).toThrow("The answer ends inside output 'a'");
});
