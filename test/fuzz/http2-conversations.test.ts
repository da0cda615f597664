/** What a client may say by RFC 9113 and few do: each conversation ends as it should, in whatever pieces its bytes arrive. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ask, framed, TestServer } from '../../runtime/http2/test-server.js';
import { until } from '../runtime/until.js';
import { FrameClient } from './frame-client.js';
import { askBig, callHeaders, endCall, openCall, padded } from './http2-calls.js';
import { encodeHeaders, FLAG, FRAME, frame, MAGIC, preface, SETTINGS_ACK, settings, windowUpdate } from './http2-frames.js';

const INITIAL_WINDOW_SIZE = 4;
const PROTOCOL_ERROR = 1;
const MESSAGE = framed('hi');
/** A client's beginning with windows as they are when nobody says otherwise: 65,535 bytes. */
const PLAIN = Buffer.concat([MAGIC, settings()]);

let world: TestServer;
let clients: FrameClient[] = [];

beforeEach(async () => {
  world = await new TestServer().start();
});
afterEach(async () => {
  for (const client of clients) client.socket.destroy();
  clients = [];
  await world.server.drain(1000).catch(() => undefined);
  expect([world.budget.used, world.server.calls]).toEqual([0, 0]);
});

function connect(start: Uint8Array = preface(), acknowledgesSettings = true): FrameClient {
  const client = new FrameClient(world.port, start, acknowledgesSettings);
  clients.push(client);
  return client;
}

describe('requests', () => {
  const block = callHeaders('Echo');
  const head = frame(FRAME.headers, FLAG.endHeaders, 1, block);
  const PRIORITY = Buffer.from([0x80, 0, 0, 3, 255]); // exclusive, on stream 3, weight 256
  const trailers = encodeHeaders([['x-trailer', '1']]);

  test.each<[string, readonly Buffer[]]>([
    ['trailers after DATA', [head, frame(FRAME.data, 0, 1, MESSAGE), frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, trailers)]],
    [
      'trailers in CONTINUATION',
      [
        head,
        frame(FRAME.data, 0, 1, MESSAGE),
        frame(FRAME.headers, FLAG.endStream, 1, trailers.subarray(0, 4)),
        frame(FRAME.continuation, FLAG.endHeaders, 1, trailers.subarray(4)),
      ],
    ],
    ['padded HEADERS', [frame(FRAME.headers, FLAG.endHeaders | FLAG.padded, 1, padded(block, 255)), endCall(1, MESSAGE)]],
    ['padded DATA', [head, frame(FRAME.data, FLAG.endStream | FLAG.padded, 1, padded(MESSAGE, 255))]],
    ['padding of length 0', [head, frame(FRAME.data, FLAG.endStream | FLAG.padded, 1, padded(MESSAGE, 0))]],
    [
      'DATA of nothing but padding',
      [head, frame(FRAME.data, FLAG.padded, 1, padded(Buffer.alloc(0), 9)), frame(FRAME.data, 0, 1, MESSAGE), endCall(1, Buffer.alloc(0))],
    ],
    ['HEADERS with priority', [frame(FRAME.headers, FLAG.endHeaders | FLAG.priority, 1, Buffer.concat([PRIORITY, block])), endCall(1, MESSAGE)]],
    [
      'HEADERS with priority and padding',
      [frame(FRAME.headers, FLAG.endHeaders | FLAG.priority | FLAG.padded, 1, padded(Buffer.concat([PRIORITY, block]), 7)), endCall(1, MESSAGE)],
    ],
    [
      'a header block in 8 CONTINUATIONs, some of a byte',
      [
        frame(FRAME.headers, FLAG.none, 1, block.subarray(0, -8)),
        ...[...block.subarray(-8, -1)].map((byte) => frame(FRAME.continuation, FLAG.none, 1, Buffer.of(byte))),
        frame(FRAME.continuation, FLAG.endHeaders, 1, block.subarray(-1)),
        endCall(1, MESSAGE),
      ],
    ],
    ['a message of a byte a frame', [head, ...[...MESSAGE].map((byte) => frame(FRAME.data, 0, 1, Buffer.of(byte))), endCall(1, Buffer.alloc(0))]],
    [
      'PRIORITY, unknown types and reserved bits about',
      [
        frame(FRAME.priority, FLAG.none, 1, PRIORITY),
        frame(0x42, 0xff, 0, Buffer.alloc(100)),
        frame(FRAME.headers, FLAG.endHeaders, 1 + 2 ** 31, block),
        frame(0x42, 0xff, 1, Buffer.alloc(100)),
        endCall(1, MESSAGE),
      ],
    ],
  ])('%s', async (_, frames) => {
    const client = connect();
    client.send(...frames);
    await client.until('the answer', () => client.hasEnded(1));
    expect([client.body(1), world.ends, client.goaways]).toEqual([MESSAGE, ['OK'], []]);
  });

  test.each<[string, Buffer]>([
    ['PING', frame(FRAME.ping, FLAG.none, 0, Buffer.alloc(8))],
    ['SETTINGS', settings()],
    ['WINDOW_UPDATE', windowUpdate(0, 1)],
    ['DATA of another stream', frame(FRAME.data, FLAG.none, 1, MESSAGE)],
    ['HEADERS of another stream', frame(FRAME.headers, FLAG.endHeaders, 5, block)],
    ['CONTINUATION of another stream', frame(FRAME.continuation, FLAG.endHeaders, 1, Buffer.alloc(0))],
    ['PRIORITY', frame(FRAME.priority, FLAG.none, 3, PRIORITY)],
    ['an unknown type', frame(0x42, FLAG.none, 0)],
  ])('%s within a header block ends the connection (§4.3)', async (_, between) => {
    const client = connect();
    client.send(openCall(1, 'Echo'), frame(FRAME.headers, FLAG.none, 3, block.subarray(0, 60)), between);
    client.send(frame(FRAME.continuation, FLAG.endHeaders, 3, block.subarray(60)), endCall(3, MESSAGE));
    await client.closed;
    expect([client.goaways.at(-1), client.body(3)]).toEqual([PROTOCOL_ERROR, Buffer.alloc(0)]);
  });
  test('padding counts against windows, and is given back: 12 MB of it through windows of 8 MiB', async () => {
    const client = connect();
    const filler = Buffer.concat(Array<Buffer>(8000).fill(frame(FRAME.data, FLAG.padded, 1, padded(Buffer.alloc(0), 255))));
    client.send(openCall(1, 'Echo'));
    for (let round = 0; round < 6; round++) {
      client.send(filler);
      await client.settle();
    }
    client.send(endCall(1, MESSAGE));
    await client.until('the answer', () => client.hasEnded(1));
    expect([client.body(1), client.resets.size]).toEqual([MESSAGE, 0]);
  });
});

