/** Windows both ways, frame by frame (RFC 9113 §5.2, §6.9): none leaks, none is overrun, and streams take turns. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Method } from '../../runtime/http2/method.js';
import { framed } from '../../runtime/http2/test-server.js';
import { until } from '../runtime/until.js';
import type { FrameClient } from './frame-client.js';
import { FrameWorld } from './frame-world.js';
import { askBig, endCall, openCall } from './http2-calls.js';
import { encodeHeaders, FLAG, FRAME, frame, MAGIC, reset, settings, windowUpdate } from './http2-frames.js';

const INITIAL_WINDOW_SIZE = 4;
const LARGEST_WINDOW = 2 ** 31 - 1;
const WINDOW_BYTES = 65_535;
const MESSAGE = framed('hi');
/** A message that fits into the first window, and no second one beside it. */
const LARGE = framed(Buffer.alloc(60_000, 'm'));

let world: FrameWorld;

afterEach(async () => {
  expect(await world.end()).toEqual([0, 0]);
});

/** How much the client may send for all streams, of which it has sent some. */
function windowOf(client: FrameClient, stream: number, sent: number): number {
  return WINDOW_BYTES + (client.credits.get(stream) ?? 0) - sent;
}

describe('what refused streams send', () => {
  const piece = Buffer.alloc(13_107); // a fifth of the window
  const malformed = encodeHeaders([['x', 'y']]);

  test.each<[string, readonly Buffer[]]>([
    ['a malformed request', [frame(FRAME.headers, FLAG.endHeaders, 3, malformed)]],
    ['a method that is not there', [openCall(3, 'None')]],
    ['a stream that was reset for a fault', [openCall(3, 'Chat'), windowUpdate(3, 0)]],
    ['a message that is too large', [openCall(3, 'Echo'), frame(FRAME.data, 0, 3, Buffer.from([0, 255, 0, 0, 0]))]],
  ])('%s: it is thrown away, and its windows are not: three of the connection', async (_, refused) => {
    world = await FrameWorld.start({ windowBytes: WINDOW_BYTES });
    const client = world.connect();
    client.send(openCall(1, 'Chat'), ...refused);
    await client.until('the reset', () => client.resets.has(3));
    const resets = client.counts.get(FRAME.reset);
    let sent = refused.reduce((sum, bytes) => sum + (bytes[3] === FRAME.data ? bytes.length - 9 : 0), 0);
    for (const goal = sent + 3 * WINDOW_BYTES; sent < goal; sent += piece.length) {
      await client.until('a window', () => windowOf(client, 0, sent) >= piece.length);
      client.send(frame(FRAME.data, 0, 3, piece));
    }
    client.send(windowUpdate(3, 1), frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 3, encodeHeaders([['x', 'y']])), reset(3, 8));
    await client.settle();
    expect([client.counts.get(FRAME.reset), client.credits.get(3) ?? 0]).toEqual([resets, 0]);
    expect(windowOf(client, 0, sent)).toBeGreaterThan(WINDOW_BYTES / 2);
    await client.until('a window', () => windowOf(client, 0, sent) >= MESSAGE.length);
    client.send(endCall(1, MESSAGE));
    await client.until('the answer', () => client.hasEnded(1));
    expect([client.body(1), client.goaways]).toEqual([MESSAGE, []]);
  });
  test('streams beyond the limit', async () => {
    world = await FrameWorld.start({ windowBytes: WINDOW_BYTES, streamsPerConnection: 1 });
    const client = world.connect();
    client.send(openCall(1, 'Chat'));
    let sent = 0;
    for (let stream = 3; sent < 3 * WINDOW_BYTES; stream += 2) {
      await client.until('a window', () => windowOf(client, 0, sent) >= piece.length);
      client.send(openCall(stream, 'Echo'), endCall(stream, piece));
      sent += piece.length;
      await client.until('the refusal', () => client.resets.get(stream) === 7);
    }
    client.send(endCall(1, MESSAGE));
    await client.until('the answer', () => client.hasEnded(1));
    expect([client.body(1), client.goaways]).toEqual([MESSAGE, []]);
  });
});

