/** What a client does wrong, and what it gets for it: RFC 9113, section by section. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from '@jest/globals';
import { encodeHeaders, FLAG, FRAME, FrameReader, frame, type ReadFrame, reset, settings, windowUpdate } from '../../test/fuzz/http2-frames.js';
import { ErrorCode, MAX_STREAM_ID, PREFACE, Setting } from './protocol.js';
import type { SessionLimits } from './server-session.js';
import type { ServerStream } from './server-stream.js';
import { openSession, type TestOwner, type TestSession } from './test-session.js';

const REQUEST = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/'],
] as const;
const { endHeaders, endStream } = FLAG;
const OPEN = endHeaders;
const WHOLE = endHeaders | endStream;

const open = (id: number, flags: number = OPEN, ...more: readonly (readonly [string, string])[]): Buffer =>
  frame(FRAME.headers, flags, id, encodeHeaders([...REQUEST, ...more]));
const data = (id: number, bytes: number, flags = 0): Buffer => frame(FRAME.data, flags, id, Buffer.alloc(bytes));
const start = (...frames: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from(PREFACE), settings(), ...frames]);
const repeat = (times: number, make: (index: number) => Buffer): Buffer[] => Array.from({ length: times }, (_, index) => make(index));

/** 4 KB that go into the table, and are named 20 times. */
const BOMB = Buffer.concat([
  encodeHeaders(REQUEST),
  Buffer.of(0x40),
  encodeHeaders([['bomb', 'b'.repeat(4000)]]).subarray(1),
  Buffer.alloc(20, 0xbe),
]);

let opened: TestSession;
afterEach(() => opened.close());

const pauseFirst = (owner: TestOwner): void => {
  owner.act.onStream = (stream) => {
    if (stream.id === 1) stream.pause();
  };
};

/** What came until the connection ended, or a ping that was sent last was answered. */
async function converse(bytes: Buffer, limits: Partial<SessionLimits> = {}, prepare?: (owner: TestOwner) => void): Promise<ReadFrame[]> {
  opened = await openSession(limits);
  prepare?.(opened.owner);
  const reader = new FrameReader();
  const frames: ReadFrame[] = [];
  opened.client.on('data', (chunk: Buffer) => frames.push(...reader.read(chunk)));
  const last = Buffer.from('the last');
  opened.client.write(Buffer.concat([bytes, frame(FRAME.ping, 0, 0, last)]));
  while (!opened.client.closed && !frames.some(({ type, payload }) => type === FRAME.ping && payload.equals(last))) {
    await Promise.race([once(opened.client, 'data'), once(opened.client, 'close')]);
  }
  return frames;
}

function goAwayOf(frames: readonly ReadFrame[]): { lastId: number; code: number; text: string } | undefined {
  const payload = frames.find(({ type }) => type === FRAME.goaway)?.payload;
  return payload && { lastId: payload.readUInt32BE(0), code: payload.readUInt32BE(4), text: payload.toString('latin1', 8) };
}

const resetsOf = (frames: readonly ReadFrame[]): [id: number, code: number][] =>
  frames.filter(({ type }) => type === FRAME.reset).map(({ stream, payload }) => [stream, payload.readUInt32BE(0)]);

