import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readSocket } from './read-socket.js';
import { openSockets, type SocketPair } from './test-sockets.js';

let client: Socket;
let server: Socket;
let sockets: SocketPair;

beforeEach(async () => {
  sockets = await openSockets();
  ({ client, server } = sockets);
});
afterEach(() => sockets.close());

/** What arrives until the client says that it is all. */
async function readAll(read: (onBytes: (bytes: Buffer) => void) => unknown): Promise<{ bytes: Buffer; memories: number }> {
  const parts: Buffer[] = [];
  const memories = new Set<unknown>();
  read((bytes) => {
    memories.add(bytes.buffer);
    parts.push(Buffer.from(bytes));
  });
  await once(server, 'end');
  return { bytes: Buffer.concat(parts), memories: memories.size };
}

test("this Node's sockets are read into one buffer", async () => {
  const sent = Buffer.alloc(3_000_000, 'slipway');
  let isShared = false;
  const all = readAll((onBytes) => {
    isShared = readSocket(server, onBytes);
  });
  client.end(sent);
  const { bytes, memories } = await all;
  expect([isShared, bytes.equals(sent), memories]).toEqual([true, true, 1]);
});

test('one under TLS, whose bytes come from elsewhere, is read as usual', async () => {
  Reflect.set(server, 'encrypted', true);
  const all = readAll((onBytes) => expect(readSocket(server, onBytes)).toBe(false));
  client.end('as usual');
  expect(String((await all).bytes)).toBe('as usual');
});

test('a pause holds what comes, and nothing is lost', async () => {
  const parts: string[] = [];
  readSocket(server, (bytes) => parts.push(String(bytes)));
  client.write('one');
  while (parts.length === 0) await new Promise(setImmediate);
  server.pause();
  client.end('two');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(parts).toEqual(['one']);
  const ended = once(server, 'end');
  server.resume();
  await ended;
  expect(parts).toEqual(['one', 'two']);
});
