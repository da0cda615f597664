import { describe, expect, test } from '@jest/globals';
import { InferenceError } from '../core/inference-error.js';
import { decodeInferRequest } from './infer-request.js';
import { WIRE_LIMITS } from './limits.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const field = (number: number, payload: Uint8Array): Buffer => Buffer.concat([hex(tag(number)), length(payload.length), payload]);
const text = (number: number, value: string): Buffer => field(number, Buffer.from(value));
const tag = (number: number): string => (number * 8 + 2).toString(16).padStart(2, '0');

function length(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function refusal(message: Buffer): string {
  try {
    decodeInferRequest(message);
  } catch (error) {
    if (error instanceof InferenceError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

describe('malformed messages', () => {
  const cases: readonly [string, string, string][] = [
    ['field number 0', '0001', 'a field has the number 0 at byte 0'],
    ['field number 0 in a longer tag', '8000 01', 'a field has the number 0 at byte 0'],
    ['wire type 6', '0a01 61 4e', 'wire type 6 does not exist at byte 4'],
    ['wire type 7', '0f', 'wire type 7 does not exist at byte 1'],
    ['a tag that is cut off', '0a01 61 80', 'a varint is cut off at byte 3'],
    ['a tag of 6 bytes', '8a80 8080 8000 00', 'a tag is longer than 5 bytes or 32 bits at byte 0'],
    ['a tag of 33 bits', '8a80 8080 1000', 'a tag is longer than 5 bytes or 32 bits at byte 0'],
    ['a length beyond the end', '0a05 61', 'a length says 5 bytes, but 1 follow at byte 1'],
    ['a length of 2 GiB', '3aff ffff ff07', 'a length says 2147483647 bytes, but 0 follow at byte 1'],
    ['a length of 2^64 - 1', '0aff ffff ffff ffff ffff 01', 'bytes, but 0 follow at byte 1'],
    ['a length beyond the tensor that it lies in', '2a03 0a05 61 6161 6161', 'a length says 5 bytes, but 1 follow at byte 3'],
    ['no length', '0a', 'a varint is cut off at byte 1'],
    ['a varint of 11 bytes', '4880 8080 8080 8080 8080 8000', 'a varint is longer than 10 bytes at byte 1'],
    ['a packed varint of 11 bytes', '2a0f 2a0d 1a0b ffff ffff ffff ffff ffff 01', 'a varint is longer than 10 bytes at byte 6'],
    ['a packed varint that neither ends nor is short', '2a0e 2a0c 1a0a ffff ffff ffff ffff ffff', 'a varint is longer than 10 bytes at byte 6'],
    ['a packed varint that is cut off', '2a06 2a04 1a02 0180', 'a packed varint is cut off at byte 7'],
    ['packed floats of 3 bytes', '2a07 2a05 3203 0000 00', '3 bytes of fp32_contents are no whole number of 4-byte elements at byte 6'],
    ['fixed32 that is cut off', '7d00 00', 'a field of 4 bytes is cut off at byte 1'],
    ['fixed64 that is cut off', '7900 00', 'a field of 8 bytes is cut off at byte 1'],
    ['a double_param that is cut off', '2205 1203 2100 00', 'a field of 8 bytes is cut off at byte 5'],
    ['a group that does not end', '4b48 01', 'group 9 does not end at byte 3'],
    ['a group that ends as another', '4b54', 'group 10 ends, but has not begun at byte 2'],
    ['a group that ends and did not begin', '4c', 'group 9 ends, but has not begun at byte 1'],
    ['101 groups inside each other', `${'4b'.repeat(101)}${'4c'.repeat(101)}`, 'more than 100 messages and groups lie inside each other at byte 101'],
    ['a group too deep in contents', `2a81 012a7f${'4b'.repeat(99)}${'4c'.repeat(28)}`, 'more than 100 messages and groups'],
    ['model_name not UTF-8', '0a02 fffe', 'model_name is not UTF-8 at byte 2'],
    ['a surrogate in id', '1a03 eda080', 'id is not UTF-8 at byte 2'],
    ['datatype not UTF-8', '2a04 1202 fffe', 'a datatype is not UTF-8 at byte 4'],
  ];
  test.each(cases)('%s', (_, message, want) => {
    expect(refusal(hex(message))).toMatch(/^INVALID_ARGUMENT not a valid ModelInferRequest: /);
    expect(refusal(hex(message))).toContain(want);
  });
  test('cut off anywhere, a message is refused or a shorter message', () => {
    const whole = Buffer.concat([
      text(1, 'm'),
      field(4, hex('0a0161 1204 1a02c3bc')),
      field(5, hex('0a0178 1204 46503332 1a0101 2a06 3204 0000803f')),
    ]);
    expect(refusal(whole)).toBe('accepted');
    for (let size = 0; size < whole.length; size++) expect(refusal(whole.subarray(0, size))).toMatch(/^accepted$|^INVALID_ARGUMENT/);
  });
});

describe('odd messages that are valid', () => {
  test('100 groups inside each other are skipped', () => {
    expect(refusal(hex(`${'4b'.repeat(100)}${'4c'.repeat(100)}`))).toBe('accepted');
  });
  test('contents that come twice are merged, whatever the order of the fields', () => {
    const first = field(5, hex('3204 0000803f'));
    const second = field(5, hex('350000 0040')); // one float that is not packed
    const [input] = decodeInferRequest(field(5, Buffer.concat([first, text(2, 'FP32'), second]))).inputs;
    expect(Buffer.from(input?.data ?? []).toString('hex')).toBe('0000803f00000040');
  });
  test('a parameter without key or value has the key "" and no value', () => {
    expect([...decodeInferRequest(hex('2200')).parameters]).toEqual([['', undefined]]);
  });
  test('of a oneof the last member counts, also over two occurrences of the value', () => {
    expect(decodeInferRequest(hex('2208 1202 0801 1202 1005')).parameters.get('')).toBe(5n);
    expect(decodeInferRequest(hex('2206 1202 0801 1200')).parameters.get('')).toBe(true);
  });
  test('int64 and uint64 keep every bit', () => {
    expect(decodeInferRequest(hex('220d 120b 10 ffffffffffffffffff01')).parameters.get('')).toBe(-1n);
    expect(decodeInferRequest(hex('220d 120b 28 ffffffffffffffffff01')).parameters.get('')).toBe(2n ** 64n - 1n);
  });
});

describe('what a message means', () => {
  const cases: readonly [string, Buffer, string][] = [
    ['a dimension beyond 2^53', field(5, hex('1a 08 8080808080808010 2a00')), "INVALID_ARGUMENT unexpected shape for input '' for model ''"],
    ['FP16 typed', field(5, Buffer.concat([text(2, 'FP16'), field(5, hex('3204 00000000'))])), 'send it in raw_input_contents'],
    ['INT8 out of range', field(5, Buffer.concat([text(2, 'INT8'), field(5, hex('1202 8001'))])), 'does not fit INT8, which holds -128 to 127'],
    ['fields of two datatypes', field(5, Buffer.concat([text(2, 'BOOL'), field(5, hex('0801 1001'))])), 'carry int_contents'],
    ['no contents at all', field(5, text(2, 'FP32')), 'has neither contents nor an entry in raw_input_contents'],
    ['UINT8 of 2^32 - 1', field(5, Buffer.concat([text(2, 'UINT8'), field(5, hex('2205 ffffffff0f'))])), 'does not fit UINT8, which holds 0 to 255'],
  ];
  test.each(cases)('%s', (_, message, want) => {
    expect(refusal(message)).toContain(want);
  });
  test('an empty tensor needs no contents, and one of an unknown datatype is left to the check of the request', () => {
    const { inputs } = decodeInferRequest(Buffer.concat([field(5, hex('1200 1a01 00')), field(5, Buffer.concat([text(2, 'FP8'), hex('2a00')]))]));
    expect(inputs.map(({ datatype, data }) => [datatype, data.length])).toEqual([
      ['', 0],
      ['FP8', 0],
    ]);
  });
  test('an empty packed field does not count as filled', () => {
    const [input] = decodeInferRequest(field(5, Buffer.concat([text(2, 'UINT8'), field(5, hex('1200 2201 07'))]))).inputs;
    expect([...(input?.data ?? [])]).toEqual([7]);
  });
  test('raw tensors and packed floats are views of the message', () => {
    const raw = Buffer.concat([field(5, text(2, 'FP32')), field(7, hex('0000803f'))]);
    const typed = field(5, Buffer.concat([text(2, 'FP32'), field(5, hex('3204 0000803f'))]));
    for (const message of [raw, typed]) expect(decodeInferRequest(message).inputs[0]?.data.buffer).toBe(message.buffer);
  });
});

describe('bounds', () => {
  const cases: readonly [string, Buffer, string][] = [
    ['inputs', Buffer.concat(Array(WIRE_LIMITS.tensors + 1).fill(hex('2a00'))), 'more than 4096 inputs at byte'],
    ['outputs', Buffer.concat(Array(WIRE_LIMITS.tensors + 1).fill(hex('3200'))), 'more than 4096 outputs at byte'],
    ['raw entries', Buffer.concat(Array(WIRE_LIMITS.tensors + 1).fill(hex('3a00'))), 'more than 4096 entries of raw_input_contents at byte'],
    ['parameters', Buffer.concat(Array(WIRE_LIMITS.parameters + 1).fill(hex('2200'))), 'more than 8192 parameters at byte'],
    ['dimensions', field(5, field(3, Buffer.alloc(WIRE_LIMITS.rank + 1))), 'a shape has more than 256 dimensions at byte'],
    ['pieces', field(5, Buffer.concat(Array(WIRE_LIMITS.contentsPieces + 1).fill(hex('2a020801')))), 'come in more than 1024 pieces at byte'],
  ];
  test.each(cases)('%s are counted', (_, message, want) => {
    expect(refusal(message)).toContain(want);
  });
  test('time grows with the size of the message, not faster', () => {
    const single = (count: number): Buffer => field(5, Buffer.concat([text(2, 'INT32'), field(5, Buffer.alloc(2 * count, hex('1001')))]));
    const milliseconds = (message: Buffer): number => {
      const started = performance.now();
      decodeInferRequest(message);
      return performance.now() - started;
    };
    milliseconds(single(100_000));
    const small = Math.min(...[1, 2, 3].map(() => milliseconds(single(100_000))));
    expect(milliseconds(single(1_600_000))).toBeLessThan(16 * 10 * Math.max(small, 0.5)); // 256 times as long if it were quadratic
  });
});
