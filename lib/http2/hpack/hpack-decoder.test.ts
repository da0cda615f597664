import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { HpackDecoder } from './hpack-decoder.js';
import { HpackError } from './hpack-error.js';
import { huffmanString, indexed, indexing, neverIndexed, PlainDecoder, pairsOf, sizeUpdate, tableOf, withoutIndexing } from './test-blocks.js';

function makeDecoder(options: { maxTableBytes?: number; maxListBytes?: number } = {}): HpackDecoder {
  return new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 16_384, ...options });
}

function block(...parts: number[][]): Buffer {
  return Buffer.from(parts.flat());
}

describe('refused', () => {
  test.each([
    ['index 0', [0x80], 'no field has the index 0'],
    ['an index beyond an empty table', indexed(62), 'no field has the index 62'],
    ['an index beyond a table of one', [...indexing('a', 'b'), ...indexed(63)], 'no field has the index 63'],
    ['a name beyond the table', indexing(62, 'b'), 'no field has the index 62'],
    ['an index far beyond', indexed(2 ** 31), 'no field has the index'],
    ['a table larger than the limit', sizeUpdate(4097), 'a table size of 4097 bytes is above the limit of 4096'],
    ['three sizes', [0x20, 0x21, 0x20], 'more than 2 changes'],
    ['a size after a field', [0x82, 0x20], 'comes after a field'],
    ['six bytes of an integer', [0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 'more than 31 bits'],
    ['an integer of 32 bits', [0xff, 0xff, 0xff, 0xff, 0xff, 0x08], 'more than 31 bits'],
    ['an end within an integer', [0xff, 0x80], 'in the middle of a field'],
    ['an end before a name', [0x40], 'in the middle of a field'],
    ['an end before a value', [0x41], 'in the middle of a field'],
    ['an end within a string', [0x41, 0x03, 0x61, 0x62], 'a string of 3 bytes goes beyond'],
    ['a string of 2 GiB', [0x41, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x07], 'goes beyond the end'],
    ['EOS', [0x41, 0x84, 0xff, 0xff, 0xff, 0xff], 'EOS'],
    ['EOS behind a symbol', [0x41, 0x85, 0x1f, 0xff, 0xff, 0xff, 0xff], 'EOS'],
    ['padding of 8 bits', [0x41, 0x81, 0xff], 'at most 7 bits'],
    ['padding of 11 bits', [0x41, 0x82, 0x1f, 0xff], 'at most 7 bits'],
    ['padding of zeros', [0x41, 0x81, 0x18], 'at most 7 bits'],
  ])('%s', (_name, bytes, message) => {
    const decode = () => makeDecoder().decode(Buffer.from(bytes));
    expect(decode).toThrow(HpackError);
    expect(decode).toThrow(message);
  });
});

describe('read', () => {
  test.each([
    ['nothing', [], []],
    [
      'a name from the table',
      [...indexing('x-a', 'b'), ...withoutIndexing(62, 'c')],
      [
        ['x-a', 'b'],
        ['x-a', 'c'],
      ],
    ],
    [
      'an entry that its own insertion evicts',
      [...sizeUpdate(40), ...indexing('x-a', 'b'), ...indexing(62, 'c'), ...indexed(62)],
      [
        ['x-a', 'b'],
        ['x-a', 'c'],
        ['x-a', 'c'],
      ],
    ],
    [
      'empty strings',
      [...indexing('', ''), ...indexed(62), ...withoutIndexing('', '', huffmanString)],
      [
        ['', ''],
        ['', ''],
        ['', ''],
      ],
    ],
    ['every byte', withoutIndexing('x-a', '\0\x01\n\x7f\x80\xff', huffmanString), [['x-a', '\0\x01\n\x7f\x80\xff']]],
    ['a longer integer than needed', [0xff, 0x80, 0x00], undefined],
    ['two sizes, then a field', [...sizeUpdate(0), ...sizeUpdate(4096), 0x82], [[':method', 'GET']]],
  ])('%s', (_name, bytes, want) => {
    const read = () => pairsOf(makeDecoder().decode(Buffer.from(bytes)));
    if (want === undefined) expect(read).toThrow('no field has the index 127');
    else expect(read()).toEqual(want);
  });

  test('bytes that are no Buffer, and a part of a larger one', () => {
    const bytes = Uint8Array.from([0x99, ...withoutIndexing('x-a', 'bc'), 0x99]);
    expect(pairsOf(makeDecoder().decode(bytes.subarray(1, -1)))).toEqual([['x-a', 'bc']]);
  });

  test('strings longer than the shared scratch', () => {
    const long = 'a0'.repeat(20_000);
    expect(makeDecoder({ maxListBytes: 1e6 }).decode(block(withoutIndexing('x-a', long, huffmanString))).values).toEqual([long]);
  });
});

describe('the table', () => {
  test('a field that is too large empties it', () => {
    const decoder = makeDecoder();
    expect(decoder.decode(block(indexing('a', 'b'), indexing('c', 'd'.repeat(4096)))).names).toEqual(['a', 'c']);
    expect(tableOf(decoder)).toEqual([]);
  });

  test('grows beyond its first ring and turns over many times', () => {
    const decoder = makeDecoder({ maxTableBytes: 40_960 });
    const plain = new PlainDecoder(40_960);
    for (let index = 0; index < 600; index++) {
      const bytes = block(
        index === 0 ? sizeUpdate(40_960) : [],
        indexing(`name-${index}`, 'v'.repeat(index % 100)),
        indexed(62 + (index % 17) * (index > 20 ? 1 : 0)),
      );
      expect(pairsOf(decoder.decode(bytes))).toEqual(plain.decode(bytes));
    }
    expect(tableOf(decoder).length).toBeGreaterThan(400);
  });

  test('begins with 4096 bytes, before the peer has heard of less', () => {
    const decoder = makeDecoder({ maxTableBytes: 100 });
    decoder.decode(block(indexing('a', 'b'.repeat(1000))));
    expect(tableOf(decoder)).toHaveLength(1);
    decoder.decode(block(sizeUpdate(100)));
    expect(tableOf(decoder)).toEqual([]);
  });
});

describe('a list that is too long', () => {
  const bytes = (count: number) => 36 * count; // 'x-a' + 'b' + 32

  test.each([
    ['fits exactly', 2, false, 2],
    ['is cut', 3, true, 2],
  ])('%s', (_name, count, wantIsCut, wantFields) => {
    const list = makeDecoder({ maxListBytes: bytes(2) }).decode(block(...Array.from({ length: count }, () => withoutIndexing('x-a', 'b'))));
    expect([list.isCut, list.names.length, list.bytes]).toEqual([wantIsCut, wantFields, bytes(count)]);
  });

  test('the rest goes into the table, and its errors are found', () => {
    const decoder = makeDecoder({ maxListBytes: 40 });
    const list = decoder.decode(
      block(withoutIndexing('x-a', 'b'), neverIndexed('x-c', 'd', huffmanString), withoutIndexing(58, 'e'), indexing('x-f', 'g'), indexed(62)),
    );
    expect(pairsOf(list)).toEqual([['x-a', 'b']]);
    expect([list.isCut, list.bytes]).toEqual([true, 4 * 36 + 'user-agent'.length + 33]);
    expect(tableOf(decoder)).toEqual([['x-f', 'g']]);
    expect(() => decoder.decode(block(withoutIndexing('x-a', 'b'.repeat(9)), [0x01, 0x81, 0xff]))).toThrow(HpackError);
  });

  test('a bomb costs neither memory nor time', () => {
    const decoder = makeDecoder();
    const bomb = block(indexing('x-a', 'b'.repeat(4000)), Array<number>(1_000_000).fill(0x80 | 62));
    const start = performance.now();
    const list = decoder.decode(bomb);
    expect(performance.now() - start).toBeLessThan(1000); // 10 ms on a machine with nothing else to do
    expect([list.isCut, list.names.length, list.bytes]).toEqual([true, 4, 1_000_001 * 4035]);
  });
});

describe('a repeated block', () => {
  const first = block(indexing('x-a', 'b'), withoutIndexing('x-c', 'd'));
  const second = block(indexed(62), withoutIndexing('x-c', 'd'));

  test('gives the same list', () => {
    const decoder = makeDecoder();
    const once = decoder.decode(first);
    const twice = decoder.decode(second);
    expect(twice).not.toBe(once);
    expect(decoder.decode(Uint8Array.from(second))).toBe(twice);
    expect(pairsOf(twice)).toEqual(pairsOf(once));
  });

  test('does not when the table has changed', () => {
    const decoder = makeDecoder();
    decoder.decode(first);
    const stale = decoder.decode(second);
    decoder.decode(block(indexing('x-e', 'f')));
    expect(pairsOf(decoder.decode(second))).toEqual([
      ['x-e', 'f'],
      ['x-c', 'd'],
    ]);
    expect(pairsOf(stale)).toEqual([
      ['x-a', 'b'],
      ['x-c', 'd'],
    ]);
  });

  test('does not keep the bytes it was given', () => {
    const decoder = makeDecoder();
    const bytes = block(withoutIndexing('x-a', 'b'));
    const list = decoder.decode(bytes);
    bytes[bytes.length - 1] = 'c'.charCodeAt(0);
    expect(decoder.decode(bytes).values).toEqual(['c']);
    expect(list.values).toEqual(['b']);
  });

  test('four are known, up to 512 bytes each', () => {
    const decoder = makeDecoder();
    const blocks = ['1', '2', '3', '4'].map((value) => block(withoutIndexing('x-a', value)));
    const lists = blocks.map((bytes) => decoder.decode(bytes));
    expect(blocks.map((bytes, index) => decoder.decode(bytes) === lists[index])).toEqual([true, true, true, true]);
    decoder.decode(block(withoutIndexing('x-a', '5')));
    expect(blocks.map((bytes, index) => decoder.decode(bytes) === lists[index])[0]).toBe(false);
    const [fits, tooLong] = [504, 505].map((length) => block(withoutIndexing('x-a', 'b'.repeat(length))));
    if (fits === undefined || tooLong === undefined) throw new Error('no blocks');
    expect([fits.length, tooLong.length]).toEqual([512, 513]);
    for (const [bytes, wantSame] of [
      [fits, true],
      [tooLong, false],
    ] as const) {
      const list = decoder.decode(bytes);
      expect(decoder.decode(bytes) === list).toBe(wantSame);
    }
  });
});