describe('windows', () => {
  test('an initial window of 0 that is raised later: nothing before, all after', async () => {
    const client = connect(Buffer.concat([MAGIC, settings([INITIAL_WINDOW_SIZE, 0])]));
    client.send(askBig(1, 50_000));
    await client.settle();
    expect(client.body(1).length).toBe(0);
    client.send(settings([INITIAL_WINDOW_SIZE, 10_000]));
    await client.until('10,000 bytes', () => client.body(1).length >= 10_000);
    await client.settle();
    expect(client.body(1).length).toBe(10_000);
    client.send(settings([INITIAL_WINDOW_SIZE, 60_000]));
    await client.until('the rest', () => client.hasEnded(1));
    expect(client.body(1).equals(framed(Buffer.alloc(50_000, 'b')))).toBe(true);
  });
  test('an initial window that shrinks under data in flight is negative, and nothing comes until it is not (§6.9.2)', async () => {
    const client = connect(PLAIN);
    client.send(windowUpdate(0, 1_000_000), askBig(1, 200_000));
    await client.until('the first window', () => client.body(1).length === 65_535);
    client.send(settings([INITIAL_WINDOW_SIZE, 1000])); // the window is −64,535
    client.send(windowUpdate(1, 64_535)); // 0
    await client.settle();
    expect(client.body(1).length).toBe(65_535);
    client.send(windowUpdate(1, 7));
    await client.until('7 bytes', () => client.body(1).length >= 65_542);
    await client.settle();
    expect(client.body(1).length).toBe(65_542);
    client.send(settings([INITIAL_WINDOW_SIZE, 200_000]));
    await client.until('the rest', () => client.hasEnded(1));
    expect(client.body(1).equals(framed(Buffer.alloc(200_000, 'b')))).toBe(true);
  });
  test('the window of the connection is one for all streams', async () => {
    const client = connect(Buffer.concat([MAGIC, settings([INITIAL_WINDOW_SIZE, 2 ** 31 - 1])]));
    const streams = [1, 3, 5];
    client.send(...streams.map((stream) => askBig(stream, 40_000)));
    const got = (): number => streams.reduce((sum, stream) => sum + client.body(stream).length, 0);
    await client.until('the first window', () => got() >= 65_535);
    await client.settle();
    expect(got()).toBe(65_535);
    client.send(windowUpdate(0, 100_000));
    await client.until('the rest', () => streams.every((stream) => client.hasEnded(stream)));
    for (const stream of streams) expect(client.body(stream).equals(framed(Buffer.alloc(40_000, 'b')))).toBe(true);
  });
  test('byte by byte (CVE-2019-9511): one frame for each, and who stops taking them is cut off', async () => {
    const client = connect(Buffer.concat([MAGIC, settings([INITIAL_WINDOW_SIZE, 1])]));
    const streams = Array.from({ length: 20 }, (_, index) => 1 + 2 * index);
    client.send(...streams.map((stream) => askBig(stream, 500_000)));
    for (let round = 1; round <= 50; round++) {
      await client.until('a byte of each', () => streams.every((stream) => client.body(stream).length >= round));
      client.send(...streams.map((stream) => windowUpdate(stream, 1)));
    }
    await client.settle();
    expect(client.counts.get(FRAME.data)).toBe(streams.length * 51);
    const other = world.connect();
    expect(await ask(other, { ':path': '/t/Echo' }, MESSAGE)).toMatchObject({ code: '0' });
    other.close();
    world.pass(31_000);
    await until('the calls to end', () => world.server.calls === 0);
  });
});

