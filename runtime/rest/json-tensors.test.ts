import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { joinBytesElements } from '../core/bytes-elements.js';
import { DATATYPES, type Datatype } from '../core/datatype.js';
import { InferenceError } from '../core/inference-error.js';
import { LIMITS } from '../core/limits.js';
import { countElements, type Tensor } from '../core/tensor.js';
import { decodeRequest } from './decode-request.js';
import { encodeResponse } from './encode-response.js';
import { HttpRefusal } from './status.js';

const IN_JSON = (Object.keys(DATATYPES) as Datatype[]).filter((datatype) => datatype !== 'FP16');

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof InferenceError) return `${error.code} ${error.message}`;
    if (error instanceof HttpRefusal) return `${error.status} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

function decode(inputs: string, rest = ''): ReturnType<typeof decodeRequest> {
  return decodeRequest(Buffer.from(`{"inputs":[${inputs}]${rest}}`), undefined);
}

function dataOf(datatype: string, shape: string, data: string): Uint8Array | undefined {
  return decode(`{"name":"x","datatype":"${datatype}","shape":${shape},"data":${data}}`).request.inputs[0]?.data;
}

describe('tensors in JSON', () => {
  test.each([
    { name: 'flat', datatype: 'FP32', shape: '[2,2]', data: '[1,2,3,4]', want: Float32Array.of(1, 2, 3, 4) },
    { name: 'nested', datatype: 'FP32', shape: '[2,2]', data: '[[1,2],[3,4]]', want: Float32Array.of(1, 2, 3, 4) },
    { name: 'a scalar in a list', datatype: 'INT32', shape: '[]', data: '[5]', want: Int32Array.of(5) },
    { name: 'a scalar alone', datatype: 'INT32', shape: '[]', data: '5', want: Int32Array.of(5) },
    { name: 'no rows', datatype: 'INT32', shape: '[0,3]', data: '[]', want: new Int32Array() },
    { name: 'empty rows', datatype: 'INT32', shape: '[2,0]', data: '[[],[]]', want: new Int32Array() },
    {
      name: 'INT64 to its ends',
      datatype: 'INT64',
      shape: '[2]',
      data: '[-9223372036854775808,9007199254740993]',
      want: [-(2n ** 63n), 2n ** 53n + 1n],
    },
    { name: 'UINT64 to its end', datatype: 'UINT64', shape: '[1]', data: '[18446744073709551615]', want: [2n ** 64n - 1n] },
    { name: 'a large integer as FP64', datatype: 'FP64', shape: '[1]', data: '[9007199254740993]', want: Float64Array.of(2 ** 53) },
    {
      name: 'long digits in a string',
      datatype: 'BYTES',
      shape: '[1]',
      data: '["\\\\\\"12345678901234567,NaN"]',
      want: joinBytesElements([Buffer.from('\\"12345678901234567,NaN')]),
    },
    { name: 'negative zero', datatype: 'FP32', shape: '[1]', data: '[-0.0]', want: Float32Array.of(-0) },
    { name: 'booleans', datatype: 'BOOL', shape: '[2]', data: '[true,false]', want: Uint8Array.of(1, 0) },
    { name: 'nested strings', datatype: 'BYTES', shape: '[2,1]', data: '[["é"],[""]]', want: joinBytesElements([Buffer.from('é'), Buffer.from('')]) },
  ])('$name', ({ datatype, shape, data, want }) => {
    const view = Array.isArray(want) ? BigUint64Array.from(want, (value) => BigInt.asUintN(64, value)) : want;
    expect(dataOf(datatype, shape, data)).toEqual(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  });

  test.each([
    {
      name: 'too few elements',
      datatype: 'FP32',
      shape: '[1,2]',
      data: '[1]',
      want: /input 'x' has 1 elements in data, but its shape \[1,2\] holds 2/,
    },
    {
      name: 'nesting of another shape',
      datatype: 'FP32',
      shape: '[2,3]',
      data: '[[1,2],[3,4],[5,6]]',
      want: /nested otherwise than its shape \[2,3\]: an array of 3 on axis 0/,
    },
    { name: 'nesting that ends early', datatype: 'FP32', shape: '[2,1]', data: '[[1],2]', want: /no array on axis 1/ },
    { name: 'nesting that goes on', datatype: 'FP32', shape: '[1,1]', data: '[[[1]]]', want: /element 0 of input 'x' is no FP32/ },
    { name: 'FP16', datatype: 'FP16', shape: '[1]', data: '[1]', want: /datatype FP16, which JSON cannot carry: send it as binary data/ },
    { name: 'BF16', datatype: 'BF16', shape: '[1]', data: '[1]', want: /datatype BF16, which JSON cannot carry/ },
    {
      name: 'a fraction',
      datatype: 'INT8',
      shape: '[1]',
      data: '[1.5]',
      want: /element 0 of input 'x' is no INT8: give a whole number from -128 to 127/,
    },
    { name: 'an INT8 too large', datatype: 'INT8', shape: '[2]', data: '[1,128]', want: /element 1 .* no INT8/ },
    { name: 'a UINT64 too large', datatype: 'UINT64', shape: '[1]', data: '[18446744073709551616]', want: /no UINT64/ },
    { name: 'an INT64 without its digits', datatype: 'INT64', shape: '[1]', data: '[1e18]', want: /no INT64: give a whole number .* in digits/ },
    { name: 'an FP32 that would be infinite', datatype: 'FP32', shape: '[1]', data: '[1e39]', want: /no FP32/ },
    { name: 'an FP64 that is infinite', datatype: 'FP64', shape: '[1]', data: '[1e400]', want: /no FP64/ },
    { name: 'null for NaN', datatype: 'FP32', shape: '[1]', data: '[null]', want: /no FP32: .*NaN and Infinity travel as binary data/ },
    { name: 'a number as boolean', datatype: 'BOOL', shape: '[1]', data: '[1]', want: /no BOOL: give true or false/ },
    { name: 'a string like the mark of digits', datatype: 'INT64', shape: '[1]', data: '["\\u0000digits x"]', want: /no INT64/ },
    { name: 'a long number as string', datatype: 'BYTES', shape: '[1]', data: '[12345678901234567]', want: /no BYTES: give a string/ },
    { name: 'half a character', datatype: 'BYTES', shape: '[1]', data: '["\\ud800"]', want: /no BYTES: give a string of whole characters/ },
    { name: 'no list', datatype: 'FP32', shape: '[1]', data: '{}', want: /data of input 'x' is not an array/ },
    {
      name: 'bare NaN',
      datatype: 'FP32',
      shape: '[4]',
      data: '[1,NaN,-Infinity,NaN]',
      want: /^INVALID_ARGUMENT inputs\[0\]\.data\[1\] is NaN or Infinity, which JSON does not have/,
    },
    { name: 'too many dimensions', datatype: 'FP32', shape: `[${'1,'.repeat(64)}1]`, data: '[1]', want: /inputs\[0\]\.shape has 65 dimensions/ },
  ])('$name is refused', ({ datatype, shape, data, want }) => expect(refusal(() => dataOf(datatype, shape, data))).toMatch(want));

  const tensors = fc
    .constantFrom(...IN_JSON)
    .chain((datatype) =>
      fc
        .array(fc.nat(4), { maxLength: 3 })
        .chain((shape) => bytesOf(datatype, countElements(shape)).map((data): Tensor => ({ name: 'x', datatype, shape, data }))),
    );
  test('what is answered in JSON is understood in JSON, bit for bit', () => {
    fc.assert(
      fc.property(tensors, (tensor) => {
        const { body } = encodeResponse({ model: 'm', version: '1', outputs: [tensor] }, { id: 'a"b', isBinary: () => false });
        const text = Buffer.from(body).toString();
        expect(JSON.parse(text)).toMatchObject({ id: 'a"b', model_name: 'm', model_version: '1' });
        const { request } = decodeRequest(Buffer.from(text.replace('"outputs"', '"inputs"')), undefined);
        expect(request.inputs).toMatchObject([tensor]);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
  test('what is answered as binary data is understood as binary data, beside what is not', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(tensors, fc.boolean()), { minLength: 1, maxLength: 4 }), (pairs) => {
        const outputs = pairs.map(([tensor], index) => ({ ...tensor, name: `t${index}` }));
        const { body, jsonLength } = encodeResponse(
          { model: 'm', version: '1', outputs },
          { isBinary: (name) => pairs[Number(name.slice(1))]?.[1] === true },
        );
        expect(jsonLength === undefined).toBe(pairs.every(([, isBinary]) => !isBinary));
        const json = Buffer.from(body.subarray(0, jsonLength)).toString().replace('"outputs"', '"inputs"');
        const moved = Buffer.concat([Buffer.from(json), body.subarray(jsonLength ?? body.byteLength)]);
        expect(decodeRequest(moved, String(Buffer.byteLength(json))).request.inputs).toMatchObject(outputs);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});

/** Random bits, but for what JSON cannot carry. */
function bytesOf(datatype: Datatype, count: number): fc.Arbitrary<Uint8Array> {
  const exactly = { minLength: count, maxLength: count };
  if (datatype === 'BYTES')
    return fc.array(fc.string({ unit: 'binary' }), exactly).map((texts) => joinBytesElements(texts.map((text) => Buffer.from(text))));
  if (datatype === 'BOOL') return fc.uint8Array({ ...exactly, max: 1 });
  const bits = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (datatype === 'FP32')
    return fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), exactly).map((values) => bits(Float32Array.from(values)));
  if (datatype === 'FP64')
    return fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), exactly).map((values) => bits(Float64Array.from(values)));
  const size = (DATATYPES[datatype].size ?? 1) * count;
  return fc.uint8Array({ minLength: size, maxLength: size });
}

describe('decodeRequest', () => {
  const input = '{"name":"x","datatype":"FP32","shape":[1],"data":[1]}';
  test('null stands for absent, unknown fields and parameters are skipped', () => {
    const { id, isBinary } = decode(input, ',"id":null,"parameters":{"priority":1},"outputs":null,"more":{}');
    expect([id, isBinary('y')]).toEqual([undefined, false]);
  });
  test('an output decides for itself, the request for the others', () => {
    const { request, isBinary } = decode(
      input,
      ',"id":"7","parameters":{"binary_data_output":true},"outputs":[{"name":"a","parameters":{"binary_data":false}},{"name":"b"}]',
    );
    expect([request.outputs.map(({ name }) => name), isBinary('a'), isBinary('b')]).toEqual([['a', 'b'], false, true]);
  });
  test('parameters keep whole numbers whole, and have no value where they are no scalars', () => {
    const { request } = decode(input, ',"parameters":{"sequence_id":9007199254740993,"priority":1,"s":"x","headers":{}}');
    expect([...request.parameters]).toEqual([
      ['sequence_id', 9007199254740993n],
      ['priority', 1],
      ['s', 'x'],
      ['headers', undefined],
    ]);
  });
  test('an input in shared memory has no data', () => {
    const place = '{"shared_memory_region":"r","shared_memory_byte_size":4}';
    const body = `{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"parameters":${place}}]}`;
    expect(decodeRequest(Buffer.from(body), undefined).request.inputs[0]).toMatchObject({ data: new Uint8Array() });
  });
  test('binary data stay views of the body', () => {
    const json = Buffer.from('{"inputs":[{"name":"x","datatype":"FP16","shape":[1],"parameters":{"binary_data_size":2}}]}');
    const body = Buffer.concat([json, Buffer.from([1, 2])]);
    const data = decodeRequest(body, String(json.byteLength)).request.inputs[0]?.data;
    expect([data, data?.buffer === body.buffer]).toEqual([Buffer.from([1, 2]), true]);
  });
  const binary = '{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]}';
  test.each([
    { name: 'no JSON', body: 'secret42', header: undefined, want: /^INVALID_ARGUMENT the request is not JSON/ },
    { name: 'JSON cut off', body: '{"inputs":[', header: undefined, want: /the request is not JSON/ },
    { name: 'nothing', body: '', header: undefined, want: /the request is not JSON/ },
    { name: 'no UTF-8', body: '\xff', header: undefined, want: /not UTF-8/ },
    { name: 'a list', body: '[]', header: undefined, want: /the request is not a JSON object/ },
    { name: 'no inputs', body: '{}', header: undefined, want: /inputs is not a list/ },
    { name: 'an input that is null', body: '{"inputs":[null]}', header: undefined, want: /inputs\[0\] is not a JSON object/ },
    { name: 'an input without name', body: '{"inputs":[{}]}', header: undefined, want: /inputs\[0\]\.name is not a string/ },
    { name: 'an id that is a number', body: '{"id":7,"inputs":[]}', header: undefined, want: /id is not a string/ },
    {
      name: 'an input without data',
      body: '{"inputs":[{"name":"x","datatype":"FP32","shape":[1]}]}',
      header: undefined,
      want: /neither data nor binary_data_size/,
    },
    { name: 'a length beyond the body', body: binary, header: '9999', want: /Inference-Header-Content-Length is "9999", but the body has 91 bytes/ },
    { name: 'a length that is none', body: binary, header: '0x10', want: /Inference-Header-Content-Length is "0x10"/ },
    { name: 'a length of nothing', body: binary, header: '0', want: /^UNIMPLEMENTED Inference-Header-Content-Length is 0/ },
    { name: 'a length inside the JSON', body: binary, header: '50', want: /not JSON/ },
    { name: 'binary data missing', body: binary, header: undefined, want: /binary_data_size of input 'x' is 4, but 0 bytes are left/ },
    {
      name: 'binary data left over',
      body: `${binary}12345`,
      header: '91',
      want: /5 bytes follow the request's JSON, but binary_data_size of its inputs make 4/,
    },
    { name: 'a negative size', body: binary.replace(':4', ':-4'), header: undefined, want: /binary_data_size of input 'x' is not a number of bytes/ },
    {
      name: 'JSON over its limit',
      body: ' '.repeat(LIMITS.jsonBytes + 1),
      header: undefined,
      want: /^413 .*limit of 16777216 bytes: send tensors as binary data/,
    },
    { name: 'deep nesting', body: '['.repeat(100_000), header: undefined, want: /nested deeper than 70 at character 70/ },
    { name: 'a long number as id', body: '{"id":12345678901234567,"inputs":[]}', header: undefined, want: /id is not a string/ },
  ])('$name is refused', ({ body, header, want }) => {
    const text = refusal(() => decodeRequest(Buffer.from(body, 'latin1'), header));
    expect(text).toMatch(want);
    expect(text).not.toContain('secret');
  });
});

describe('encodeResponse', () => {
  const tensor = (datatype: Datatype, data: Uint8Array): Tensor => ({ name: 'y', datatype, shape: [1], data });
  test('negative zero has a point, as Python reads -0 as an integer without sign', () => {
    const { body } = encodeResponse(
      { model: 'm', version: '1', outputs: [tensor('FP64', new Uint8Array(Float64Array.of(-0).buffer))] },
      { isBinary: () => false },
    );
    expect(Buffer.from(body).toString()).toContain('"data":[-0.0]');
  });
  test.each([
    {
      name: 'NaN',
      output: tensor('FP32', new Uint8Array(Float32Array.of(Number.NaN).buffer)),
      want: /output 'y' holds NaN or Infinity, which JSON cannot carry: ask for it as binary/,
    },
    { name: 'FP16', output: tensor('FP16', new Uint8Array(2)), want: /output 'y' has datatype FP16, which JSON cannot carry/ },
    { name: 'no text', output: tensor('BYTES', joinBytesElements([Uint8Array.of(255)])), want: /no UTF-8 text/ },
    { name: 'too much', output: tensor('UINT8', new Uint8Array(LIMITS.messageBytes / 2 + 1)), want: /larger than the limit of 67108864 bytes/ },
  ])('$name is refused in JSON', ({ output, want }) => {
    expect(refusal(() => encodeResponse({ model: 'm', version: '1', outputs: [output] }, { isBinary: () => false }))).toMatch(want);
  });
});
