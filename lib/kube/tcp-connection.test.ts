import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:https';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type KeyPair, TestCertificates } from '../../test/fakes/certificates.js';
import { FakeH2Server } from '../../test/fakes/h2-server.js';
import { FakeHttpServer } from '../../test/fakes/http-server.js';
import type { HttpCall, Lane } from './connection.js';
import { TcpConnection } from './tcp-connection.js';

const certificates = new TestCertificates();
let ca: string;
let pair: KeyPair;
let connection: TcpConnection;

beforeAll(() => {
  ca = certificates.makeAuthority('ca');
  pair = certificates.makePair('server', 'ca');
});
afterAll(() => certificates.remove());
afterEach(() => connection.destroy());

const get = async (target: string, lane: Lane = 'Calls'): Promise<string> => {
  const call: HttpCall = { method: 'GET', target, headers: {}, body: undefined, lane, signal: new AbortController().signal };
  let text = '';
  for await (const chunk of (await connection.exchange(call)).body) text += Buffer.from(chunk).toString();
  return text;
};

describe('a server with TLS and HTTP/1.1 alone', () => {
  let server: Server;
  let url: string;
  const sockets = new Set<unknown>();
  const protocols: unknown[] = [];
  beforeEach(async () => {
    sockets.clear();
    protocols.length = 0;
    server = createServer(pair, (request, response) => void setTimeout(() => response.end(`${request.httpVersion} ${request.url}`), 5));
    server.on('secureConnection', (socket) => {
      protocols.push(socket.alpnProtocol);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('is spoken to in HTTP/1.1; that is found out once, and four sockets are enough for all calls', async () => {
    connection = new TcpConnection(url, { ca });
    expect(await get('/first')).toBe('1.1 /first');
    const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => get(`/${at}`)));
    expect(answers).toEqual(Array.from({ length: 100 }, (_, at) => `1.1 /${at}`));
    expect(new Set(protocols)).toEqual(new Set(['http/1.1']));
    expect(protocols.length).toBeLessThanOrEqual(1 + 4);
    expect(sockets.size).toBe(4);
  });

  test('retired, calls are refused; destroyed, no socket is left', async () => {
    connection = new TcpConnection(url, { ca });
    const open = get('/open');
    await get('/first');
    connection.retire();
    await expect(get('/late')).rejects.toThrow('takes no more calls');
    expect(await open).toBe('1.1 /open');
    await connection.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sockets.size).toBe(0);
  });

  test('has to be trusted all the same', async () => {
    connection = new TcpConnection(url, {});
    await expect(get('/')).rejects.toThrow(/certificate/);
  });
});

test('an origin without TLS, such as kubectl proxy, is spoken to in HTTP/1.1', async () => {
  const server = await new FakeHttpServer((call, response) => void response.end(call.path)).listen();
  connection = new TcpConnection(server.url, {});
  expect(await Promise.all([get('/a'), get('/b', 'Watches')])).toEqual(['/a', '/b']);
  await server.close();
});

test('HTTP/2 is preferred, and undici is not loaded for it', async () => {
  const server = await new FakeH2Server(pair, undefined, { allowHTTP1: true }).listen();
  connection = new TcpConnection(server.url, { ca });
  expect(await get('/here')).toBe('{"ok":true}');
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const { TcpConnection } = await import(${JSON.stringify(new URL('./tcp-connection.js', import.meta.url).href)});
    const call = { method: 'GET', target: '/there', headers: {}, body: undefined, lane: 'Calls', signal: new AbortController().signal };
    const connection = new TcpConnection(${JSON.stringify(server.url)}, { ca: ${JSON.stringify(ca)} });
    for await (const _ of (await connection.exchange(call)).body);
    console.log(loaded.some((url) => url.includes('h2-connection')), loaded.some((url) => url.includes('undici')));
    await connection.destroy();`;
  const said = await new Promise<string>((resolve, reject) =>
    execFile(process.execPath, ['--input-type=module', '-e', script], { timeout: 8000 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    ),
  );
  expect([said, server.calls]).toEqual(['true false\n', ['/here', '/there']]);
  await server.close();
});
