/** Our decoder beside a plain one, over blocks that come again in any order: the same fields, refusals of the same blocks. */
import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HpackDecoder } from './hpack-decoder.js';
import { HpackError } from './hpack-error.js';
import { huffmanString, indexed, indexing, neverIndexed, PlainDecoder, pairsOf, plainString, sizeUpdate, withoutIndexing } from './test-blocks.js';

const index = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 61 }) },
  { weight: 3, arbitrary: fc.constant(62) },
  fc.integer({ min: 63, max: 65 }),
);
const name = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('x-a', 'x-bb', ':path', 'cookie') }, index);
const value = fc.oneof(
  fc.constantFrom('', 'b', '/a/b', 'x'.repeat(200)),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)), maxLength: 40 }),
);
const write = fc.constantFrom(plainString, huffmanString);
const field = fc.oneof(
  { weight: 6, arbitrary: index.map(indexed) },
  { weight: 3, arbitrary: fc.tuple(name, value, write).map(([...field]) => indexing(...field)) },
  { weight: 3, arbitrary: fc.tuple(name, value, write).map(([...field]) => withoutIndexing(...field)) },
  { weight: 1, arbitrary: fc.tuple(name, value, write).map(([...field]) => neverIndexed(...field)) },
);
const sizes = fc.oneof(
  { weight: 8, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(0, 40, 100, 300, 4096, 4097).map(sizeUpdate), { maxLength: 3 }) },
);
const wellMade = fc.tuple(sizes, fc.array(field, { maxLength: 6 })).map((parts) => Buffer.from(parts.flat(2)));
const damaged = fc.tuple(wellMade, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
  if (bytes.length > 0) bytes[at % bytes.length] = byte;
  return bytes;
});
const anyBytes = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));

/** Blocks of a few, in any order, so that most come again: until both decoders refuse one. */
function compare(blocks: readonly Uint8Array[], order: readonly number[], maxListBytes: number): void {
  const decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes });
  const plain = new PlainDecoder(4096);
  for (const index of order) {
    const bytes = blocks[index % blocks.length];
    if (bytes === undefined) return;
    const want = resultOf(() => plain.decode(bytes));
    const list = resultOf(() => decoder.decode(bytes));
    if (want === undefined || list === undefined) {
      expect(list).toBe(want);
      return;
    }
    const sizes = want.map(([name, value]) => name.length + value.length + 32);
    expect(list.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(list.isCut).toBe(list.bytes > maxListBytes);
    expect(pairsOf(list)).toEqual(want.filter((_, end) => sizes.slice(0, end + 1).reduce((sum, size) => sum + size, 0) <= maxListBytes));
  }
}

function resultOf<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    expect(error).toBeInstanceOf(HpackError);
    return undefined;
  }
}

test.each([
  ['well made', wellMade, 1500],
  ['damaged in one byte', damaged, 1500],
  ['of random bytes', anyBytes, 3000],
])('%s give what a plain decoder gives', (_name, bytes, numRuns) => {
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(4), { maxLength: 20 }), fc.constantFrom(50, 200, 16_384), compare),
    { seed: 7541, numRuns },
  );
});
