import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConnectionError } from './connection-error.js';
import { FrameOutput } from './frame-output.js';
import { OutputPool } from './output-pool.js';
import { SendQueue } from './send-queue.js';
import { ServerStream, type StreamSession } from './server-stream.js';
import { openSockets, type SocketPair } from './test-sockets.js';

const SESSION: StreamSession = {
  remoteAddress: '',
  respond: () => undefined,
  send: () => undefined,
  finish: () => undefined,
  reset: () => undefined,
  takeHeld: () => undefined,
};

let sockets: SocketPair;
let queue: SendQueue;
/** Streams of the DATA frames in the order in which they were written, with their lengths. */
let frames: [id: number, bytes: number][];
let emptied: number[];

beforeEach(async () => {
  sockets = await openSockets();
  sockets.client.resume();
  frames = [];
  emptied = [];
  const output = new FrameOutput(sockets.server, new OutputPool(), { onGiven: () => undefined, onWritten: () => undefined });
  const data = output.data.bind(output);
  output.data = (id, content, start, end, isLast) => {
    frames.push([id, end - start]);
    data(id, content, start, end, isLast);
  };
  queue = new SendQueue(output, ({ id }) => emptied.push(id));
});
afterEach(() => sockets.close());

const newStream = (id: number, window = 65_535) => new ServerStream(SESSION, id, window, 65_535);

describe('SendQueue', () => {
  test('what fits goes out at once, in one frame', () => {
    queue.send(newStream(1), Buffer.alloc(100));
    expect(frames).toEqual([[1, 100]]);
  });
  test('what does not fit into a frame goes in several, each stream by turns once they wait', () => {
    const [a, b] = [newStream(1), newStream(3)];
    queue.send(a, Buffer.alloc(60_000));
    queue.send(b, Buffer.alloc(60_000)); // 5,535 are left of the connection's window
    expect(frames).toEqual([16_384, 16_384, 16_384, 10_848].map((bytes) => [1, bytes]).concat([[3, 5535]]));
    frames.length = 0;
    queue.send(a, Buffer.alloc(5000));
    queue.widen(40_000);
    expect(frames.map(([id]) => id)).toEqual([3, 1, 3, 3]);
  });
  test('a window below zero has to come back first', () => {
    const stream = newStream(1, 100);
    queue.streamWindowBytes = 100;
    queue.send(stream, Buffer.alloc(150));
    expect(frames).toEqual([[1, 100]]);
    queue.changeWindows([stream], 20);
    expect([stream.sendWindow, queue.widenStream(stream, 80), frames.length]).toEqual([-80, true, 1]);
    expect([queue.widenStream(stream, 10), frames.at(-1)]).toEqual([true, [1, 10]]);
  });
  test('windows beyond 2^31-1 end the connection, or the stream', () => {
    expect(() => queue.widen(2 ** 31 - 1)).toThrow(ConnectionError);
    expect(queue.widenStream(newStream(1), 2 ** 31 - 1)).toBe(false);
    expect(() => queue.changeWindows([newStream(1, 2 ** 31 - 1)], 65_536)).toThrow(ConnectionError);
  });
  test('trailers come when the last byte has gone, and a stream that closed is forgotten', () => {
    const [a, b] = [newStream(1, 10), newStream(3, 10)];
    for (const stream of [a, b]) queue.send(stream, Buffer.alloc(20));
    a.trailers = [['grpc-status', '0']];
    queue.forget(b);
    for (const stream of [a, b]) queue.widenStream(stream, 100);
    expect([emptied, frames, b.queuedBytes]).toEqual([
      [1],
      [
        [1, 10],
        [3, 10],
        [1, 10],
      ],
      0,
    ]);
  });
});