describe('ends the connection', () => {
  const { PROTOCOL_ERROR, FRAME_SIZE_ERROR, FLOW_CONTROL_ERROR, COMPRESSION_ERROR, ENHANCE_YOUR_CALM } = ErrorCode;
  test.each<[name: string, bytes: Buffer, code: ErrorCode, text: string]>([
    ['HTTP/1.1', Buffer.from('GET / HTTP/1.1\r\n\r\n'), PROTOCOL_ERROR, 'preface'],
    ['a PING before SETTINGS', Buffer.concat([Buffer.from(PREFACE), frame(FRAME.ping, 0, 0, Buffer.alloc(8))]), PROTOCOL_ERROR, 'is not SETTINGS'],
    ['DATA before SETTINGS', Buffer.concat([Buffer.from(PREFACE), data(1, 1)]), PROTOCOL_ERROR, 'is not SETTINGS'],
    ['an unknown frame before SETTINGS', Buffer.concat([Buffer.from(PREFACE), frame(99, 0, 0)]), PROTOCOL_ERROR, 'is not SETTINGS'],
    [
      'an acknowledgement before SETTINGS',
      Buffer.concat([Buffer.from(PREFACE), frame(FRAME.settings, FLAG.ack, 0)]),
      PROTOCOL_ERROR,
      'is not SETTINGS',
    ],
    ['DATA on no stream', start(data(0, 1)), PROTOCOL_ERROR, 'DATA without a stream'],
    ['DATA on an idle stream', start(data(1, 1)), PROTOCOL_ERROR, 'DATA on a stream that was not opened'],
    ['DATA on an even stream', start(open(3), data(2, 1)), PROTOCOL_ERROR, 'DATA on a stream that was not opened'],
    ['HEADERS on no stream', start(open(0)), PROTOCOL_ERROR, 'HEADERS without a stream'],
    ['HEADERS on an even stream', start(open(2)), PROTOCOL_ERROR, 'even id'],
    ['HEADERS on a stream that was passed over', start(open(3), open(1)), PROTOCOL_ERROR, 'HEADERS of a stream that is not above the last'],
    [
      'HEADERS on a stream that the client reset',
      start(open(1), reset(1, 8), open(1)),
      PROTOCOL_ERROR,
      'HEADERS of a stream that is not above the last',
    ],
    ['a frame within a header block', start(open(1, 0), frame(FRAME.ping, 0, 0, Buffer.alloc(8))), PROTOCOL_ERROR, 'within a header block'],
    ['DATA within a header block', start(open(1, 0), data(1, 1)), PROTOCOL_ERROR, 'within a header block'],
    ['an unknown frame within a header block', start(open(1, 0), frame(99, 0, 1)), PROTOCOL_ERROR, 'within a header block'],
    ['CONTINUATION of nothing', start(frame(FRAME.continuation, endHeaders, 1)), PROTOCOL_ERROR, 'CONTINUATION without'],
    ['a header block that is none', start(frame(FRAME.headers, WHOLE, 1, Buffer.of(0x80))), COMPRESSION_ERROR, 'index 0'],
    ['RST_STREAM on no stream', start(reset(0, 8)), PROTOCOL_ERROR, 'RST_STREAM without a stream'],
    ['RST_STREAM on an idle stream', start(reset(1, 8)), PROTOCOL_ERROR, 'RST_STREAM on a stream'],
    ['a short RST_STREAM', start(open(1), frame(FRAME.reset, 0, 1, Buffer.alloc(3))), FRAME_SIZE_ERROR, 'RST_STREAM has'],
    ['SETTINGS on a stream', start(frame(FRAME.settings, 0, 1)), PROTOCOL_ERROR, 'SETTINGS on a stream'],
    ['an acknowledgement with content', start(frame(FRAME.settings, FLAG.ack, 0, Buffer.alloc(6))), FRAME_SIZE_ERROR, 'acknowledgement'],
    ['SETTINGS of 5 bytes', start(frame(FRAME.settings, 0, 0, Buffer.alloc(5))), FRAME_SIZE_ERROR, 'multiple of 6'],
    ['a PING on a stream', start(frame(FRAME.ping, 0, 1, Buffer.alloc(8))), PROTOCOL_ERROR, 'PING on a stream'],
    ['a PING of 7 bytes', start(frame(FRAME.ping, 0, 0, Buffer.alloc(7))), FRAME_SIZE_ERROR, 'PING has'],
    ['WINDOW_UPDATE of 3 bytes', start(frame(FRAME.windowUpdate, 0, 0, Buffer.alloc(3))), FRAME_SIZE_ERROR, 'WINDOW_UPDATE has'],
    ['WINDOW_UPDATE by 0', start(windowUpdate(0, 0)), PROTOCOL_ERROR, 'by 0'],
    ['WINDOW_UPDATE on an idle stream', start(windowUpdate(1, 1)), PROTOCOL_ERROR, 'WINDOW_UPDATE on a stream'],
    ['a window of 2^31', start(windowUpdate(0, 2 ** 31 - 65_535)), FLOW_CONTROL_ERROR, '2^31-1'],
    [
      'a window of a stream of 2^31 by SETTINGS',
      start(open(1), windowUpdate(1, 1), settings([Setting.INITIAL_WINDOW_SIZE, 2 ** 31 - 1])),
      FLOW_CONTROL_ERROR,
      '2^31-1',
    ],
    ['GOAWAY on a stream', start(frame(FRAME.goaway, 0, 1, Buffer.alloc(8))), PROTOCOL_ERROR, 'GOAWAY on a stream'],
    ['a short GOAWAY', start(frame(FRAME.goaway, 0, 0, Buffer.alloc(7))), FRAME_SIZE_ERROR, 'GOAWAY has'],
    ['PRIORITY on no stream', start(frame(FRAME.priority, 0, 0, Buffer.alloc(5))), PROTOCOL_ERROR, 'PRIORITY without a stream'],
    ['a short PRIORITY', start(frame(FRAME.priority, 0, 1, Buffer.alloc(4))), FRAME_SIZE_ERROR, 'PRIORITY has'],
    ['a stream that depends on itself', start(frame(FRAME.priority, 0, 5, Buffer.of(0x80, 0, 0, 5, 1))), PROTOCOL_ERROR, 'depends on itself'],
    ['PUSH_PROMISE', start(open(1), frame(FRAME.push, endHeaders, 1, Buffer.alloc(8))), PROTOCOL_ERROR, 'PUSH_PROMISE'],
    ['1001 DATA frames without content', start(open(1), ...repeat(1001, () => data(1, 0))), ENHANCE_YOUR_CALM, 'without content'],
  ])('%s', async (_name, bytes, code, text) => {
    const goAway = goAwayOf(await converse(bytes));
    expect(goAway?.code).toBe(code);
    expect(goAway?.text).toContain(text);
    await opened.owner.closed;
    expect([opened.owner.faults, opened.owner.backlog, opened.owner.closes]).toEqual([['connection error'], 0, 1]);
    expect(opened.owner.streams.every(({ isClosed }) => isClosed)).toBe(true);
  });

  test('a paused stream whose bytes there is no room for is reset, and no other', async () => {
    const frames = await converse(start(open(1), open(3), ...repeat(3, () => data(1, 1000)), data(3, 1000, endStream)), {}, (owner) => {
      pauseFirst(owner);
      owner.heldRoom = 2500;
    });
    expect([resetsOf(frames), goAwayOf(frames)]).toEqual([[[1, ENHANCE_YOUR_CALM]], undefined]);
    expect([opened.owner.held, opened.owner.streams.map(({ isClosed, receivedBytes }) => [isClosed, receivedBytes])]).toEqual([
      0,
      [
        [true, 2000],
        [false, 1000],
      ],
    ]);
  });

  test('DATA beyond its window', async () => {
    const frames = await converse(start(open(1), ...repeat(4, () => data(1, 16_384))), {}, pauseFirst);
    expect(goAwayOf(frames)).toEqual({ lastId: 1, code: FLOW_CONTROL_ERROR, text: 'more DATA than the window of the connection' });
  });

  test.each<[name: string, frames: (index: number) => Buffer]>([
    ['that the client resets', (index) => Buffer.concat([open(2 * index + 1), reset(2 * index + 1, 8)])],
    ['that it makes the server reset', (index) => open(2 * index + 1, OPEN, ['te', 'gzip'])],
    ['that it breaks later', (index) => Buffer.concat([open(2 * index + 1), windowUpdate(2 * index + 1, 0)])],
  ])('more streams than allowed %s', async (_name, frames) => {
    expect(goAwayOf(await converse(start(...repeat(10, frames)), { resetBurst: 10 }))).toBeUndefined();
    await opened.close();
    expect(goAwayOf(await converse(start(...repeat(11, frames)), { resetBurst: 10 }))).toMatchObject({ lastId: 21, code: ENHANCE_YOUR_CALM });
  });

  test('101 streams beyond the limit', async () => {
    const frames = await converse(start(...repeat(102, (index) => open(2 * index + 1))), { streams: 1 });
    expect(resetsOf(frames)).toEqual(repeat(100, () => Buffer.alloc(0)).map((_, index) => [2 * index + 3, ErrorCode.REFUSED_STREAM]));
    expect(goAwayOf(frames)?.code).toBe(ENHANCE_YOUR_CALM);
  });
});

