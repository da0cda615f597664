import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { settings } from '../../test/fuzz/http2-frames.js';
import { ErrorCode, FRAME_HEADER_BYTES, Setting } from './protocol.js';
import { readSettings } from './settings.js';

type Pair = [id: number, value: number];
const payloadOf = (...pairs: readonly Pair[]): Buffer => settings(...pairs).subarray(FRAME_HEADER_BYTES);

describe('values', () => {
  test.each<[pair: Pair, want: ErrorCode | undefined]>([
    [[Setting.HEADER_TABLE_SIZE, 2 ** 32 - 1], undefined],
    [[Setting.ENABLE_PUSH, 0], undefined],
    [[Setting.ENABLE_PUSH, 1], undefined],
    [[Setting.ENABLE_PUSH, 2], ErrorCode.PROTOCOL_ERROR],
    [[Setting.MAX_CONCURRENT_STREAMS, 0], undefined],
    [[Setting.INITIAL_WINDOW_SIZE, 0], undefined],
    [[Setting.INITIAL_WINDOW_SIZE, 2 ** 31 - 1], undefined],
    [[Setting.INITIAL_WINDOW_SIZE, 2 ** 31], ErrorCode.FLOW_CONTROL_ERROR],
    [[Setting.MAX_FRAME_SIZE, 16_383], ErrorCode.PROTOCOL_ERROR],
    [[Setting.MAX_FRAME_SIZE, 16_384], undefined],
    [[Setting.MAX_FRAME_SIZE, 2 ** 24 - 1], undefined],
    [[Setting.MAX_FRAME_SIZE, 2 ** 24], ErrorCode.PROTOCOL_ERROR],
    [[Setting.MAX_HEADER_LIST_SIZE, 0], undefined],
    [[0xffff, 2 ** 32 - 1], undefined],
  ])('%j', (pair, want) => {
    const reading = () => readSettings(payloadOf(pair));
    if (want === undefined) expect(reading()).toEqual([pair]);
    else expect(reading).toThrow(expect.objectContaining({ code: want }));
  });
});

test('pairs in their order, the same id again, and nothing', () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: 6, max: 65_535 }), fc.integer({ min: 0, max: 2 ** 32 - 1 })), { maxLength: 32 });
  fc.assert(
    fc.property(pairs, (pairs) => expect(readSettings(payloadOf(...pairs))).toEqual(pairs)),
    { seed: 65, numRuns: 100 },
  );
});

test('no more than 32', () => {
  const pairs = Array.from({ length: 33 }, (): Pair => [6, 1]);
  expect(() => readSettings(payloadOf(...pairs))).toThrow(expect.objectContaining({ code: ErrorCode.ENHANCE_YOUR_CALM }));
});

test.each([1, 5, 7])('%d bytes are no pairs', (bytes) => {
  expect(() => readSettings(Buffer.alloc(bytes))).toThrow(expect.objectContaining({ code: ErrorCode.FRAME_SIZE_ERROR }));
});
