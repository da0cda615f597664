import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Writer } from 'protobufjs';
import { OnnxFormatError } from '../wire-reader.js';
import { MAX_DEFAULT_BYTES, readDefault } from './read-default.js';

type Encode = (tensor: Writer) => unknown;

function encode(elemType: number, dims: readonly number[], elements: Encode): Uint8Array {
  const tensor = Writer.create();
  for (const dim of dims) tensor.uint32(8).int64(dim);
  tensor.uint32(16).int32(elemType).uint32(66).string('t');
  elements(tensor);
  return tensor.finish();
}

const packed =
  (field: number, write: (inner: Writer) => unknown): Encode =>
  (tensor) => {
    const inner = Writer.create();
    write(inner);
    tensor.uint32(field * 8 + 2).bytes(inner.finish());
  };
const int32s = (...values: number[]) =>
  packed(5, (inner) => {
    for (const value of values) inner.int32(value);
  });
const raw =
  (...bytes: number[]): Encode =>
  (tensor) =>
    tensor.uint32(74).bytes(Uint8Array.from(bytes));
const strings =
  (...values: (string | Uint8Array)[]): Encode =>
  (tensor) => {
    for (const value of values) tensor.uint32(50).bytes(Buffer.from(value));
  };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('every encoding of TensorProto, as the protocol has it', () => {
  test.each<{ name: string; elemType: number; dims?: number[]; elements: Encode; want: string; datatype: string }>([
    { name: 'raw floats', elemType: 1, dims: [1], elements: raw(0, 0, 128, 63), datatype: 'FP32', want: '0000803f' },
    { name: 'packed floats', elemType: 1, elements: packed(4, (w) => w.float(1).float(-2)), datatype: 'FP32', want: '0000803f000000c0' },
    { name: 'loose floats', elemType: 1, elements: (t) => t.uint32(37).float(1).uint32(37).float(-2), datatype: 'FP32', want: '0000803f000000c0' },
    { name: 'packed doubles', elemType: 11, dims: [1], elements: packed(10, (w) => w.double(1)), datatype: 'FP64', want: '000000000000f03f' },
    { name: 'loose doubles', elemType: 11, dims: [1], elements: (t) => t.uint32(81).double(1), datatype: 'FP64', want: '000000000000f03f' },
    { name: 'int32_data', elemType: 6, elements: int32s(-1, 256), datatype: 'INT32', want: 'ffffffff00010000' },
    {
      name: 'loose int32_data',
      elemType: 6,
      elements: (t) => t.uint32(40).int32(-1).uint32(40).int32(256),
      datatype: 'INT32',
      want: 'ffffffff00010000',
    },
    { name: 'FP16 bits', elemType: 10, elements: int32s(0x3c00, 0xc000), datatype: 'FP16', want: '003c00c0' },
    { name: 'INT16', elemType: 5, elements: int32s(-2, 3), datatype: 'INT16', want: 'feff0300' },
    { name: 'UINT16', elemType: 4, elements: int32s(65535, 3), datatype: 'UINT16', want: 'ffff0300' },
    { name: 'INT8', elemType: 3, elements: int32s(-128, 127), datatype: 'INT8', want: '807f' },
    { name: 'UINT8', elemType: 2, elements: int32s(255, 0), datatype: 'UINT8', want: 'ff00' },
    { name: 'BOOL', elemType: 9, elements: int32s(7, 0), datatype: 'BOOL', want: '0100' },
    { name: 'int64_data', elemType: 7, dims: [1], elements: packed(7, (w) => w.int64(-2)), datatype: 'INT64', want: 'feffffffffffffff' },
    {
      name: 'uint64_data',
      elemType: 13,
      dims: [],
      elements: packed(11, (w) => w.uint64('18446744073709551615')),
      datatype: 'UINT64',
      want: 'ffffffffffffffff',
    },
    {
      name: 'UINT32 in uint64_data',
      elemType: 12,
      elements: packed(11, (w) => w.uint64(4294967295).uint64(1)),
      datatype: 'UINT32',
      want: 'ffffffff01000000',
    },
    { name: 'string_data', elemType: 8, elements: strings('é', ''), datatype: 'BYTES', want: '02000000c3a900000000' },
    { name: 'no elements', elemType: 1, dims: [0, 4], elements: () => undefined, datatype: 'FP32', want: '' },
  ])('$name', ({ elemType, dims = [2], elements, datatype, want }) => {
    const read = readDefault(encode(elemType, dims, elements));
    if (typeof read === 'string') throw new Error(read);
    expect({ ...read, data: hex(read.data) }).toEqual({ name: 't', datatype, shape: dims, data: want });
  });

  test('it is a copy: the file need not stay in memory', () => {
    const bytes = Buffer.from(encode(2, [2], raw(1, 2)));
    const read = readDefault(bytes);
    expect(typeof read === 'string' ? read : read.data.buffer).not.toBe(bytes.buffer);
    bytes.fill(9);
    expect(typeof read === 'string' ? read : [...read.data]).toEqual([1, 2]);
  });
});