describe('resets the stream alone', () => {
  const { PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, ENHANCE_YOUR_CALM } = ErrorCode;
  test.each<[name: string, bytes: Buffer, code: ErrorCode]>([
    ['a malformed head', start(open(1, OPEN, ['Name', '1'])), PROTOCOL_ERROR],
    [
      'a priority on itself',
      start(frame(FRAME.headers, OPEN | FLAG.priority, 1, Buffer.concat([Buffer.of(0, 0, 0, 1, 0), encodeHeaders(REQUEST)]))),
      PROTOCOL_ERROR,
    ],
    ['more headers than allowed', start(open(1, OPEN, ...Array<['a', 'b']>(62).fill(['a', 'b']))), ENHANCE_YOUR_CALM],
    ['a list beyond 64 KiB', start(frame(FRAME.headers, WHOLE, 1, BOMB)), ENHANCE_YOUR_CALM],
    ['DATA behind the end', start(open(1, WHOLE), data(1, 1)), STREAM_CLOSED],
    ['DATA behind a reset by the client', start(open(1), reset(1, 8), data(1, 1)), STREAM_CLOSED],
    ['HEADERS behind the end', start(open(1, WHOLE), open(1, WHOLE)), STREAM_CLOSED],
    ['trailers that are not the end', start(open(1), frame(FRAME.headers, endHeaders, 1, encodeHeaders([['a', 'b']]))), PROTOCOL_ERROR],
    ['malformed trailers', start(open(1), frame(FRAME.headers, WHOLE, 1, encodeHeaders([[':path', '/']]))), PROTOCOL_ERROR],
    ['less than it announced', start(open(1, OPEN, ['content-length', '2']), data(1, 1, endStream)), PROTOCOL_ERROR],
    ['more than it announced', start(open(1, OPEN, ['content-length', '2']), data(1, 3, endStream)), PROTOCOL_ERROR],
    ['nothing of what it announced', start(open(1, WHOLE, ['content-length', '2'])), PROTOCOL_ERROR],
    ['WINDOW_UPDATE by 0', start(open(1), windowUpdate(1, 0)), PROTOCOL_ERROR],
    ['a window of 2^31', start(open(1), windowUpdate(1, 2 ** 31 - 65_535)), FLOW_CONTROL_ERROR],
  ])('%s', async (_name, bytes, code) => {
    const frames = await converse(bytes);
    expect([resetsOf(frames), goAwayOf(frames)]).toEqual([[[1, code]], undefined]);
    expect(opened.owner.streams.every(({ isClosed, isComplete }) => isClosed && !isComplete)).toBe(true);
    expect(opened.owner.faults).toEqual([]);
  });

  test('DATA beyond its own window', async () => {
    const bytes = [open(1), open(3), data(1, 16_000), data(1, 14_000), data(3, 3000)];
    const pauseLater = (owner: TestOwner) => {
      owner.act.onPing = () => owner.streams[0]?.pause();
    };
    const frames = await converse(
      start(...bytes, frame(FRAME.ping, 0, 0, Buffer.alloc(8)), data(1, 16_384), data(1, 16_384), data(1, 2768)),
      {},
      pauseLater,
    );
    expect([resetsOf(frames), goAwayOf(frames)]).toEqual([[[1, FLOW_CONTROL_ERROR]], undefined]);
  });
});

