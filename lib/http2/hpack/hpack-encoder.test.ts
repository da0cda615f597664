import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HpackDecoder } from './hpack-decoder.js';
import { type Field, HpackEncoder } from './hpack-encoder.js';
import { SharedField } from './shared-field.js';
import { indexed, indexing, type Pair, PlainDecoder, pairsOf, tableOf, withoutIndexing } from './test-blocks.js';

function encode(encoder: HpackEncoder, fields: readonly Field[]): Buffer {
  const target = Buffer.alloc(encoder.maxBytes(fields) + 3, 0xee);
  const end = encoder.write(fields, target, 2);
  expect(end).toBeLessThan(target.length);
  expect(target[end]).toBe(0xee);
  return target.subarray(2, end);
}

function pairOf(field: Field): Pair {
  return field instanceof SharedField ? [field.name, field.value] : [field[0], field[1]];
}

const JSON_TYPE = new SharedField('content-type', 'application/json');
const GRPC_STATUS = new SharedField('grpc-status', '0');

describe('one field', () => {
  test.each<[name: string, field: Field, want: number[]]>([
    ['in the static table', [':status', '200'], [0x88]],
    ['in the static table with an empty value', ['accept', ''], [0x80 | 19]],
    ['whose name is in the static table', [':status', '418'], withoutIndexing(8, '418')],
    ['whose name has an index of two bytes', ['content-type', 'a'], withoutIndexing(31, 'a')],
    ['that is nowhere', ['x-a', 'b'], withoutIndexing('x-a', 'b')],
    ['of bytes', ['x-a', '\x80\xff'], withoutIndexing('x-a', '\x80\xff')],
    ['with nothing in it', ['', ''], withoutIndexing('', '')],
    ['of 126 bytes', ['x-a', 'b'.repeat(126)], withoutIndexing('x-a', 'b'.repeat(126))],
    ['of 127 bytes', ['x-a', 'b'.repeat(127)], withoutIndexing('x-a', 'b'.repeat(127))],
    ['of 16511 bytes', ['x-a', 'b'.repeat(16_511)], withoutIndexing('x-a', 'b'.repeat(16_511))],
    ['shared, in the static table', new SharedField(':status', '200'), [0x88]],
    ['shared', GRPC_STATUS, indexing('grpc-status', '0')],
    ['shared, whose name is in the static table', JSON_TYPE, indexing(31, 'application/json')],
  ])('%s', (_name, field, want) => expect([...encode(new HpackEncoder(), [field])]).toEqual(want));
});

describe('shared fields', () => {
  test('are put into the table once in a connection', () => {
    const encoder = new HpackEncoder();
    encode(encoder, [JSON_TYPE, GRPC_STATUS]);
    expect([...encode(encoder, [JSON_TYPE, GRPC_STATUS, JSON_TYPE])]).toEqual([...indexed(63), ...indexed(62), ...indexed(63)]);
    expect([...encode(new HpackEncoder(), [JSON_TYPE])]).toEqual(indexing(31, 'application/json'));
  });

  test('eight at most', () => {
    const encoder = new HpackEncoder();
    const fields = Array.from({ length: 10 }, (_, index) => new SharedField(`x-${index}`, 'v'));
    const decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 16_384 });
    for (const round of [0, 1]) expect([round, ...pairsOf(decoder.decode(encode(encoder, fields)))]).toEqual([round, ...fields.map(pairOf)]);
    expect(tableOf(decoder)).toEqual(fields.slice(0, 8).reverse().map(pairOf));
    expect([...encode(encoder, fields.slice(7))]).toEqual([...indexed(62), ...withoutIndexing('x-8', 'v'), ...withoutIndexing('x-9', 'v')]);
  });

  test('none that would evict another', () => {
    const encoder = new HpackEncoder();
    const large = ['a', 'b', 'c'].map((name) => new SharedField(name, 'v'.repeat(1500)));
    encode(encoder, large);
    expect([...encode(encoder, [...large.slice(0, 2), GRPC_STATUS])]).toEqual([...indexed(63), ...indexed(62), ...indexing('grpc-status', '0')]);
    expect(encode(encoder, large.slice(2)).length).toBeGreaterThan(1500);
  });
});

describe('a peer that limits its table', () => {
  const literals = withoutIndexing(31, 'application/json');

  test.each([
    ['to nothing', [0]],
    ['to little', [511]],
    ['to less than was', [4095]],
    ['after more', [65_536, 8192]],
    ['and lifts the limit', [0, 4096]],
  ])('%s: gets none', (_name, limits) => {
    const encoder = new HpackEncoder();
    encode(encoder, [JSON_TYPE]);
    for (const limit of limits) encoder.limitTable(limit);
    expect([...encode(encoder, [JSON_TYPE])]).toEqual([0x20, ...literals]);
    expect([...encode(encoder, [JSON_TYPE])]).toEqual(literals);
    encoder.limitTable(4096);
    expect([...encode(encoder, [JSON_TYPE])].slice(-literals.length)).toEqual(literals);
  });

  test('to as much or more: nothing changes', () => {
    const encoder = new HpackEncoder();
    encode(encoder, [JSON_TYPE]);
    encoder.limitTable(4096);
    encoder.limitTable(65_536);
    expect([...encode(encoder, [JSON_TYPE])]).toEqual(indexed(62));
  });
});

test('any fields come back, whatever the limits', () => {
  const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
  const name = fc.oneof(fc.constantFrom(':status', 'accept', 'content-type', 'x-a'), fc.string({ unit: byte, maxLength: 20 }));
  const value = fc.oneof(fc.constantFrom('200', '', 'v'.repeat(900)), fc.string({ unit: byte, maxLength: 200 }));
  const pair = fc.tuple(name, value);
  const shared = fc.array(
    pair.map(([name, value]) => new SharedField(name, value)),
    { minLength: 12, maxLength: 12 },
  );
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.array(fc.oneof(pair, fc.nat(11)), { maxLength: 8 }) },
    { weight: 1, arbitrary: fc.constantFrom('4096' as const, '65536' as const, '2000' as const, '0' as const) },
  );
  fc.assert(
    fc.property(shared, fc.array(step, { maxLength: 12 }), (shared, steps) => {
      const encoder = new HpackEncoder();
      const decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 1e6 });
      const plain = new PlainDecoder(4096);
      for (const step of steps) {
        if (typeof step === 'string') {
          encoder.limitTable(Number(step));
          continue;
        }
        const fields = step.map((item): Field => (typeof item === 'number' ? (shared[item] ?? ['', '']) : item));
        const bytes = encode(encoder, fields);
        expect(pairsOf(decoder.decode(bytes))).toEqual(fields.map(pairOf));
        expect(plain.decode(bytes)).toEqual(fields.map(pairOf));
      }
    }),
    { seed: 9113, numRuns: 500 },
  );
});
