import { once } from 'node:events';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ask, framed, GRPC, TestServer } from './test-server.js';

let world: TestServer;
let client: ClientHttp2Session;

async function start(...options: ConstructorParameters<typeof TestServer>): Promise<void> {
  if (world !== undefined) await world.server.drain(0).catch(() => undefined);
  world = await new TestServer(...options).start();
  client = world.connect();
}

beforeEach(() => start());
afterEach(async () => {
  client.destroy();
  await world.server.drain(1000).catch(() => undefined);
  expect([world.budget.used, world.server.calls, world.server.wheel.size]).toEqual([0, 0, 0]);
});

const ECHO: OutgoingHttpHeaders = { ':path': '/t/Echo' };

describe('memory of messages', () => {
  const body = framed(Buffer.alloc(300_000, 'slipway'));
  const PIECE_BYTES = 5 * 2 ** 16;

  test('is used again after a call that ended well, also where the answer is a view of it, and let go when nobody needs it', async () => {
    for (const path of ['/t/Lend', '/t/LendView', '/t/Lend', '/t/LendView']) {
      expect((await ask(client, { ':path': path }, body)).body.equals(body)).toBe(true);
      await until(() => world.server.pool.idleBytes === PIECE_BYTES);
    }
    for (let second = 0; second < 20; second++) world.pass(1000);
    expect(world.server.pool.idleBytes).toBe(0);
  });
  test.each([
    ['whose method may keep it', '/t/Later', '0'],
    ['that ran out of time while its method works', '/t/LendHang', '4'],
  ])('stays with a call %s', async (_name, path, want) => {
    const answer = await ask(client, { ':path': path, 'grpc-timeout': '200m' }, body);
    expect(answer.code).toBe(want);
    if (want === '0') expect(answer.body.equals(body)).toBe(true);
    await until(() => world.server.calls === 0);
    for (const { answer: reply } of world.hanging) reply({ chunks: [framed('late')], byteLength: 9 });
    await sleep(5);
    expect(world.server.pool.idleBytes).toBe(0);
  });
  test('no message sees the bytes of another', async () => {
    const sizes = [100_000, 300_000, 70_000, 299_000];
    for (let round = 0; round < 5; round++) {
      const bodies = sizes.map((size, index) => framed(Buffer.alloc(size, `${round}${index}`)));
      const answers = await Promise.all(bodies.map((sent) => ask(client, { ':path': '/t/Lend' }, sent)));
      expect(answers.map((answer, index) => answer.body.equals(bodies[index] ?? Buffer.alloc(0)))).toEqual(sizes.map(() => true));
    }
  });
});

