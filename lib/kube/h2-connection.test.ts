import { execFile, fork } from 'node:child_process';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { addAbortSignal, pipeline } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type KeyPair, TestCertificates } from '../../test/fakes/certificates.js';
import { FakeH2Server, type ServeStream } from '../../test/fakes/h2-server.js';
import type { HttpAnswer, HttpCall, Lane } from './connection.js';
import { H2Connection, type H2ConnectionOptions } from './h2-connection.js';

const certificates = new TestCertificates();
let ca: string;
let pair: KeyPair;
let server: FakeH2Server;
let connection: H2Connection;

beforeAll(() => {
  ca = certificates.makeAuthority('ca');
  pair = certificates.makePair('server', 'ca');
});
afterAll(() => certificates.remove());

const connect = (options: H2ConnectionOptions = {}): H2Connection => {
  connection = new H2Connection(server.url, { ca }, options);
  return connection;
};
const start = async (serve?: ServeStream, maxConcurrentStreams?: number): Promise<void> => {
  server = await new FakeH2Server(pair, serve, maxConcurrentStreams === undefined ? {} : { settings: { maxConcurrentStreams } }).listen();
};

interface Ask {
  readonly lane?: Lane;
  readonly body?: string;
  readonly signal?: AbortSignal;
}
const exchange = (target: string, { lane = 'Calls', body, signal = new AbortController().signal }: Ask = {}): Promise<HttpAnswer> => {
  const call: HttpCall = { method: body === undefined ? 'GET' : 'POST', target, headers: { 'x-test': 'yes' }, body, lane, signal };
  return connection.exchange(call);
};
const textOf = async ({ body }: HttpAnswer): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};
const get = async (target = '/', more: Ask = {}): Promise<string> => textOf(await exchange(target, more));
const failureOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) throw new Error('It succeeded');
  return error instanceof Error ? error.message : String(error);
};
const until = async (what: string, isDone: () => boolean, patienceMs = 5000): Promise<void> => {
  for (const end = Date.now() + patienceMs; !isDone(); await sleep(5)) if (Date.now() > end) throw new Error(`Waited for ${what}`);
};
const head = (stream: ServerHttp2Stream, more: Record<string, string> = {}) => stream.respond({ ':status': 200, ...more });
/** A watch: a head and a first line, and then nothing. */
const watch: ServeStream = (stream) => {
  head(stream);
  stream.write('first\n');
};
const firstOf = async (answer: HttpAnswer): Promise<AsyncIterator<Uint8Array>> => {
  const chunks = answer.body[Symbol.asyncIterator]();
  expect(Buffer.from((await chunks.next()).value ?? []).toString()).toBe('first\n');
  return chunks;
};

beforeEach(() => start());
afterEach(async () => {
  await connection?.destroy();
  await server.close();
});