describe('calls that wait for their method', () => {
  interface Held {
    readonly message: string;
    readonly release: () => void;
  }
  let held: Held[];
  let endings: string[];

  /** Its messages wait for the test, two at a time. */
  const gate: Method = {
    kind: 'stream',
    requests: 'many',
    maxInFlight: 2,
    open: (call) => ({
      onMessage: (message) => new Promise<void>((release) => held.push({ message: message.toString('latin1', 0, 8), release })),
      onHalfClose: () => {
        endings.push('half');
        call.end('OK');
      },
      onEnd: () => endings.push('end'),
    }),
  };
  const numbered = (n: number): Buffer => framed(String(n).padStart(8, '0').padEnd(995, '.')); // 1000 bytes
  const names = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n).padStart(8, '0'));

  async function startGate(): Promise<FrameClient> {
    held = [];
    endings = [];
    const methods = new Map<string, Method>([
      ['/t/Gate', gate],
      ['/t/Echo', { kind: 'unary', handle: (message) => ({ chunks: [framed(message)], byteLength: message.length + 5 }) }],
    ]);
    world = await FrameWorld.start({ windowBytes: WINDOW_BYTES }, { methods });
    return world.connect();
  }

  test('hold back data, and the windows with it; go on in order when they are resumed, and end after the last', async () => {
    const client = await startGate();
    const count = 200; // three windows
    client.send(openCall(1, 'Gate'));
    let [sent, released] = [0, 0];
    let heldBack = 0;
    while (released < count) {
      const room = Math.min(windowOf(client, 0, 1000 * sent), windowOf(client, 1, 1000 * sent));
      if (sent < count && room >= 1000) {
        client.send(frame(FRAME.data, sent === count - 1 ? FLAG.endStream : FLAG.none, 1, numbered(sent++)));
        continue;
      }
      await until('a message', () => held.length > released);
      expect(held.length - released).toBeLessThanOrEqual(2);
      expect(endings).toEqual([]);
      heldBack = Math.max(heldBack, sent - held.length);
      held[released++]?.release();
      await new Promise(setImmediate);
    }
    await client.until('the end', () => client.hasEnded(1));
    expect(held.map(({ message }) => message)).toEqual(names(count));
    expect(endings).toEqual(['half', 'end']);
    expect(heldBack).toBeGreaterThanOrEqual(63); // the window, without those that the method has
    expect(client.goaways).toEqual([]);
  });
  test('give nothing back while they wait', async () => {
    const client = await startGate();
    client.send(openCall(1, 'Gate'), ...Array.from({ length: 65 }, (_, n) => frame(FRAME.data, 0, 1, numbered(n))));
    await client.settle();
    expect([held.length, [...client.credits]]).toEqual([2, []]);
    for (let released = 0; released < 65; released++) {
      await until('a message', () => held.length > released);
      held[released]?.release();
    }
    await client.until('windows', () => windowOf(client, 0, 65_000) > WINDOW_BYTES / 2 && windowOf(client, 1, 65_000) > WINDOW_BYTES / 2);
    client.send(endCall(1, Buffer.alloc(0)));
    await client.until('the end', () => client.hasEnded(1));
  });
  test.each<[string, Buffer, string[]]>([
    ['the client resets', reset(1, 8), ['end']],
    ['break the rules', windowUpdate(1, 0), ['end']],
  ])('that %s give the window of the connection back', async (_, end, wantEndings) => {
    const client = await startGate();
    client.send(openCall(1, 'Gate'), ...Array.from({ length: 65 }, (_, n) => frame(FRAME.data, 0, 1, numbered(n))));
    await client.settle();
    client.send(end, openCall(3, 'Echo'));
    await client.until('a window', () => windowOf(client, 0, 65_000) >= LARGE.length);
    client.send(...split(LARGE).map((part, index, parts) => frame(FRAME.data, index === parts.length - 1 ? FLAG.endStream : 0, 3, part)));
    await client.until('the answer', () => client.hasEnded(3));
    expect([client.body(3).equals(LARGE), held.length, endings]).toEqual([true, 2, wantEndings]);
    for (const { release } of held) release();
  });
});

