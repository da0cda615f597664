/** Floods of frames that cost a client nothing: the connection closes soon, and others are served meanwhile. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ask, framed, TestServer } from '../../runtime/http2/test-server.js';
import { encodeHeaders, FLAG, FRAME, frame, settings, windowUpdate } from './http2-frames.js';
import { RawConnection } from './raw-grpc.js';
import { within } from './watchdog.js';

let world: TestServer;

beforeEach(async () => {
  world = await new TestServer().start();
});
afterEach(async () => {
  await world.server.drain(1000).catch(() => undefined);
  expect([world.budget.used, world.server.calls]).toEqual([0, 0]);
});

const HEADERS = encodeHeaders([
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/t/Echo'],
  [':authority', 'x'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
]);

function repeat(bytes: Buffer, times: number): Buffer {
  return Buffer.concat(Array<Buffer>(times).fill(bytes));
}

const open = frame(FRAME.headers, FLAG.endHeaders, 1, HEADERS);

test.each([
  ['SETTINGS', settings([4, 70_000])],
  ['SETTINGS without values', settings()],
  ['PING', frame(FRAME.ping, FLAG.none, 0, Buffer.alloc(8))],
  ['empty DATA', Buffer.concat([open, repeat(frame(FRAME.data, FLAG.none, 1), 1000)])],
  [
    'CONTINUATION',
    Buffer.concat([
      frame(FRAME.headers, FLAG.none, 1, HEADERS),
      repeat(frame(FRAME.continuation, FLAG.none, 1, encodeHeaders([['x', 'y'.repeat(900)]])), 500),
    ]),
  ],
  ['empty CONTINUATION', Buffer.concat([frame(FRAME.headers, FLAG.none, 1, HEADERS), repeat(frame(FRAME.continuation, FLAG.none, 1), 1000)])],
  ['HEADERS of one stream', repeat(open, 500)],
  ['WINDOW_UPDATE beyond the window', repeat(windowUpdate(0, 2 ** 31 - 1), 3)],
])('a flood of %s', async (_, frames) => {
  const flood = new RawConnection(world.port);
  const pump = setInterval(() => {
    if (flood.socket.writableLength < 1_000_000) flood.socket.write(repeat(frames, Math.max(1, Math.floor(20_000 / frames.length))));
  }, 5);
  const other = world.connect();
  expect(await within('A call beside the flood', ask(other, { ':path': '/t/Echo' }, framed('hi')), 5000)).toMatchObject({ code: '0' });
  await within('The flooded connection', flood.closed, 5000);
  clearInterval(pump);
  expect(await ask(other, { ':path': '/t/Echo' }, framed('hi'))).toMatchObject({ code: '0' });
  other.close();
});

test('a reader that takes its answer in sips is served to the end', async () => {
  const bytes = 40 * 1024 * 1024; // more than sockets take at once
  await world.server.drain(100);
  world = await new TestServer({ messageBytes: 2 * bytes, handshakeMs: 1e9 }).start();
  const connection = new RawConnection(world.port);
  const { socket } = connection;
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes);
  const stream = connection.takeStream();
  const headers = encodeHeaders([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', '/t/Big'],
    [':authority', 'x'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ]);
  socket.write(Buffer.concat([frame(FRAME.headers, FLAG.endHeaders, stream, headers), frame(FRAME.data, FLAG.endStream, stream, framed(size))]));
  let [sips, sipped] = [0, 0];
  socket.on('data', (chunk: Buffer) => {
    sipped += chunk.length;
    if (sipped < 4 * 1024 * 1024) return;
    sipped = 0;
    sips++;
    socket.pause();
    setTimeout(() => {
      world.pass(9000); // of the 30 s in which something has to move
      socket.resume();
    }, 20);
  });
  await within('The slow reader', connection.ended(stream), 10_000);
  expect([world.ends, world.faults, connection.isClosed, sips > 5]).toEqual([['OK'], [], false, true]);
  socket.destroy();
});