describe('calls', () => {
  test.each(['/t/Echo', '/t/Later'])('%s answers', async (path) => {
    const answer = await ask(client, { ':path': path }, framed('hi'));
    expect(answer).toMatchObject({ status: 200, code: '0', message: '', rstCode: 0 });
    expect(answer.body).toEqual(framed('hi'));
    expect(answer.headers).toMatchObject({ 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity,deflate,gzip' });
  });
  test.each([0, 1, 16_384, 300_000, 1024 * 1024])('%i bytes come back whole', async (size) => {
    const body = framed(Buffer.alloc(size, 'slipway'));
    expect((await ask(client, ECHO, body)).body.equals(body)).toBe(true);
  });
  test.each<[string, OutgoingHttpHeaders, Buffer, Record<string, unknown>]>([
    ['an unknown path', { ':path': '/t/None' }, framed(''), { status: 200, code: '12', message: 'The server does not implement the method /t/None' }],
    ['GET', { ...ECHO, ':method': 'GET' }, Buffer.alloc(0), { status: 405 }],
    ['another content-type', { ...ECHO, 'content-type': 'application/json' }, framed(''), { status: 415, code: '13' }],
    ['grpc-web', { ...ECHO, 'content-type': 'application/grpc-web' }, framed(''), { status: 415 }],
    ['a subtype', { ...ECHO, 'content-type': 'application/grpc+proto' }, framed(''), { status: 200, code: '0' }],
    ['an unknown encoding', { ...ECHO, 'grpc-encoding': 'br' }, framed(''), { code: '12', message: /^grpc-encoding 'br' is not supported/ }],
    ['a malformed timeout', { ...ECHO, 'grpc-timeout': '1x' }, framed(''), { code: '3', message: /^grpc-timeout '1x' is malformed/ }],
    ['no time at all', { ...ECHO, 'grpc-timeout': '0m' }, framed(''), { code: '4' }],
    ['no message', ECHO, Buffer.alloc(0), { code: '12', message: /client sent none/ }],
    ['two messages', ECHO, Buffer.concat([framed('a'), framed('b')]), { code: '12', message: /the client sent more/ }],
    ['a message cut off', ECHO, framed('hello').subarray(0, 7), { code: '3', message: /ends before the length/ }],
    ['a prefix cut off', ECHO, Buffer.from([0, 0]), { code: '3' }],
    ['a claim of 4 GiB', ECHO, Buffer.from([0, 255, 255, 255, 255]), { code: '3', message: /^request is larger than the limit of 1048576 bytes/ }],
    ['an unknown flag', ECHO, framed('x', 9), { code: '13' }],
    ['a compressed message without encoding', ECHO, framed('x', 1), { code: '13', message: /no grpc-encoding/ }],
    ['gzip', { ...ECHO, 'grpc-encoding': 'gzip' }, framed(gzipSync('hi'), 1), { code: '0', body: framed('hi') }],
    ['deflate', { ...ECHO, 'grpc-encoding': 'deflate' }, framed(deflateSync('hi'), 1), { code: '0', body: framed('hi') }],
    ['gzip declared, not used', { ...ECHO, 'grpc-encoding': 'gzip' }, framed('hi'), { code: '0', body: framed('hi') }],
    ['no gzip', { ...ECHO, 'grpc-encoding': 'gzip' }, framed('hi', 1), { code: '3', message: /it is no gzip/ }],
    ['a bomb', { ...ECHO, 'grpc-encoding': 'gzip' }, framed(gzipSync(Buffer.alloc(50_000_000)), 1), { code: '3', message: /larger than the limit/ }],
    ['an error of the service', { ':path': '/t/Throw' }, framed('x'), { code: '5', message: 'nö 100 %' }],
    ['an error of ours', { ':path': '/t/Throw' }, framed(''), { code: '13', message: 'Error: boom' }],
    ['an answer over the limit', { ':path': '/t/Big' }, framed(Buffer.from([1, 0, 0, 0])), { code: '8', message: /the response has 16777216 bytes/ }],
  ])('%s', async (_name, headers, body, want) => {
    const answer = await ask(client, headers, body);
    const { message, ...rest } = want;
    expect(answer).toMatchObject(rest);
    if (message instanceof RegExp) expect(answer.message).toMatch(message);
    else if (message !== undefined) expect(answer.message).toBe(message);
    expect((await ask(client, ECHO, framed('next'))).code).toBe('0');
  });
  test('headers count as HTTP/2 counts them: names, values and 32 bytes for each pair', async () => {
    await start({ headerListBytes: 2000 });
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`x-${10 + index}`, 'ten bytes.']));
    const refused = await ask(client, { ...ECHO, ...many }, framed('hi'));
    expect(refused.code).toBe('8');
    const [, bytes] = /^headers have (\d+) bytes, more than the limit of 2000$/.exec(refused.message) ?? [];
    expect((await ask(client, ECHO, framed('hi'))).code).toBe('0');
    await start({ headerListBytes: 3000 });
    expect((await ask(client, { ...ECHO, ...many }, framed('hi'))).code).toBe('0');
    expect(Number(bytes)).toBeGreaterThan(40 * (32 + 'x-10ten bytes.'.length));
  });
  test('a refusal does not wait for the rest of the request', async () => {
    expect((await ask(client, { ':path': '/t/None' }, undefined)).code).toBe('12');
    const stream = client.request({ ':method': 'POST', ':path': '/t/Echo', 'content-type': 'application/grpc' });
    stream.on('error', () => undefined);
    const trailers = once(stream, 'response');
    stream.write(Buffer.from([0, 255, 255, 255, 255]));
    const [headers] = await trailers;
    expect(headers).toMatchObject({ 'grpc-status': '3' });
    stream.destroy();
  });
});

