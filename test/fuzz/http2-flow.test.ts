/** What the server lets a client send, frame by frame (RFC 9113 §5.2, §6.9): no window leaks, and none grows while its data waits. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { frameMessage, type Method } from '../../runtime/http2/method.js';
import { framed } from '../../runtime/http2/test-server.js';
import { until } from '../runtime/until.js';
import type { FrameClient } from './frame-client.js';
import { FrameWorld } from './frame-world.js';
import { endCall, openCall } from './http2-calls.js';
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

test('a call whose client takes no answers holds back its last messages, and their end with them', async () => {
  const endings: string[] = [];
  const mirror: Method = {
    kind: 'stream',
    requests: 'many',
    maxInFlight: 1,
    open: (call) => ({
      onMessage: (message) => call.send(frameMessage(message)),
      onHalfClose: () => {
        endings.push('half');
        call.end('OK');
      },
      onEnd: () => endings.push('end'),
    }),
  };
  world = await FrameWorld.start({ windowBytes: WINDOW_BYTES }, { methods: new Map([['/t/Mirror', mirror]]) });
  const client = world.connect(Buffer.concat([MAGIC, settings([INITIAL_WINDOW_SIZE, 0]), windowUpdate(0, 2 ** 30)]));
  const message = framed(Buffer.alloc(16_379, 'm')); // 16,384 bytes
  const count = 7; // after four of them the answers that wait are beyond a window, and three more fit into the client's
  client.send(openCall(1, 'Mirror'));
  for (let n = 0; n < count; n++) {
    await client.until('a window', () => windowOf(client, 1, n * message.length) >= message.length);
    client.send(frame(FRAME.data, n === count - 1 ? FLAG.endStream : FLAG.none, 1, message));
  }
  await client.settle();
  expect(endings).toEqual([]);
  client.send(settings([INITIAL_WINDOW_SIZE, LARGEST_WINDOW]));
  await client.until('the end', () => client.hasEnded(1));
  expect(client.body(1).equals(Buffer.concat(Array<Buffer>(count).fill(message)))).toBe(true);
  expect(endings).toEqual(['half', 'end']);
});

/** Into frames of a size that every peer takes. */
function split(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, n) => bytes.subarray(16_384 * n, 16_384 * (n + 1)));
}
