/** Settings that change in the middle of a connection: what is sent follows them from the acknowledgement on (RFC 9113 §6.5.3). */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HpackDecoder } from '../../lib/http2/hpack/hpack-decoder.js';
import { ask, framed } from '../../runtime/http2/test-server.js';
import type { FrameClient } from './frame-client.js';
import { FrameWorld } from './frame-world.js';
import { askBig, endCall, openCall } from './http2-calls.js';
import { FRAME, MAGIC, settings, windowUpdate } from './http2-frames.js';

const HEADER_TABLE_SIZE = 1;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;
const MESSAGE = framed('hi');
/** The first byte of a header block that changes the size of the table to 0 (RFC 7541 §6.3). */
const SIZE_0 = 0x20;

let world: FrameWorld;
let client: FrameClient;

beforeEach(async () => {
  world = await FrameWorld.start();
  client = world.connect();
});
afterEach(async () => {
  expect(await world.end()).toEqual([0, 0]);
});

describe('HEADER_TABLE_SIZE', () => {
  const echo = (stream: number): Buffer => Buffer.concat([openCall(stream, 'Echo'), endCall(stream, MESSAGE)]);
  const WANT = { ':status': '200', 'content-type': 'application/grpc', 'grpc-status': '0' };

  /** Header blocks of the answers, in their order. */
  function watchBlocks(): Buffer[] {
    const blocks: Buffer[] = [];
    client.onFrame = ({ type, payload }) => {
      if (type === FRAME.headers) blocks.push(payload);
    };
    return blocks;
  }

  test.each<[string, readonly number[], readonly number[]]>([
    ['to nothing', [0], [SIZE_0]],
    ['to less', [4095], [SIZE_0]],
    ['to more', [65_536], []],
    ['to nothing and back: the smallest of the two counts', [0, 4096], [SIZE_0]],
    ['to more and less', [65_536, 100], [SIZE_0]],
  ])('%s', async (_, sizes, wantFirst) => {
    const blocks = watchBlocks();
    const decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 65_536 });
    const streams = [1, 3, 5, 7];
    for (const stream of streams) {
      client.send(echo(stream));
      await client.until('an answer', () => client.hasEnded(stream));
      if (stream === 3) client.send(...sizes.map((size) => settings([HEADER_TABLE_SIZE, size])));
    }
    // a block that changes the size of the table says so at its beginning, and once
    expect(blocks.map((block) => block[0]).filter((byte) => byte === SIZE_0)).toEqual(wantFirst);
    expect(blocks[4]?.[0] === SIZE_0).toBe(wantFirst.length > 0);
    const lists = blocks.map((block) => decoder.decode(block));
    for (const [index] of streams.entries()) {
      const names = [...(lists[2 * index]?.names ?? []), ...(lists[2 * index + 1]?.names ?? [])];
      const values = [...(lists[2 * index]?.values ?? []), ...(lists[2 * index + 1]?.values ?? [])];
      expect(Object.fromEntries(names.map((name, at) => [name, values[at]]))).toMatchObject(WANT);
    }
  });

  test('as nghttp2 reads it, with calls in flight', async () => {
    const peer = world.transport.connect();
    for (const size of [0, 4096, 100, 65_536, 0, 1]) {
      const before = Array.from({ length: 5 }, () => ask(peer, { ':path': '/t/Later' }, MESSAGE));
      peer.settings({ headerTableSize: size });
      const after = Array.from({ length: 5 }, () => ask(peer, { ':path': '/t/Throw' }, MESSAGE));
      for (const answer of await Promise.all(before)) expect(answer).toMatchObject({ status: 200, code: '0', body: MESSAGE });
      for (const answer of await Promise.all(after)) expect(answer).toMatchObject({ status: 200, code: '5', message: 'nö 100 %' });
    }
    peer.close();
  });
});

describe('MAX_FRAME_SIZE', () => {
  /** Lengths of the DATA frames of an answer, part by part: each is let through after its setting was acknowledged. */
  async function takeInParts(frameBytes: readonly number[], partBytes: number): Promise<number[][]> {
    const lengths: number[][] = [];
    client = world.connect(Buffer.concat([MAGIC, settings([INITIAL_WINDOW_SIZE, 0]), windowUpdate(0, 2 ** 30)]));
    client.send(askBig(1, frameBytes.length * partBytes - 5)); // without gRPC's prefix
    for (const bytes of frameBytes) {
      const part: number[] = [];
      client.onFrame = ({ type, payload }) => {
        if (type === FRAME.data) part.push(payload.length);
      };
      client.send(settings([MAX_FRAME_SIZE, bytes]));
      client.send(windowUpdate(1, partBytes));
      await client.until('a part', () => part.reduce((sum, length) => sum + length, 0) === partBytes);
      lengths.push(part);
    }
    await client.until('the end', () => client.hasEnded(1));
    return lengths;
  }

  test('raised and lowered in the middle of an answer: frames become larger, and smaller again', async () => {
    const [first = [], second = [], third = []] = await takeInParts([16_384, 2 ** 24 - 1, 16_384], 100_000);
    expect(first).toEqual([16_384, 16_384, 16_384, 16_384, 16_384, 16_384, 1696]);
    expect(Math.max(...second)).toBeGreaterThan(16_384);
    expect(third).toEqual(first);
    expect(client.body(1).equals(framed(Buffer.alloc(299_995, 'b')))).toBe(true);
  });

  test('raised by a byte', async () => {
    expect(await takeInParts([16_385], 40_000)).toEqual([[16_385, 16_385, 7230]]);
  });
});