describe('streams', () => {
  test('as many answers as messages, in order, within the bound', async () => {
    const messages = Array.from({ length: 500 }, (_, index) => framed(`m${index}`));
    const answer = await ask(client, { ':path': '/t/Chat' }, Buffer.concat(messages));
    expect([answer.code, answer.body.equals(Buffer.concat(messages))]).toEqual(['0', true]);
  });
  test.each([
    ['nothing at all', Buffer.alloc(0), '0'],
    ['a message cut off', framed('hello').subarray(0, 8), '3'],
    ['a message over the limit, after a good one', Buffer.concat([framed('a'), Buffer.from([0, 9, 9, 9, 9, 9])]), '3'],
  ])('%s', async (_name, body, want) => expect((await ask(client, { ':path': '/t/Chat' }, body)).code).toBe(want));
  test('one that has answered and is ended by the server says with what status, though the client would send on', async () => {
    const stream = client.request({ ...GRPC, ':path': '/t/Chat' });
    stream.on('error', () => undefined);
    const answered = once(stream, 'data');
    stream.write(framed('a'));
    await answered;
    let trailers: unknown;
    stream.on('trailers', (got) => {
      trailers = got;
    });
    const closed = once(stream, 'close');
    stream.resume().write(Buffer.from([0, 9, 9, 9, 9, 9]));
    await closed;
    expect(trailers).toMatchObject({ 'grpc-status': '3' });
    expect(stream.rstCode).toBe(0);
  });
  test('gzip, message by message', async () => {
    const body = Buffer.concat([framed(gzipSync('a'), 1), framed('b'), framed(gzipSync('c'), 1)]);
    const answer = await ask(client, { ':path': '/t/Chat', 'grpc-encoding': 'gzip' }, body);
    expect([answer.code, answer.body]).toEqual(['0', Buffer.concat(['a', 'b', 'c'].map((text) => framed(text)))]);
  });
  test('server-streaming takes one message', async () => {
    expect((await ask(client, { ':path': '/t/Watch' }, Buffer.concat([framed('a'), framed('b')]))).code).toBe('12');
    expect((await ask(client, { ':path': '/t/Watch' }, Buffer.alloc(0))).code).toBe('12');
  });
});

