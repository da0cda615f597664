/** Answers through the windows that a client gives, frame by frame (RFC 9113 §6.9), and whose turn it is. */
import { afterEach, expect, test } from '@jest/globals';
import { framed } from '../../runtime/http2/test-server.js';
import type { FrameClient } from './frame-client.js';
import { FrameWorld } from './frame-world.js';
import { askBig, endCall, openCall } from './http2-calls.js';
import { FRAME, MAGIC, settings, windowUpdate } from './http2-frames.js';

const INITIAL_WINDOW_SIZE = 4;
const LARGEST_WINDOW = 2 ** 31 - 1;
const WINDOW_BYTES = 65_535;
const MESSAGE = framed('hi');

let world: FrameWorld;

afterEach(async () => {
  expect(await world.end()).toEqual([0, 0]);
});

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

test('answers of 100 streams take turns, a frame each', async () => {
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
test('answers of 99 streams are whole long before that of 16 MB which was asked first', async () => {
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
test('small answers do not wait for large ones that do not move', async () => {
  world = await FrameWorld.start();
  const client = world.connect(Buffer.concat([MAGIC, settings(), windowUpdate(0, 2 ** 30)]));
  client.send(askBig(1, 500_000), openCall(3, 'Echo'), endCall(3, MESSAGE), askBig(5, 60_000));
  await client.until('small answers', () => client.hasEnded(3) && client.hasEnded(5));
  expect([client.body(1).length, client.hasEnded(1)]).toEqual([WINDOW_BYTES, false]);
  client.send(windowUpdate(1, 500_000));
  await client.until('the large one', () => client.hasEnded(1));
  expect(client.body(1).equals(framed(Buffer.alloc(500_000, 'b')))).toBe(true);
});