describe('is no fault', () => {
  test.each<[name: string, bytes: Buffer]>([
    ['the largest id', start(open(MAX_STREAM_ID, WHOLE))],
    ['what comes behind a reset by the server', start(open(1, OPEN, ['te', 'gzip']), data(1, 5, endStream), windowUpdate(1, 1), reset(1, 8))],
    ['trailers behind a reset by the server', start(open(1, OPEN, ['te', 'gzip']), frame(FRAME.headers, WHOLE, 1, encodeHeaders([['a', 'b']])))],
    ['PRIORITY on any stream', start(frame(FRAME.priority, 0, 99, Buffer.alloc(5)))],
    ['an unknown frame', start(frame(99, 255, 7, Buffer.alloc(100)))],
    ['an answer to no ping', start(frame(FRAME.ping, FLAG.ack, 0, Buffer.from('slipway!')))],
    ['the largest windows', start(windowUpdate(0, 2 ** 31 - 65_536), open(1), windowUpdate(1, 2 ** 31 - 65_536))],
    [
      '1000 DATA frames without content, and 1000 again',
      start(open(1), ...repeat(1000, () => data(1, 0)), data(1, 1), ...repeat(1000, () => data(1, 0))),
    ],
    ['WINDOW_UPDATE on a closed stream', start(open(1), reset(1, 8), windowUpdate(1, 0))],
  ])('%s', async (_name, bytes) => {
    const frames = await converse(bytes);
    expect(goAwayOf(frames)).toBeUndefined();
    expect([opened.owner.faults, opened.session.isDestroyed]).toEqual([[], false]);
  });
});