describe('time', () => {
  test('a deadline ends the call, and who works on it hears', async () => {
    const answer = await ask(client, { ':path': '/t/Hang', 'grpc-timeout': '30m' }, framed('x'));
    const [{ call, answer: reply } = { call: undefined, answer: () => undefined }] = world.hanging;
    expect([answer.code, answer.message, call?.isGone]).toEqual(['4', 'Deadline exceeded', true]);
    expect(world.budget.used).toBeGreaterThan(0); // the method still has the message
    reply({ chunks: [framed('late')], byteLength: 9 });
    await sleep(5);
    expect([world.budget.used, world.ends]).toEqual([0, ['DEADLINE_EXCEEDED']]);
  });
  test('a client that cancels, and one that vanishes', async () => {
    const stream = client.request({ ':method': 'POST', ':path': '/t/Hang', 'content-type': 'application/grpc' });
    stream.on('error', () => undefined);
    stream.end(framed('x'));
    await until(() => world.hanging.length === 1);
    stream.close(8);
    await until(() => world.hanging[0]?.call.isGone === true);
    const asked = ask(client, { ':path': '/t/Hang' }, framed('x'));
    await until(() => world.hanging.length === 2);
    client.destroy();
    await asked;
    await until(() => world.hanging[1]?.call.isGone === true);
    expect(world.ends).toEqual(['CANCELLED', 'CANCELLED']);
    for (const { answer } of world.hanging) answer({ chunks: [framed('')], byteLength: 5 });
    await sleep(5);
  });
  test('a message that pauses is given up', async () => {
    const stream = client.request({ ':method': 'POST', ':path': '/t/Echo', 'content-type': 'application/grpc' });
    const heard = once(stream, 'response');
    stream.write(framed('hello').subarray(0, 6));
    await until(() => world.budget.used === 6);
    world.pass(14_000);
    world.pass(2000);
    expect((await heard)[0]).toMatchObject({ 'grpc-status': '4', 'grpc-message': /paused/ });
    stream.destroy();
  });
  test('a reader that reads nothing is cut off, one that reads slowly is not', async () => {
    await start({ messageBytes: 16 * 1024 * 1024 });
    const stream = client.request({ ':method': 'POST', ':path': '/t/Big', 'content-type': 'application/grpc' });
    stream.on('error', () => undefined);
    stream.end(framed(Buffer.from([0, 128, 0, 0])));
    await once(stream, 'response');
    await sleep(20);
    expect(world.budget.used).toBeGreaterThan(8_000_000);
    world.pass(25_000);
    expect(world.server.calls).toBe(1);
    world.pass(6000);
    await until(() => world.server.calls === 0);
  });
});

describe('bounds', () => {
  test('the byte budget is one for all, and comes back', async () => {
    await start({}, { budgetBytes: 1000 });
    const held = ask(client, { ':path': '/t/Hang' }, framed(Buffer.alloc(600)));
    await until(() => world.hanging.length === 1);
    expect(await ask(client, ECHO, framed(Buffer.alloc(600)))).toMatchObject({ code: '8', message: /requests in flight hold 605 of 1000 bytes/ });
    world.hanging[0]?.answer({ chunks: [framed('')], byteLength: 5 });
    expect((await held).code).toBe('0');
    expect((await ask(client, ECHO, framed(Buffer.alloc(400)))).code).toBe('0');
  });
  test('calls of all connections together', async () => {
    await start({ streams: 2 });
    const other = world.connect();
    const held = [ask(client, { ':path': '/t/Hang' }, framed('')), ask(other, { ':path': '/t/Hang' }, framed(''))];
    await until(() => world.hanging.length === 2);
    expect((await ask(other, ECHO, framed(''))).code).toBe('8');
    for (const { answer } of world.hanging) answer({ chunks: [framed('')], byteLength: 5 });
    await Promise.all(held);
    other.destroy();
  });
  test('a flood of pings closes the connection', async () => {
    const closed = once(client, 'goaway');
    await once(client, 'remoteSettings');
    for (let round = 0; round < 15 && !client.destroyed; round++) {
      await new Promise<void>((resolve) => {
        if (!client.ping(() => resolve())) resolve();
      });
    }
    const [code, , data] = await closed;
    expect([code, String(data), world.faults]).toEqual([11, 'too_many_pings', ['too many pings']]);
  });
  test('rapid resets close the connection (CVE-2023-44487)', async () => {
    await start({ resetBurst: 50, resetsPerSecond: 1 });
    const closed = new Promise((resolve) => client.on('close', resolve));
    for (let round = 0; round < 40 && !client.destroyed; round++) {
      for (let index = 0; index < 10 && !client.destroyed; index++) {
        const stream = client.request({ ':method': 'POST', ':path': '/t/Echo', 'content-type': 'application/grpc' });
        stream.on('error', () => undefined);
        stream.close(8);
      }
      await sleep(2);
    }
    await closed;
    client = world.connect();
    expect((await ask(client, ECHO, framed('x'))).code).toBe('0');
  });
  test.each<[string, OutgoingHttpHeaders]>([
    ['headers over the limit', { 'x-large': 'x'.repeat(20_000) }],
    ['headers over what nghttp2 takes', { 'x-large': 'ü'.repeat(45_000), 'x-more': 'ü'.repeat(45_000) }],
    ['more headers than the limit', Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`x-${index}`, '1']))],
  ])('%s is refused', async (_name, headers) => {
    const closed = new Promise((resolve) => client.on('close', resolve));
    const answer = await Promise.race([ask(client, { ...ECHO, ...headers }, framed('x')), closed]);
    expect(answer).not.toMatchObject({ code: '0' });
    client = world.connect();
    expect((await ask(client, ECHO, framed('x'))).code).toBe('0');
  });
});

