import { describe, expect, test } from '@jest/globals';
import type { InferTensorContents__Output } from '../../proto/gen/inference/InferTensorContents.js';
import type { Datatype } from '../core/datatype.js';
import { decodeContents, encodeContents } from './typed-contents.js';

const EMPTY: InferTensorContents__Output = {
  bool_contents: [],
  int_contents: [],
  int64_contents: [],
  uint_contents: [],
  uint64_contents: [],
  fp32_contents: [],
  fp64_contents: [],
  bytes_contents: [],
};

describe('typed contents', () => {
  test('64-bit integers keep every bit', () => {
    const values = ['-9223372036854775808', '9223372036854775807'];
    const data = encodeContents('x', 'INT64', { ...EMPTY, int64_contents: values });
    expect(decodeContents('INT64', data)).toEqual({ int64_contents: values });
  });
  test('raw bytes at an odd offset are read right', () => {
    const moved = new Uint8Array(5);
    moved.set(new Uint8Array(Float32Array.of(1.5).buffer), 1);
    expect(decodeContents('FP32', moved.subarray(1))).toEqual({ fp32_contents: [1.5] });
  });
  const cases: readonly { name: string; datatype: Datatype; contents: Partial<InferTensorContents__Output>; want: RegExp }[] = [
    { name: 'INT8 too large', datatype: 'INT8', contents: { int_contents: [128] }, want: /does not fit INT8, which holds -128 to 127/ },
    { name: 'UINT16 too large', datatype: 'UINT16', contents: { uint_contents: [0, 65536] }, want: /^element 1 .*UINT16/ },
    { name: 'FP16 has no field', datatype: 'FP16', contents: { fp32_contents: [1] }, want: /send it in raw_input_contents/ },
    {
      name: 'elements in another field',
      datatype: 'INT32',
      contents: { int64_contents: ['1'] },
      want: /belong in int_contents, but contents carry int64_contents/,
    },
  ];
  test.each(cases)('$name is refused', ({ datatype, contents, want }) => {
    expect(() => encodeContents('x', datatype, { ...EMPTY, ...contents })).toThrow(want);
  });
});