describe('calls', () => {
  test('carry method, path, headers and body; the answer has status, headers and body', async () => {
    let seen: Record<string, unknown> = {};
    server.answerWith((stream, headers) => {
      seen = { ...headers };
      head(stream, { 'retry-after': '3' });
      stream.pipe(stream);
    });
    connect();
    const answer = await exchange('/api/v1/pods?limit=5', { body: '{"größe":1}' });
    expect([answer.status, answer.headers['retry-after'], await textOf(answer)]).toEqual([200, '3', '{"größe":1}']);
    expect(seen).toMatchObject({ ':method': 'POST', ':path': '/api/v1/pods?limit=5', 'x-test': 'yes', 'content-length': '13' });
    expect(seen[':authority']).toBe(new URL(server.url).host);
  });

  test('1,000 at once and 7 watches are two sockets', async () => {
    server.answerWith((stream, { ':path': path }) => {
      if (path === '/watch') watch(stream, {});
      else {
        head(stream);
        setTimeout(() => stream.end('done'), 20);
      }
    });
    connect();
    const watches = await Promise.all(Array.from({ length: 7 }, () => exchange('/watch', { lane: 'Watches' })));
    const answers = await Promise.all(Array.from({ length: 1000 }, () => get('/call')));
    expect(new Set(answers)).toEqual(new Set(['done']));
    expect(server.mostStreams).toBeGreaterThan(900);
    expect([server.connections, server.sockets.size]).toEqual([2, 2]);
    for (const each of watches) await (await firstOf(each)).return?.();
    await until('the watches to be gone at the server', () => server.streams.size === 0);
  });

  test('a list of 40 MB comes whole; one that nobody reads is not taken into memory', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    let written = 0;
    const pieces = function* () {
      for (let piece = 0; piece < 40; piece++, written++) yield chunk;
    };
    server.answerWith((stream) => {
      head(stream);
      pipeline(pieces, stream, () => undefined);
    });
    connect();
    expect((await get('/list')).length).toBe(40 * 1024 * 1024);
    written = 0;
    const unread = await exchange('/list');
    await sleep(300);
    expect(written).toBeLessThan(12);
    expect(await get('/other').then((text) => text.length)).toBe(40 * 1024 * 1024);
    await unread.body[Symbol.asyncIterator]().return?.();
    await until('the stream to be reset', () => server.streams.size === 0);
  });

  test('an answer that was there before anybody read it is whole', async () => {
    connect();
    const answers = await Promise.all([exchange('/a'), exchange('/b')]);
    await sleep(50);
    expect(await Promise.all(answers.map(textOf))).toEqual(['{"ok":true}', '{"ok":true}']);
    await until('the streams to be free', () => server.streams.size === 0);
  });

  test('abort, and returning early, reset the stream', async () => {
    const codes: (number | undefined)[] = [];
    server.answerWith((stream, headers) => {
      stream.once('close', () => codes.push(stream.rstCode));
      if (headers[':path'] !== '/silent') watch(stream, {});
    });
    connect();
    const stop = new AbortController();
    const silent = failureOf(exchange('/silent', { signal: stop.signal }));
    const open = await exchange('/open', { signal: stop.signal });
    const chunks = await firstOf(open);
    const next = failureOf(chunks.next());
    stop.abort();
    expect(await silent).toBe('The call was given up');
    expect(await next).toContain('cut off');
    for await (const _ of (await exchange('/early')).body) break;
    const unread = await exchange('/unread');
    await unread.body[Symbol.asyncIterator]().return?.();
    await until('four streams to be reset', () => codes.length === 4);
    expect(codes).toEqual(Array(4).fill(constants.NGHTTP2_CANCEL));
    expect(await failureOf(exchange('/', { signal: stop.signal }))).toBe('The call was given up');
    expect(server.connections).toBe(1);
  });
});

describe('a server that is full', () => {
  test('gets a further connection, and no more than allowed; the rest waits in order', async () => {
    await server.close();
    await start((stream) => {
      head(stream);
      setTimeout(() => stream.end('done'), 10);
    }, 5);
    connect();
    await Promise.all(Array.from({ length: 100 }, (_, at) => get(`/${at}`)));
    expect(server.mostStreams).toBe(10);
    expect(server.connections).toBe(2);
    expect(server.calls.slice(0, 5)).toEqual(['/0', '/1', '/2', '/3', '/4']);
  });

  test('what waits heeds its signal, and a stream that was freed is used again', async () => {
    await server.close();
    await start(watch, 1);
    connect();
    const [first] = await Promise.all([exchange('/0'), exchange('/1')]);
    const stop = new AbortController();
    const [waits, waitsToo] = [failureOf(exchange('/2', { signal: stop.signal })), exchange('/3')];
    await sleep(20);
    stop.abort();
    expect(await waits).toBe('The call was given up');
    expect(server.calls).toEqual(['/0', '/1']);
    for (const stream of server.streams) stream.end();
    expect(await textOf(first)).toBe('first\n');
    await firstOf(await waitsToo);
    expect(server.calls).toEqual(['/0', '/1', '/3']);
  });
});