describe('connections', () => {
  test('HTTP/1.1 is told what the port is', async () => {
    const response = await fetch(`http://127.0.0.1:${world.port}/v2`);
    expect([response.status, await response.text()]).toEqual([505, expect.stringContaining('gRPC, which needs HTTP/2')]);
  });
  test('who says nothing is cut off', async () => {
    await start({ handshakeMs: 50 });
    const socket = connectTcp(world.port, '127.0.0.1');
    socket.write('PR');
    await once(socket, 'close');
    const other = connectTcp(world.port, '127.0.0.1');
    other.on('error', () => undefined);
    other.write('PRI * HTTP/2.0\r\n');
    await until(() => world.server.connections === 2);
    world.pass(100);
    await until(() => world.server.connections === 1);
    other.destroy();
    expect(world.faults).toEqual(['sent no HTTP/2 settings']);
  });
  test('old ones and idle ones are asked to go; a call in flight is finished first', async () => {
    await start({ connectionAgeMs: 60_000, connectionIdleMs: 1000 });
    const held = ask(client, { ':path': '/t/Hang' }, framed(''));
    await until(() => world.hanging.length === 1);
    const asked = once(client, 'goaway');
    world.pass(61_000);
    await asked;
    world.hanging[0]?.answer({ chunks: [framed('')], byteLength: 5 });
    expect((await held).code).toBe('0');
    await until(() => world.server.connections === 0);
    client = world.connect();
    await ask(client, ECHO, framed(''));
    const idle = once(client, 'goaway');
    world.pass(1); // sees that there was a call
    world.pass(1500);
    await idle;
  });
  test('an old one between two calls is asked to go with the next call in flight, or at the next look', async () => {
    await start({ connectionAgeMs: 1000 });
    const quiet = world.connect();
    const ids: Record<'busy' | 'quiet', number[]> = { busy: [], quiet: [] };
    client.on('goaway', (_code, id) => ids.busy.push(id));
    quiet.on('goaway', (_code, id) => ids.quiet.push(id));
    for (const session of [client, quiet]) await ask(session, ECHO, framed(''));
    world.pass(1101);
    await sleep(5);
    expect(ids).toEqual({ busy: [], quiet: [] });
    expect((await ask(client, { ':path': '/t/Later' }, framed('next'))).body).toEqual(framed('next'));
    world.pass(1);
    await until(() => world.server.connections === 0);
    expect([ids.busy[0], ids.quiet[0]]).toEqual([2 ** 31 - 1, 1]); // in two steps with the call that was taken, and in one
  });
  test('one with a call just before each look is not idle', async () => {
    await start({ connectionIdleMs: 1000 });
    for (let looks = 0; looks < 4; looks++) {
      expect((await ask(client, ECHO, framed(''))).code).toBe('0');
      world.pass(1001);
      expect(world.server.connections).toBe(1);
    }
    world.pass(1001);
    await until(() => world.server.connections === 0);
  });
  test('half-open ones are found out, live ones stay', async () => {
    const silent = connectTcp(world.port, '127.0.0.1');
    silent.on('error', () => undefined);
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    const acknowledged = Buffer.from([0, 0, 0, 4, 1, 0, 0, 0, 0]);
    silent.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings, acknowledged]));
    await ask(client, ECHO, framed(''));
    await until(() => world.server.connections === 2);
    await sleep(20);
    world.pass(61_000);
    await ask(client, ECHO, framed(''));
    expect(world.server.connections).toBe(2);
    world.pass(21_000);
    await until(() => world.server.connections === 1);
    expect(world.faults).toEqual(['gave no sign of life']);
    expect((await ask(client, ECHO, framed(''))).code).toBe('0');
    silent.destroy();
  });
  test('a drain in two steps: what is in flight ends, what comes later is refused', async () => {
    const held = ask(client, { ':path': '/t/Hang' }, framed('x'));
    await until(() => world.hanging.length === 1);
    const ids: number[] = [];
    client.on('goaway', (_code, id) => ids.push(id));
    const drained = world.server.drain(2000);
    await until(() => ids.length === 2);
    expect(ids).toEqual([2 ** 31 - 1, 1]);
    world.hanging[0]?.answer({ chunks: [framed('done')], byteLength: 9 });
    expect((await held).body).toEqual(framed('done'));
    await drained;
    await expect(fetch(`http://127.0.0.1:${world.port}/`)).rejects.toThrow();
  });
  test('a drain that runs out of time says so, and ends what is in flight with a status', async () => {
    const held = ask(client, { ':path': '/t/Hang' }, framed('x'));
    await until(() => world.hanging.length === 1);
    await expect(world.server.drain(20)).rejects.toThrow('still in flight after 0.02 s');
    expect(await held).toMatchObject({ code: '14', message: 'The server is shutting down, and the time for calls in flight is over' });
    world.hanging[0]?.answer({ chunks: [framed('')], byteLength: 5 });
    await sleep(5);
  });
});