/** Into frames of a size that every peer takes. */
function split(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, n) => bytes.subarray(16_384 * n, 16_384 * (n + 1)));
}

describe('answers', () => {
  test('300 KB through a window of a byte at a time', async () => {
    const bytes = 300_000;
    const [rounds, round] = [100, 3000];
    world = await FrameWorld.start();
    const client = world.connect(Buffer.concat([MAGIC, settings([INITIAL_WINDOW_SIZE, 0]), windowUpdate(0, bytes)]));
    let [frames, largest] = [0, 0];
    client.onFrame = ({ type, payload }) => {
      if (type !== FRAME.data) return;
      frames++;
      largest = Math.max(largest, payload.length);
    };
    client.send(askBig(1, bytes - 5));
    const sips = Buffer.concat(Array<Buffer>(round).fill(windowUpdate(1, 1)));
    for (let n = 1; n <= rounds; n++) {
      client.send(sips);
      await client.until('what was let through', () => frames === n * round);
    }
    await client.until('the end', () => client.hasEnded(1));
    expect([frames, largest]).toEqual([bytes, 1]);
    expect(client.body(1).equals(framed(Buffer.alloc(bytes - 5, 'b')))).toBe(true);
  }, 30_000);

  const streams = Array.from({ length: 100 }, (_, index) => 1 + 2 * index);

  /** Streams in the order of their DATA frames. */
  function watchTurns(client: FrameClient): number[] {
    const turns: number[] = [];
    client.onFrame = ({ type, stream }) => {
      if (type === FRAME.data) turns.push(stream);
    };
    return turns;
  }

  test('of 100 streams take turns, a frame each', async () => {
    world = await FrameWorld.start();
    const client = world.connect(Buffer.concat([MAGIC, settings([INITIAL_WINDOW_SIZE, 0]), windowUpdate(0, 2 ** 30)]));
    const turns = watchTurns(client);
    client.send(...streams.map((stream) => askBig(stream, 10 * 16_384 - 5)));
    await client.settle();
    expect(turns).toEqual([]);
    client.send(settings([INITIAL_WINDOW_SIZE, LARGEST_WINDOW]));
    await client.until('all answers', () => streams.every((stream) => client.hasEnded(stream)));
    expect(turns).toHaveLength(1000);
    for (let round = 0; round < 10; round++) expect(new Set(turns.slice(100 * round, 100 * (round + 1))).size).toBe(100);
  });
  test('of 99 streams are whole long before that of 16 MB which was asked first', async () => {
    const bytes = 16 * 1024 * 1024; // more than sockets take at once
    world = await FrameWorld.start({ messageBytes: bytes });
    const client = world.connect();
    const turns = watchTurns(client);
    const [large = 0, ...others] = streams;
    client.send(askBig(large, bytes), ...others.map((stream) => askBig(stream, 100_000)));
    await client.until('all answers', () => streams.every((stream) => client.hasEnded(stream)));
    const lastOfOthers = Math.max(...others.map((stream) => turns.lastIndexOf(stream)));
    const after = turns.slice(lastOfOthers).filter((stream) => stream === large).length;
    expect(after).toBeGreaterThan(turns.filter((stream) => stream === large).length / 2);
  });
  test('that are small do not wait for large ones that do not move', async () => {
    world = await FrameWorld.start();
    const client = world.connect(Buffer.concat([MAGIC, settings(), windowUpdate(0, 2 ** 30)]));
    client.send(askBig(1, 500_000), openCall(3, 'Echo'), endCall(3, MESSAGE), askBig(5, 60_000));
    await client.until('small answers', () => client.hasEnded(3) && client.hasEnded(5));
    expect([client.body(1).length, client.hasEnded(1)]).toEqual([WINDOW_BYTES, false]);
    client.send(windowUpdate(1, 500_000));
    await client.until('the large one', () => client.hasEnded(1));
    expect(client.body(1).equals(framed(Buffer.alloc(500_000, 'b')))).toBe(true);
  });
});
