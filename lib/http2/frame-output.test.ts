import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { FLAG, FRAME, FrameReader, type ReadFrame } from '../../test/fuzz/http2-frames.js';
import { FrameOutput } from './frame-output.js';
import { HpackDecoder } from './hpack/hpack-decoder.js';
import { type Field, HpackEncoder } from './hpack/hpack-encoder.js';
import { pairsOf } from './hpack/test-blocks.js';
import { OUTPUT_BYTES, OutputPool } from './output-pool.js';
import { ErrorCode } from './protocol.js';
import { openSockets, type SocketPair } from './test-sockets.js';

let sockets: SocketPair;
let pool: OutputPool;
let output: FrameOutput;
let told: { given: number; written: number };
let frames: ReadFrame[];

beforeEach(async () => {
  sockets = await openSockets();
  pool = new OutputPool();
  told = { given: 0, written: 0 };
  output = new FrameOutput(sockets.server, pool, { onGiven: () => told.given++, onWritten: () => told.written++ });
  frames = [];
  const reader = new FrameReader();
  sockets.client.on('data', (chunk: Buffer) => frames.push(...reader.read(chunk)));
});
afterEach(() => sockets.close());

async function receive(count: number): Promise<ReadFrame[]> {
  while (frames.length < count) await once(sockets.client, 'data');
  return frames;
}

const countWrites = () => jest.spyOn(sockets.server, 'write');

describe('each frame', () => {
  test.each<[name: string, write: (output: FrameOutput) => void, want: [type: number, flags: number, stream: number, hex: string]]>([
    ['DATA', (to) => to.data(3, Buffer.from('abcd'), 1, 3, false), [FRAME.data, 0, 3, '6263']],
    ['the last DATA, empty', (to) => to.data(2 ** 31 - 1, Buffer.from('abcd'), 4, 4, true), [FRAME.data, FLAG.endStream, 2 ** 31 - 1, '']],
    [
      'SETTINGS',
      (to) =>
        to.settings([
          [4, 2 ** 31 - 1],
          [0x102, 5],
        ]),
      [FRAME.settings, 0, 0, '00047fffffff010200000005'],
    ],
    ['its acknowledgement', (to) => to.acknowledgeSettings(), [FRAME.settings, FLAG.ack, 0, '']],
    ['PING', (to) => to.ping(Buffer.from('12345678'), false), [FRAME.ping, 0, 0, '3132333435363738']],
    ['its answer', (to) => to.ping(Buffer.from('12345678'), true), [FRAME.ping, FLAG.ack, 0, '3132333435363738']],
    ['WINDOW_UPDATE', (to) => to.windowUpdate(0x1020305, 2 ** 31 - 1), [FRAME.windowUpdate, 0, 0x1020305, '7fffffff']],
    ['RST_STREAM', (to) => to.reset(5, ErrorCode.ENHANCE_YOUR_CALM), [FRAME.reset, 0, 5, '0000000b']],
    ['GOAWAY', (to) => to.goAway(2 ** 31 - 1, ErrorCode.NO_ERROR, 'why\xff'), [FRAME.goaway, 0, 0, '7fffffff00000000776879ff']],
    ['HEADERS', (to) => to.headers(1, new HpackEncoder(), [[':status', '200']], false, 16_384), [FRAME.headers, FLAG.endHeaders, 1, '88']],
    [
      'HEADERS alone',
      (to) => to.headers(1, new HpackEncoder(), [[':status', '204']], true, 16_384),
      [FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, '89'],
    ],
  ])('%s', async (_name, write, want) => {
    write(output);
    const [got] = await receive(1);
    expect([got?.type, got?.flags, got?.stream, got?.payload.toString('hex')]).toEqual(want);
  });
});