test('no bytes on the wire make a call hang or the server stop', async () => {
  const paths = fc.constantFrom('/t/Echo', '/t/Chat', '/t/Watch', '/t/Throw', '/none');
  const pieces = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ maxLength: 20 }).map((text) => framed(text)),
      fc.string({ maxLength: 20 }).map((text) => framed(gzipSync(text), 1)),
    ),
    { maxLength: 5 },
  );
  const encoding = fc.constantFrom('identity', 'gzip', 'deflate', 'x');
  await fc.assert(
    fc.asyncProperty(paths, pieces, encoding, async (path, body, grpcEncoding) => {
      const asked = ask(client, { ':path': path, 'grpc-encoding': grpcEncoding, 'grpc-timeout': '20m' }, Buffer.concat(body));
      expect(await asked).toMatchObject({ status: 200, code: expect.stringMatching(/^\d+$/) });
      expect((await ask(client, ECHO, framed('good'))).body).toEqual(framed('good'));
    }),
    { seed: 5, numRuns: 300 },
  );
  expect(world.budget.used).toBe(0);
});

test('no bytes on a socket stop the server', async () => {
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const frame = fc
    .tuple(fc.integer({ min: 0, max: 12 }), fc.nat(255), fc.nat(5), fc.uint8Array({ maxLength: 40 }))
    .map(([type, flags, id, body]) => Buffer.concat([Buffer.from([0, 0, body.length, type, flags, 0, 0, 0, id]), body]));
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(frame, { maxLength: 6 }), async (hasPreface, frames) => {
      const socket = connectTcp(world.port, '127.0.0.1');
      socket.on('error', () => undefined); // resets are an answer
      socket.write(Buffer.concat([...(hasPreface ? [preface] : []), ...frames]));
      await sleep(2);
      socket.destroy();
      expect((await ask(client, ECHO, framed('good'))).code).toBe('0');
    }),
    { seed: 6, numRuns: 100 },
  );
});

async function until(isSo: () => boolean): Promise<void> {
  for (let round = 0; !isSo(); round++) {
    if (round > 2000) throw new Error('It never came true');
    await sleep(1);
  }
}
