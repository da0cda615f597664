import { describe, expect, test } from '@jest/globals';
import { joinBytesElements } from './bytes-elements.js';
import { checkInputs, checkMaxBatchSize, checkOutputs } from './check-request.js';
import { InferenceError } from './inference-error.js';
import { type ModelSignature, withDefaults } from './signature.js';
import type { UncheckedTensor } from './tensor.js';

const signature: ModelSignature = {
  inputs: [
    { name: 'image', datatype: 'FP32', shape: [-1, 2], symbols: ['n', ''] },
    { name: 'text', datatype: 'BYTES', shape: [-1], symbols: ['n'] },
  ],
  outputs: [
    { name: 'label', datatype: 'INT64', shape: [-1], symbols: ['n'] },
    { name: 'score', datatype: 'FP32', shape: [-1], symbols: ['n'] },
  ],
};
const image: UncheckedTensor = { name: 'image', datatype: 'FP32', shape: [1, 2], data: new Uint8Array(8) };
const text: UncheckedTensor = { name: 'text', datatype: 'BYTES', shape: [1], data: joinBytesElements([Buffer.from('é')]) };

function refusal(check: () => unknown): string {
  try {
    check();
  } catch (error) {
    if (error instanceof InferenceError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

describe('checkInputs', () => {
  test('gives the inputs in the order of the model, whatever order they came in', () => {
    expect(checkInputs('m', signature, [text, image]).map((input) => input.name)).toEqual(['image', 'text']);
  });
  test('keeps views of the request: nothing is copied', () => {
    expect(checkInputs('m', signature, [image, text])[0]?.data).toBe(image.data);
  });
  test.each([
    {
      name: 'empty batch',
      inputs: [
        { ...image, shape: [0, 2], data: new Uint8Array() },
        { ...text, shape: [0], data: new Uint8Array() },
      ],
    },
    { name: 'zero-length string', inputs: [image, { ...text, data: joinBytesElements([new Uint8Array()]) }] },
  ])('accepts $name', ({ inputs }) => expect(checkInputs('m', signature, inputs)).toHaveLength(2));
  test.each([
    {
      name: 'a fraction as dimension',
      inputs: [{ ...image, shape: [1.5, 2] }, text],
      want: /unexpected shape for input 'image'.*Expected \[-1,2\], got \[1.5,2\]/,
    },
    { name: 'a dimension that is no number', inputs: [{ ...image, shape: [Number.NaN, 2] }, text], want: /unexpected shape/ },
    { name: 'a product that overflows', inputs: [{ ...image, shape: [2 ** 52, 2] }, text], want: /unexpected shape/ },
    { name: 'one byte too many', inputs: [{ ...image, data: new Uint8Array(9) }, text], want: /Expected 8 bytes for shape \[1,2\] of FP32, got 9/ },
    {
      name: 'two strings for one',
      inputs: [image, { ...text, data: joinBytesElements([new Uint8Array(), new Uint8Array()]) }],
      want: /number of string elements 2 .*Expected 1/,
    },
    {
      name: 'inputs of different batch sizes',
      inputs: [image, { ...text, shape: [2], data: joinBytesElements([new Uint8Array(), new Uint8Array()]) }],
      want: /input 'text' batch size does not match other inputs for 'm': it has 2, they 1/,
    },
    { name: 'a name of an object property', inputs: [{ ...image, name: 'constructor' }, text], want: /unexpected inference input 'constructor'/ },
    { name: 'a datatype of an object property', inputs: [{ ...image, datatype: 'toString' }, text], want: /expects 'FP32'/ },
  ])('refuses $name', ({ inputs, want }) => {
    expect(refusal(() => checkInputs('m', signature, inputs))).toMatch(new RegExp(`^INVALID_ARGUMENT .*${want.source}`));
  });
});

describe('checkMaxBatchSize', () => {
  const rows = (count: number): UncheckedTensor[] => [{ name: 'image', datatype: 'FP32', shape: [count, 2], data: new Uint8Array(8 * count) }];
  const options = { name: 'options', datatype: 'FP32', shape: [9], symbols: [''] } as const;
  const wide = { ...signature, inputs: [...signature.inputs, options] };
  const nine: UncheckedTensor = { name: 'options', datatype: 'FP32', shape: [9], data: new Uint8Array(36) };
  test.each([
    { name: 'a model without a batch axis', inputs: rows(9), limit: 0, want: 'accepted' },
    { name: 'as many as the limit', inputs: rows(4), limit: 4, want: 'accepted' },
    { name: 'no rows', inputs: rows(0), limit: 4, want: 'accepted' },
    { name: 'an input whose first axis is not the batch', inputs: [...rows(4), nine], limit: 4, want: 'accepted' },
    { name: 'one too many', inputs: rows(5), limit: 4, want: "INVALID_ARGUMENT inference request batch-size must be <= 4 for 'm', and is 5" },
  ])('$name', ({ inputs, limit, want }) => {
    expect(refusal(() => checkMaxBatchSize('m', wide, { inputs, maxBatchRows: limit }))).toBe(want);
  });
});

describe('optional inputs', () => {
  const fallback = { name: 'text', datatype: 'BYTES', shape: [1], data: joinBytesElements([Buffer.from('en')]) } as const;
  const optional = withDefaults(signature, [fallback]);
  const two = { ...image, shape: [2, 2], data: new Uint8Array(16) };

  test('the default stands in the place of one that is left out, as it is, whatever number of rows the others have', () => {
    expect(checkInputs('m', optional, [image])).toEqual([image, fallback]);
    expect(checkInputs('m', optional, [two])[1]).toBe(fallback);
  });
  test('one that is sent is used and checked like any other', () => {
    expect(checkInputs('m', optional, [text, image])[1]?.data).toBe(text.data);
    expect(refusal(() => checkInputs('m', optional, [{ ...text, datatype: 'INT64' }, image]))).toMatch(/expects 'BYTES'/);
    expect(refusal(() => checkInputs('m', optional, [text, two]))).toMatch(/batch size does not match/);
  });
  test('refusals list required inputs as missing, and no others', () => {
    expect(refusal(() => checkInputs('m', optional, []))).toMatch(
      /expected number of inputs between 1 and 2 but got 0 inputs for model 'm'.*missing required input\(s\) \['image'\]/,
    );
    expect(refusal(() => checkInputs('m', optional, [image, { ...text, name: 'q' }]))).toMatch(/Allowed inputs are: 'image','text'/);
  });
  test('a model that needs nothing answers a request with nothing', () => {
    const all = withDefaults(signature, [fallback, { ...image, datatype: 'FP32' }]);
    expect(checkInputs('m', all, []).map(({ name }) => name)).toEqual(['image', 'text']);
  });
});

describe('checkOutputs', () => {
  test('all of the model when none is named, else those asked for in their order', () => {
    expect(checkOutputs('m', signature, [])).toEqual(['label', 'score']);
    expect(checkOutputs('m', signature, ['score'])).toEqual(['score']);
  });
  test('refuses one asked for twice', () => {
    expect(refusal(() => checkOutputs('m', signature, ['score', 'score']))).toMatch(/^INVALID_ARGUMENT .*more than once/);
  });
});
