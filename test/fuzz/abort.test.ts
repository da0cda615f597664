/** node:http2 could be made to abort the process by trailers and a GOAWAY in one write: no server of ours may be. */
import { connect, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { encodeHeaders, FLAG, FRAME, frame, type HeaderList } from './http2-frames.js';
import { startOwnProcess } from './own-process.js';
import { RawConnection } from './raw-grpc.js';
import { within } from './watchdog.js';

const ROUNDS = 40;
const CONNECTIONS = 6;
const STREAMS = 20;

const HEADERS: HeaderList = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/t/Echo'],
  [':authority', 'x'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
];
const GOAWAY_WITH_ERROR = frame(FRAME.goaway, FLAG.none, 0, Buffer.of(0, 0, 0, 0, 0, 0, 0, 1));

function headers(stream: number, flags: number, list: HeaderList): Buffer {
  return frame(FRAME.headers, flags | FLAG.endHeaders, stream, encodeHeaders(list));
}

/** Trailers may have no pseudo-header: the stream is reset while it holds the pair before that. */
function badTrailers(stream: number): Buffer {
  return Buffer.concat([
    headers(stream, FLAG.none, HEADERS),
    headers(stream, FLAG.endStream, [
      ['x-t', 'a'.repeat(80)],
      [':path', '/'],
    ]),
  ]);
}

function badHeaders(stream: number): Buffer {
  return headers(stream, FLAG.endStream, [...HEADERS, [':path', '/twice']]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Ports {
  readonly port: number;
  readonly controlPort: number;
}

function isPorts(message: unknown): message is Ports {
  return typeof message === 'object' && message !== null && 'port' in message && 'controlPort' in message;
}

async function control(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

test.each([
  ['trailers', badTrailers, ROUNDS * CONNECTIONS * STREAMS], // each begins a call before it fails
  ['headers', badHeaders, 0],
])(
  'sessions are collected after streams with bad %s',
  async (_, bad, calls) => {
    const server = await startOwnProcess('./collecting-server.js');
    try {
      if (!isPorts(server.ready)) throw new Error(`The server sent ${JSON.stringify(server.ready)} for its ports`);
      await attack(server.ready, Buffer.concat([...Array.from({ length: STREAMS }, (_none, index) => bad(2 * index + 1)), GOAWAY_WITH_ERROR]));
      await expect(server.report()).resolves.toEqual({ ends: calls });
    } finally {
      await server.stop();
    }
  },
  60_000,
);

async function attack(ports: Ports, frames: Buffer): Promise<void> {
  const [busy, collect] = [await control(ports.controlPort), await control(ports.controlPort)];
  for (let round = 0; round < ROUNDS; round++) {
    const connections = Array.from({ length: CONNECTIONS }, () => new RawConnection(ports.port));
    await pause(10); // their settings are exchanged
    busy.write('b');
    await pause(3);
    for (const { socket } of connections) socket.write(frames);
    collect.write('g'); // after them in the same turn
    const closed = Promise.all(connections.map((connection) => connection.closed));
    await within('A connection that said GOAWAY', closed);
  }
}