describe('what cannot be had says why', () => {
  const external: Encode = (tensor) => tensor.uint32(14 * 8).int32(1);
  test.each<{ name: string; elemType?: number; dims?: number[]; elements: Encode; want: RegExp }>([
    { name: 'BF16', elemType: 16, elements: raw(0, 0, 0, 0), want: /is of ONNX type 16, which no client can send/ },
    { name: 'data in another file', elements: external, want: /lies in another file/ },
    { name: 'too many bytes', dims: [MAX_DEFAULT_BYTES / 4 + 1], elements: raw(), want: /has 4194305 elements, more than 16777216 bytes/ },
    { name: 'too many strings', elemType: 8, dims: [2 ** 23], elements: strings(), want: /more than 16777216 bytes/ },
    { name: 'a product beyond numbers', dims: [2 ** 52, 2 ** 52], elements: raw(), want: /which is no tensor's/ },
    { name: 'too few raw bytes', elements: raw(0, 0), want: /has 2 bytes in place of the 8/ },
    { name: 'too few elements', elemType: 6, elements: int32s(1), want: /has 1 elements in place of the 2/ },
    { name: 'too many elements', elemType: 6, elements: int32s(1, 2, 3), want: /has 3 elements in place of the 2/ },
    { name: 'elements in the field of another datatype', elemType: 7, elements: int32s(1, 2), want: /has 0 elements/ },
    { name: 'a number that does not fit', elemType: 3, elements: int32s(300, 0), want: /holds 300, which is no INT8/ },
    { name: 'too few strings', elemType: 8, elements: strings('a'), want: /has 1 of the 2 elements/ },
    { name: 'too many strings for the dims', elemType: 8, elements: strings('a', 'b', 'c'), want: /has more than the 2 elements/ },
    { name: 'bytes that are no text', elemType: 8, elements: strings('a', Uint8Array.of(0xff)), want: /no UTF-8 text/ },
    { name: 'a text with NUL', elemType: 8, elements: strings('a', 'b\0'), want: /no UTF-8 text without NUL/ },
    { name: 'segments', elements: (t) => t.uint32(26).bytes(new Uint8Array()), want: /cut into segments/ },
  ])('$name', ({ elemType = 1, dims = [2], elements, want }) => expect(readDefault(encode(elemType, dims, elements))).toMatch(want));

  test('broken bytes are an OnnxFormatError and nothing else', () => {
    const good = encode(
      12,
      [2],
      packed(11, (w) => w.uint64(4294967295).uint64(1)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Uint8Array.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          readDefault(bytes);
        } catch (error) {
          if (!(error instanceof OnnxFormatError)) throw error;
        }
      }),
      { seed: 20, numRuns: 3000 },
    );
  });
});