test('what was kept for streams that were closed is credited to the connection', async () => {
  const pauseAll = (owner: TestOwner): void => {
    owner.act.onStream = (stream) => stream.pause();
  };
  const frames = await converse(
    start(...repeat(20, (index) => Buffer.concat([open(2 * index + 1), data(2 * index + 1, 16_384), reset(2 * index + 1, 8)]))),
    {},
    pauseAll,
  );
  const credits = frames.filter(({ type, stream }) => type === FRAME.windowUpdate && stream === 0).map(({ payload }) => payload.readUInt32BE(0));
  expect([goAwayOf(frames), credits]).toEqual([undefined, Array(10).fill(32_768)]);
});

test('behind a fault nothing is heard, though it came in the same read, and the fault is told once', async () => {
  const broken = [
    windowUpdate(0, 0),
    open(3, WHOLE),
    frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
    data(0, 1),
    frame(FRAME.data, 0, 1, Buffer.alloc(16_385)),
  ];
  const frames = await converse(start(open(1), ...broken));
  await opened.owner.closed;
  expect(goAwayOf(frames)).toMatchObject({ lastId: 1, code: ErrorCode.PROTOCOL_ERROR });
  expect([opened.owner.streams.length, opened.owner.pings, opened.owner.faults]).toEqual([1, 0, ['connection error']]);
});

test('behind an end that the owner wanted nothing is a fault', async () => {
  const prepare = (owner: TestOwner) => {
    owner.act.onPing = () => opened.session.fail(ErrorCode.ENHANCE_YOUR_CALM, 'calm');
  };
  const frames = await converse(
    start(frame(FRAME.ping, 0, 0, Buffer.alloc(8)), ...repeat(1002, () => data(1, 0)), frame(99, 0, 0, Buffer.alloc(16_385))),
    {},
    prepare,
  );
  await opened.owner.closed;
  expect([goAwayOf(frames), opened.owner.faults]).toEqual([{ lastId: 0, code: ErrorCode.ENHANCE_YOUR_CALM, text: 'calm' }, []]);
});

function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc === 'function') gc();
}

test('a stream that was closed while it waited for a window is not kept', async () => {
  const waiting: WeakRef<ServerStream>[] = [];
  const prepare = (owner: TestOwner) => {
    owner.act.onStream = (stream) => {
      owner.streams.length = 0;
      owner.heads.length = 0;
      stream.respond([[':status', '200']]);
      stream.send(Buffer.alloc(65_535));
      stream.send(Buffer.alloc(1000));
      waiting.push(new WeakRef(stream));
    };
  };
  await converse(start(...repeat(50, (index) => Buffer.concat([open(2 * index + 1), reset(2 * index + 1, 8)]))), {}, prepare);
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate);
    collect();
  }
  expect(waiting).toHaveLength(50);
  expect(waiting.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(5);
});
