/** How connections end without losing a call: GOAWAY of the client, and ours in two steps (RFC 9113 §6.8). */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { frameMessage } from '../../runtime/http2/method.js';
import { framed } from '../../runtime/http2/test-server.js';
import type { FrameClient } from './frame-client.js';
import { FrameWorld } from './frame-world.js';
import { callFields, endCall, openCall } from './http2-calls.js';
import { encodeHeaders, FLAG, FRAME, frame, windowUpdate } from './http2-frames.js';

const NO_ERROR = 0;
/** The last stream of all: none is refused yet. */
const ALL = 2 ** 31 - 1;
const MESSAGE = framed('hi');
const GOAWAY = frame(FRAME.goaway, FLAG.none, 0, Buffer.alloc(8));
const WINDOW_BYTES = 65_535;

let world: FrameWorld;
let client: FrameClient;

beforeEach(async () => {
  world = await FrameWorld.start({ windowBytes: WINDOW_BYTES });
  client = world.connect();
});
afterEach(async () => {
  expect(await world.end()).toEqual([0, 0]);
});

/** A call that is answered when the test says so. */
const hang = (stream: number): Buffer => Buffer.concat([openCall(stream, 'Hang'), endCall(stream, MESSAGE)]);
const echo = (stream: number): Buffer => Buffer.concat([openCall(stream, 'Echo'), endCall(stream, MESSAGE)]);

function answerAll(): void {
  for (const { answer } of world.transport.hanging.splice(0)) answer(frameMessage(Buffer.from('hi')));
}

/** PINGs of the server, not answered yet. */
function watchPings(): Buffer[] {
  const pings: Buffer[] = [];
  client.onFrame = ({ type, flags, payload }) => {
    if (type === FRAME.ping && (flags & FLAG.ack) === 0) pings.push(payload);
  };
  return pings;
}

test('a client that leaves gets the answers of its calls, hears which was the last, and the connection closes', async () => {
  client.send(hang(1), hang(3), openCall(5, 'Chat'), GOAWAY, echo(7));
  await client.settle();
  expect([client.goaways, client.lastIds, client.isClosed]).toEqual([[NO_ERROR], [5], false]);
  answerAll();
  client.send(endCall(5, MESSAGE));
  await client.closed;
  expect([1, 3, 5, 7].map((stream) => client.body(stream))).toEqual([MESSAGE, MESSAGE, MESSAGE, Buffer.alloc(0)]);
  expect([client.resets.size, world.transport.ends]).toEqual([0, ['OK', 'OK', 'OK']]);
});

test('a client that leaves without calls', async () => {
  client.send(echo(1), GOAWAY);
  await client.closed;
  expect([client.body(1), client.goaways, client.lastIds]).toEqual([MESSAGE, [NO_ERROR], [1]]);
});

test('in two steps: calls that arrive between them are answered, those after them are not begun', async () => {
  const pings = watchPings();
  client.send(hang(1));
  await client.settle();
  const drained = world.transport.server.drain(10_000);
  await client.until('the first GOAWAY and its PING', () => pings.length === 1);
  expect(client.lastIds).toEqual([ALL]);

  const indexed = Buffer.concat([encodeHeaders(callFields('Chat')), Buffer.of(0x40), encodeHeaders([['x-table', 'begun']]).subarray(1)]);
  client.send(echo(3), hang(5), frame(FRAME.headers, FLAG.endHeaders, 7, indexed));
  await client.until('an answer between', () => client.hasEnded(3));
  expect(client.lastIds).toEqual([ALL]);

  client.send(frame(FRAME.ping, FLAG.ack, 0, pings[0] ?? Buffer.alloc(8)));
  await client.until('the second GOAWAY', () => client.lastIds.length === 2);
  client.send(hang(9), openCall(11, 'Chat'));
  client.send(frame(FRAME.data, 0, 11, MESSAGE), windowUpdate(11, 0), endCall(11, MESSAGE));
  // 0xbe: what the stream before put last into the table, which a call that is not taken must not have changed
  client.send(frame(FRAME.data, 0, 7, MESSAGE), frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 7, Buffer.of(0xbe)));
  await client.settle();
  expect([client.lastIds, client.resets.size, client.isClosed]).toEqual([[ALL, 7], 0, false]);
  answerAll();
  await client.closed;
  await drained;
  expect([1, 3, 5, 7].map((stream) => client.body(stream))).toEqual([MESSAGE, MESSAGE, MESSAGE, MESSAGE]);
  expect([client.goaways, world.transport.ends]).toEqual([
    [NO_ERROR, NO_ERROR],
    ['OK', 'OK', 'OK', 'OK'],
  ]);
});

test('calls that are not taken any more cost the connection no window: three of it', async () => {
  const pings = watchPings();
  client.send(openCall(1, 'Chat'));
  await client.settle();
  const drained = world.transport.server.drain(10_000);
  await client.until('the PING', () => pings.length === 1);
  client.send(frame(FRAME.ping, FLAG.ack, 0, pings[0] ?? Buffer.alloc(8)), openCall(3, 'Chat'));
  const piece = Buffer.alloc(13_107); // a fifth of the window
  for (let sent = piece.length; sent <= 3 * WINDOW_BYTES; sent += piece.length) {
    await client.until('a window', () => WINDOW_BYTES + (client.credits.get(0) ?? 0) >= sent);
    client.send(frame(FRAME.data, 0, 3, piece));
  }
  await client.settle();
  expect(client.credits.get(0)).toBeGreaterThan(2 * WINDOW_BYTES);
  client.send(endCall(1, MESSAGE));
  await client.closed;
  await drained;
  expect([client.body(1), client.goaways, client.lastIds]).toEqual([MESSAGE, [NO_ERROR, NO_ERROR], [ALL, 1]]);
});

test('a client that does not answer the PING between the two has a second for its last calls', async () => {
  client.send(hang(1));
  await client.settle();
  const drained = world.transport.server.drain(10_000);
  await client.until('the first GOAWAY', () => client.goaways.length === 1);
  client.send(hang(3));
  await client.until('the second GOAWAY', () => client.goaways.length === 2);
  expect([client.lastIds, client.isClosed]).toEqual([[ALL, 3], false]);
  answerAll();
  await client.closed;
  await drained;
  expect([client.body(1), client.body(3)]).toEqual([MESSAGE, MESSAGE]);
});

test('a client that leaves is not told later that calls are taken', async () => {
  client.send(hang(1), GOAWAY);
  await client.settle();
  const drained = world.transport.server.drain(10_000);
  await client.settle();
  answerAll();
  await client.closed;
  await drained;
  expect([client.body(1), client.goaways, client.lastIds]).toEqual([MESSAGE, [NO_ERROR], [1]]);
});

test('a client that was told to leave and says it does, too', async () => {
  client.send(hang(1));
  await client.settle();
  const drained = world.transport.server.drain(10_000);
  await client.until('the first GOAWAY', () => client.goaways.length === 1);
  client.send(GOAWAY);
  await client.settle();
  answerAll();
  await client.closed;
  await drained;
  expect([client.body(1), client.lastIds]).toEqual([MESSAGE, [ALL, 1]]);
});