describe('what goes wrong', () => {
  test.each([
    { name: 'INTERNAL_ERROR', cut: (stream: ServerHttp2Stream) => stream.destroy(new Error('Broken')) },
    { name: 'CANCEL', cut: (stream: ServerHttp2Stream) => addAbortSignal(AbortSignal.abort(), stream) },
  ])('a call cut off with $name is an error, before and after the head', async ({ name, cut }) => {
    server.answerWith((stream, { ':path': path }) => {
      if (path === '/body') watch(stream, {});
      setTimeout(() => cut(stream), 20);
    });
    connect();
    expect(await failureOf(exchange('/head'))).toBe(`The answer was cut off by the other end (HTTP/2 ${name})`);
    expect(await failureOf(get('/body'))).toBe(`The answer was cut off by the other end (HTTP/2 ${name})`);
    server.answerWith((stream) => stream.respond({ ':status': 204 }, { endStream: true }));
    expect(await get('/')).toBe('');
    expect(server.connections).toBe(1);
  });

  test('a body that is shorter than it said', async () => {
    server.answerWith((stream) => {
      head(stream, { 'content-length': '100' });
      stream.end('short');
    });
    connect();
    expect(await failureOf(get('/'))).toMatch(/cut off|PROTOCOL_ERROR/);
  });

  test('a refused stream is sent once more, and not for ever', async () => {
    let refusals = 1;
    server.answerWith((stream) => {
      if (refusals-- > 0) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else stream.respond({ ':status': 200 }, { endStream: true });
    });
    connect();
    expect(await get('/again', { body: 'x' })).toBe('');
    expect(server.calls).toEqual(['/again', '/again']);
    refusals = 1000;
    expect(await failureOf(get('/never'))).toBe('The server refused the call before doing anything');
    expect(server.calls).toHaveLength(4);
  });

  test('GOAWAY: what has begun ends, what comes gets a new connection', async () => {
    server.answerWith((stream, { ':path': path }) =>
      path === '/slow' ? watch(stream, {}) : stream.respond({ ':status': 200 }, { endStream: true }),
    );
    connect();
    const slow = await firstOf(await exchange('/slow'));
    for (const session of server.sessions) session.goaway();
    await sleep(20);
    expect(await get('/next')).toBe('');
    expect(server.connections).toBe(2);
    for (const stream of server.streams) stream.end('last');
    expect(Buffer.from((await slow.next()).value ?? []).toString()).toBe('last');
    expect((await slow.next()).done).toBe(true);
    await until('the old connection to be closed', () => server.sockets.size === 1);
  });

  test('GOAWAY that leaves a call out: the server has not begun it, so it is sent once more', async () => {
    server.answerWith((stream, { ':path': path }) => {
      if (path === '/left-out' && server.connections === 1) stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1);
      else stream.respond({ ':status': 200 }, { endStream: true });
    });
    connect();
    await get('/first');
    expect(await get('/left-out')).toBe('');
    expect([server.calls, server.connections]).toEqual([['/first', '/left-out', '/left-out'], 2]);
  });

  test('a server that sends GOAWAY all the time collects no connections', async () => {
    server.answerWith(watch);
    connect();
    const answers: Promise<string>[] = [];
    for (let round = 0; round < 6; round++) {
      answers.push(get('/watch', { lane: 'Watches' }).catch((error: Error) => error.message));
      await until('the watch', () => server.calls.length === round + 1);
      for (const session of server.sessions) session.goaway();
      await sleep(20);
    }
    expect(server.sockets.size).toBeLessThanOrEqual(3);
    expect(await answers[0]).toContain('again and again');
  });

  test('a server that is killed cuts calls and watches, and is found again when it is back', async () => {
    server.answerWith(watch);
    connect();
    const open = await firstOf(await exchange('/watch', { lane: 'Watches' }));
    const next = failureOf(open.next());
    const call = failureOf(get('/call'));
    await until('both', () => server.streams.size === 2);
    await server.close();
    expect(await next).toMatch(/cut off|ECONNRESET/);
    expect(await call).toMatch(/cut off|ECONNRESET/);
    expect(await failureOf(get('/'))).toContain('ECONNREFUSED');
    server.answerWith((stream) => stream.respond({ ':status': 200 }, { endStream: true }));
    await server.listen();
    expect(await get('/')).toBe('');
  });

  test('a server that takes TCP and says nothing is given up; who gives up first does not wait', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    connection = new H2Connection(url, { ca }, { tuning: { connectTimeoutMs: 200 } });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    const [given, late] = [failureOf(exchange('/', { signal: stop.signal })), failureOf(exchange('/'))];
    expect(await given).toBe('The call was given up');
    expect(await late).toBe(`${url} let nobody in within 200 ms`);
    silent.close();
  });

  test('a certificate of somebody else', async () => {
    connection = new H2Connection(server.url, {});
    expect(await failureOf(get('/'))).toMatch(/certificate/);
    connection = new H2Connection(server.url, { ca, servername: 'kubernetes' });
    expect(await failureOf(get('/'))).toContain('kubernetes');
    connection = new H2Connection(server.url, { rejectUnauthorized: false });
    expect(await get('/')).toBe('{"ok":true}');
  });
});