describe('pieces', () => {
  const talk = Buffer.concat([
    preface(),
    SETTINGS_ACK,
    frame(FRAME.headers, FLAG.padded | FLAG.priority, 1, padded(Buffer.concat([Buffer.alloc(5), callHeaders('Echo').subarray(0, 20)]), 3)),
    frame(FRAME.continuation, FLAG.endHeaders, 1, callHeaders('Echo').subarray(20)),
    settings([INITIAL_WINDOW_SIZE, 70_000]),
    frame(FRAME.data, FLAG.padded, 1, padded(MESSAGE.subarray(0, 3), 2)),
    windowUpdate(1, 9),
    frame(FRAME.ping, FLAG.none, 0, Buffer.alloc(8)),
    endCall(1, MESSAGE.subarray(3)),
  ]);

  /** Each piece is a turn of the server's event loop by itself, as near as a socket lets say. */
  async function say(pieces: readonly Buffer[]): Promise<void> {
    const client = connect(pieces[0], false);
    for (const piece of pieces.slice(1)) {
      await new Promise(setImmediate);
      client.socket.write(piece);
    }
    await client.until('the answer', () => client.hasEnded(1) && client.counts.get(FRAME.ping) === 1);
    expect([client.body(1), client.goaways]).toEqual([MESSAGE, []]);
    client.socket.destroy();
  }

  test('cut in two at every byte', async () => {
    for (let at = 1; at < talk.length; at++) await say([talk.subarray(0, at), talk.subarray(at)]);
  });
  test('a byte a write', () => say([...talk].map((byte) => Buffer.of(byte))));
  test('a frame of the largest size, a byte a write at its head and tail', async () => {
    const client = connect();
    const message = framed(Buffer.alloc(16_384 - 5, 'm'));
    const bytes = Buffer.concat([openCall(1, 'Echo'), endCall(1, message)]);
    const edge = bytes.length - message.length;
    for (const piece of [bytes.subarray(0, edge - 9), ...[...bytes.subarray(edge - 9, edge + 9)].map((byte) => Buffer.of(byte))])
      client.socket.write(piece);
    client.socket.write(bytes.subarray(edge + 9, -9));
    for (const byte of bytes.subarray(-9)) client.socket.write(Buffer.of(byte));
    await client.until('the answer', () => client.hasEnded(1));
    expect(client.body(1).equals(message)).toBe(true);
  });
});
