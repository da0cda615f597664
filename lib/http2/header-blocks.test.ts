import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FLAG } from '../../test/fuzz/http2-frames.js';
import { HeaderBlocks } from './header-blocks.js';
import { ErrorCode } from './protocol.js';

const MAX_BYTES = 1000;
const { endHeaders, endStream, padded, priority } = FLAG;

describe('in one frame', () => {
  test.each<[name: string, flags: number, payload: number[], want: { bytes: number[]; isLast: boolean; dependsOn: number }]>([
    ['plain', 0, [1, 2], { bytes: [1, 2], isLast: false, dependsOn: -1 }],
    ['empty', 0, [], { bytes: [], isLast: false, dependsOn: -1 }],
    ['the last', endStream, [1], { bytes: [1], isLast: true, dependsOn: -1 }],
    ['padded', padded, [2, 1, 0, 0], { bytes: [1], isLast: false, dependsOn: -1 }],
    ['padding alone', padded, [2, 0, 0], { bytes: [], isLast: false, dependsOn: -1 }],
    ['with a priority', priority, [0, 0, 0, 5, 16, 1], { bytes: [1], isLast: false, dependsOn: 5 }],
    ['with an exclusive priority', priority, [0x80, 0, 0, 5, 16, 1], { bytes: [1], isLast: false, dependsOn: 5 }],
    ['with all of it', padded | priority | endStream, [1, 0, 0, 0, 0, 16, 9, 0], { bytes: [9], isLast: true, dependsOn: 0 }],
  ])('%s', (_name, flags, payload, want) => {
    const blocks = new HeaderBlocks(MAX_BYTES);
    const block = blocks.begin(7, flags | endHeaders, Buffer.from(payload));
    expect(block).toEqual({ id: 7, ...want, bytes: Buffer.from(want.bytes) });
    expect(blocks.isOpen).toBe(false);
  });
});

describe('refused', () => {
  test.each<[name: string, flags: number, payload: number[], code: ErrorCode]>([
    ['padding without its length', padded, [], ErrorCode.PROTOCOL_ERROR],
    ['padding beyond the frame', padded, [3, 0, 0], ErrorCode.PROTOCOL_ERROR],
    ['padding over the priority', padded | priority, [1, 0, 0, 0, 0, 16], ErrorCode.PROTOCOL_ERROR],
    ['no room for a priority', priority, [0, 0, 0, 5], ErrorCode.FRAME_SIZE_ERROR],
    ['no room for padding and a priority', padded | priority, [0, 0, 0, 0, 5], ErrorCode.FRAME_SIZE_ERROR],
  ])('%s', (_name, flags, payload, code) => {
    expect(() => new HeaderBlocks(MAX_BYTES).begin(1, flags | endHeaders, Buffer.from(payload))).toThrow(expect.objectContaining({ code }));
  });

  test('a continuation of nothing, of another stream, of what is whole', () => {
    const blocks = new HeaderBlocks(MAX_BYTES);
    const wanted = expect.objectContaining({ code: ErrorCode.PROTOCOL_ERROR });
    expect(() => blocks.add(1, endHeaders, Buffer.of(1))).toThrow(wanted);
    blocks.begin(1, 0, Buffer.of(1));
    expect(() => blocks.add(3, endHeaders, Buffer.of(1))).toThrow(wanted);
    expect(blocks.add(1, endHeaders, Buffer.of(2))?.bytes).toEqual(Buffer.of(1, 2));
    expect(() => blocks.add(1, endHeaders, Buffer.of(1))).toThrow(wanted);
  });

  test.each([
    ['bytes', 1, 400, 3],
    ['frames without content', 1, 0, 64],
  ])('too many %s', (_name, firstBytes, bytes, frames) => {
    const blocks = new HeaderBlocks(MAX_BYTES);
    blocks.begin(1, 0, Buffer.alloc(firstBytes));
    for (let sent = 1; sent < frames; sent++) expect(blocks.add(1, 0, Buffer.alloc(bytes))).toBeUndefined();
    expect(() => blocks.add(1, endHeaders, Buffer.alloc(bytes))).toThrow(expect.objectContaining({ code: ErrorCode.ENHANCE_YOUR_CALM }));
  });
});

test('any parts are the block, though what they lay in is overwritten', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { minLength: 1, maxLength: 10 }), fc.boolean(), (parts, isLast) => {
      const blocks = new HeaderBlocks(MAX_BYTES);
      const want = Buffer.concat(parts);
      const shared = Buffer.alloc(100);
      const got = parts.map((part, index) => {
        shared.set(part);
        const payload = shared.subarray(0, part.length);
        const flags = index === parts.length - 1 ? endHeaders : 0;
        const block = index === 0 ? blocks.begin(5, flags | (isLast ? endStream : 0), payload) : blocks.add(5, flags, payload);
        expect(blocks.isOpen).toBe(block === undefined);
        return block && { ...block, bytes: Buffer.from(block.bytes) };
      });
      expect(got.pop()).toEqual({ id: 5, bytes: want, isLast, dependsOn: -1 });
      expect(got.every((block) => block === undefined)).toBe(true);
    }),
    { seed: 27316, numRuns: 200 },
  );
});