describe('silence', () => {
  const tuning = { pingIntervalMs: 50, pingTimeoutMs: 100 };

  test('a server that is frozen is found by a PING: calls and watches fail, and the next call gets a new connection', async () => {
    const child = fork(new URL('../../test/fakes/h2-process.js', import.meta.url), [JSON.stringify(pair)]);
    const port = await new Promise<number>((resolve) => child.once('message', (message) => resolve(Number(message))));
    try {
      connection = new H2Connection(`https://127.0.0.1:${port}`, { ca }, { tuning });
      const open = await firstOf(await exchange('/watch', { lane: 'Watches' }));
      expect(await get('/')).toBe('ok');
      process.kill(child.pid ?? 0, 'SIGSTOP');
      const begin = Date.now();
      const [watched, called] = await Promise.all([failureOf(open.next()), failureOf(get('/'))]);
      expect(watched).toBe('The API server answered no HTTP/2 PING for 100 ms: the connection was given up');
      expect(called).toBe(watched);
      expect(Date.now() - begin).toBeLessThan(5000);
      process.kill(child.pid ?? 0, 'SIGCONT');
      expect(await get('/')).toBe('ok');
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('a quiet server that answers PINGs is left alone', async () => {
    server.answerWith(watch);
    connect({ tuning });
    const open = await firstOf(await exchange('/watch', { lane: 'Watches' }));
    await sleep(600);
    for (const stream of server.streams) stream.end();
    expect((await open.next()).done).toBe(true);
    expect(server.connections).toBe(1);
  });

  test('a connection that nobody uses is closed, and made again for the next call', async () => {
    connect({ tuning: { ...tuning, idleMs: 100 } });
    await get('/');
    await until('it to be closed', () => server.sockets.size === 0);
    await get('/');
    expect(server.connections).toBe(2);
  });
});

describe('the end', () => {
  test('retired: no new calls, what has begun ends, then the sockets close', async () => {
    server.answerWith(watch);
    connect();
    const open = await firstOf(await exchange('/watch', { lane: 'Watches' }));
    connection.retire();
    expect(await failureOf(exchange('/'))).toBe('The connection takes no more calls');
    for (const stream of server.streams) stream.end('last');
    expect(Buffer.from((await open.next()).value ?? []).toString()).toBe('last');
    expect((await open.next()).done).toBe(true);
    await until('the socket to close', () => server.sockets.size === 0);
  });

  test('destroyed: what is open or waits fails, and no socket is left', async () => {
    await server.close();
    await start(watch, 1);
    connect();
    const open = await firstOf(await exchange('/0'));
    await exchange('/1');
    const waits = failureOf(exchange('/2'));
    const next = failureOf(open.next());
    await connection.destroy();
    expect([await waits, await next]).toEqual(Array(2).fill('The connection to the API server was closed'));
    expect(await failureOf(exchange('/3'))).toBe('The connection takes no more calls');
    await until('the sockets to close', () => server.sockets.size === 0);
  });

  test.each(['destroyed', 'left idle'])('a process ends by itself, its connection %s', async (how) => {
    const script = `
      const { H2Connection } = await import(${JSON.stringify(new URL('./h2-connection.js', import.meta.url).href)});
      const connection = new H2Connection(${JSON.stringify(server.url)}, { ca: ${JSON.stringify(ca)} });
      const call = { method: 'GET', target: '/', headers: {}, body: undefined, signal: new AbortController().signal };
      for (const lane of ['Calls', 'Watches']) for await (const _ of (await connection.exchange({ ...call, lane })).body);
      ${how === 'destroyed' ? 'await connection.destroy();' : ''}
      console.log('done');`;
    const begin = Date.now();
    const said = await new Promise<string>((resolve, reject) =>
      execFile(process.execPath, ['--input-type=module', '-e', script], { timeout: 8000 }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      ),
    );
    expect(said).toBe('done\n');
    expect(Date.now() - begin).toBeLessThan(5000);
  });
});