describe('a turn', () => {
  test('is one write, at its end, and what was given may be overwritten at once', async () => {
    const writes = countWrites();
    const content = Buffer.from('first');
    output.data(1, content, 0, 5, false);
    content.write('other');
    output.data(1, content, 0, 5, true);
    output.ping(Buffer.alloc(8), true);
    expect([writes.mock.calls.length, output.backlog]).toEqual([0, 3 * 9 + 5 + 5 + 8]);
    const got = await receive(3);
    expect(got.slice(0, 2).map(({ payload }) => payload.toString())).toEqual(['first', 'other']);
    expect([writes.mock.calls.length, told.given, pool.idle, output.backlog]).toEqual([1, 1, 1, 0]);
  });

  test('of more than a buffer leaves when each is full, in order', async () => {
    const writes = countWrites();
    const content = Buffer.alloc(OUTPUT_BYTES / 4);
    for (let sent = 0; sent < 10; sent++) output.data(1, content.fill(sent), 0, content.length, false);
    expect(writes.mock.calls.length).toBeGreaterThanOrEqual(3);
    const got = await receive(10);
    expect(got.map(({ payload }) => payload)).toEqual(Array.from({ length: 10 }, (_, sent) => Buffer.alloc(content.length, sent)));
  });

  test('without a frame writes nothing', async () => {
    const writes = countWrites();
    output.flush();
    await new Promise(setImmediate);
    expect([writes.mock.calls.length, pool.idle]).toEqual([0, 0]);
  });
});

describe('header blocks', () => {
  const fields: readonly Field[] = [
    [':status', '200'],
    ['x-long', 'v'.repeat(40_000)],
    ['x-last', 'end'],
  ];

  test.each([
    ['the smallest frames', 16_384, false, 2],
    ['the smallest frames, ending the stream', 16_384, true, 2],
    ['frames larger than ours', 2 ** 24 - 1, true, 1],
  ])('for a peer that takes %s', async (_name, frameBytes, isLast, continuations) => {
    output.headers(9, new HpackEncoder(), fields, isLast, frameBytes);
    output.ping(Buffer.alloc(8), true);
    const got = await receive(continuations + 2);
    const block = got.slice(0, -1);
    expect(block.map(({ type, stream }) => [type, stream])).toEqual([[FRAME.headers, 9], ...Array(continuations).fill([FRAME.continuation, 9])]);
    expect(block.map(({ flags }) => flags)).toEqual([isLast ? FLAG.endStream : 0, ...Array(continuations - 1).fill(0), FLAG.endHeaders]);
    for (const { payload } of block) expect(payload.length).toBeLessThanOrEqual(Math.min(frameBytes, OUTPUT_BYTES / 2));
    const decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 1e6 });
    expect(pairsOf(decoder.decode(Buffer.concat(block.map(({ payload }) => payload))))).toEqual(fields);
  });
});

describe('buffers come back', () => {
  const content = Buffer.alloc(OUTPUT_BYTES / 2 - 9);

  /** Until the kernel takes no more. */
  function fill(): void {
    sockets.client.pause();
    for (let sent = 0; sent < 1000 && output.backlog < 6 * OUTPUT_BYTES; sent++) output.data(1, content, 0, content.length, false);
    expect(sockets.server.writableLength).toBeGreaterThan(0);
    expect(sockets.server.writableLength).toBeLessThanOrEqual(OUTPUT_BYTES); // one buffer at a time
  }

  test('when a slow client takes them, not before', async () => {
    fill();
    output.flush();
    const before = pool.idle;
    expect(told.written).toBe(0);
    sockets.client.resume();
    while (output.backlog > 0) await once(sockets.client, 'data');
    await new Promise(setImmediate);
    expect(pool.idle).toBeGreaterThan(before);
    expect([told.written > 0, output.backlog]).toEqual([true, 0]);
  });

  test('when the connection is destroyed, and what comes then goes nowhere', async () => {
    fill();
    const before = pool.idle;
    sockets.server.on('error', () => undefined);
    sockets.server.destroy();
    output.data(1, content, 0, content.length, true);
    await once(sockets.server, 'close');
    await new Promise(setImmediate);
    expect(pool.idle).toBeGreaterThan(before + 3);
  });

  test('when the connection was ended', async () => {
    sockets.server.end();
    output.ping(Buffer.alloc(8), false);
    await new Promise(setImmediate);
    expect([pool.idle, output.backlog]).toEqual([1, 0]);
  });
});
