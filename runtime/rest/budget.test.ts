import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HttpServer } from '../../lib/http-server.js';
import { ECHO_SIGNATURE, FakeSession, makeEchoModel } from '../../test/runtime/fake-backend.js';
import { ByteBudget } from '../core/byte-budget.js';
import { Dataplane } from '../dataplane/dataplane.js';
import { newRestHandler } from './rest.js';

const LIMIT = 20_000_000;
let budget: ByteBudget;
let session: FakeSession;
let server: HttpServer;
let port: number;
let sockets: Socket[];

beforeEach(async () => {
  budget = new ByteBudget(LIMIT);
  session = new FakeSession(ECHO_SIGNATURE);
  sockets = [];
  const model = makeEchoModel(session);
  const dataplane = new Dataplane({ store: { models: () => [model], isDraining: false }, serverVersion: '1', monotonicSeconds: () => 0 });
  const limits = { messageBytes: LIMIT, bodyStallMs: 5000 };
  server = new HttpServer('REST', newRestHandler({ dataplane, onUnknown: () => undefined, limits, budget }), () => undefined);
  port = await server.listen('127.0.0.1', 0);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await server.close(100);
});

async function open(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Rows of [-1, 2] FP32 as binary data. */
function request(rows: number, headers = ''): Buffer {
  const json = `{"inputs":[{"name":"x","datatype":"FP32","shape":[${rows},2],"parameters":{"binary_data_size":${rows * 8}}}],"parameters":{"binary_data_output":true}}`;
  const body = Buffer.concat([Buffer.from(json), Buffer.alloc(rows * 8)]);
  return Buffer.concat([
    Buffer.from(
      `POST /v2/models/echo/infer HTTP/1.1\r\nhost: x\r\ninference-header-content-length: ${json.length}\r\ncontent-length: ${body.length}\r\n${headers}\r\n`,
    ),
    body,
  ]);
}

async function eventually(what: () => boolean): Promise<void> {
  for (let tries = 0; !what(); tries++) {
    if (tries > 500) throw new Error(`It never came to be so: the budget lends ${budget.used}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function statusOf(socket: Socket): Promise<string> {
  const [chunk] = await once(socket, 'data');
  return String(chunk).split('\r\n', 1)[0] ?? '';
}

describe('the budget of bytes over HTTP', () => {
  test('a request that no longer fits gets 429, and fits again later', async () => {
    budget.take(LIMIT - 500);
    const socket = await open();
    socket.write(request(1000));
    expect(await statusOf(socket)).toBe('HTTP/1.1 429 Too Many Requests');
    await eventually(() => budget.used === LIMIT - 500);
    budget.give(LIMIT - 500);
    socket.write(request(1000));
    expect(await statusOf(socket)).toBe('HTTP/1.1 200 OK');
    await eventually(() => budget.used === 0);
  });
  test('what a body inflates to counts', async () => {
    budget.take(LIMIT - 100_000);
    const body = gzipSync(Buffer.alloc(1_000_000, 32));
    expect(body.length).toBeLessThan(50_000);
    const socket = await open();
    socket.write(`POST /v2/models/echo/infer HTTP/1.1\r\nhost: x\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`);
    socket.write(body);
    expect(await statusOf(socket)).toBe('HTTP/1.1 429 Too Many Requests');
    await eventually(() => budget.used === LIMIT - 100_000);
  });
  test('numbers in JSON count as what they become', async () => {
    const gate = Promise.withResolvers<void>();
    session.gate = gate.promise;
    const json = `{"inputs":[{"name":"x","datatype":"FP32","shape":[1000,2],"data":[${Array(2000).fill(0)}]}]}`;
    const socket = await open();
    socket.write(`POST /v2/models/echo/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${json.length}\r\n\r\n${json}`);
    await eventually(() => session.runs.length === 1);
    expect(budget.used).toBe(json.length + 8000);
    gate.resolve();
    expect(await statusOf(socket)).toBe('HTTP/1.1 200 OK');
    await eventually(() => budget.used === 0);
  });
  test('an answer counts for as long as its reader is slow, and no longer when he goes', async () => {
    const socket = await open();
    socket.pause();
    socket.write(request(1_000_000));
    await eventually(() => session.runs.length === 1);
    await eventually(() => budget.used > 0 && budget.used < 8_001_000);
    expect(budget.used).toBeGreaterThan(8_000_000);
    socket.destroy();
    await eventually(() => budget.used === 0);
  });
  test.each([
    ['broken JSON', (socket: Socket) => socket.write('POST /v2/models/echo/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n{"in')],
    ['an unknown model', (socket: Socket) => socket.write(String(request(1)).replace('/echo/', '/nobody/'))],
    [
      'a run that fails',
      (socket: Socket) => {
        session.nextError = new Error('boom');
        socket.write(request(1));
      },
    ],
    ['a client that goes while it sends', (socket: Socket) => socket.write(request(1000).subarray(0, 4000), () => socket.destroy())],
    [
      'a client that goes while the model runs',
      (socket: Socket) => {
        const gate = Promise.withResolvers<void>();
        session.gate = gate.promise;
        socket.write(request(1000), () =>
          setTimeout(() => {
            socket.destroy();
            setTimeout(() => gate.resolve(), 50);
          }, 50),
        );
      },
    ],
  ] as const)('%s leaves nothing behind', async (_, act) => {
    const socket = await open();
    act(socket);
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    await eventually(() => budget.used === 0);
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(budget.used).toBe(0);
  });
});
