import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { answerJson, answerStatus, FakeHttpServer } from '../../test/fakes/http-server.js';
import { type ClusterAccess, inClusterAccess } from './cluster-access.js';
import { isConflict, isGone, isNotFound, KubeError } from './kube-error.js';
import { KubeTransport, type TransportOptions } from './transport.js';

let server: FakeHttpServer;
let transport: KubeTransport;
let answers: string[];

const open = (options: Partial<TransportOptions> = {}, access: ClusterAccess = server.access()) => {
  transport = new KubeTransport(access, { userAgent: 'slipway-test/1', onAnswer: (method, code) => answers.push(`${method} ${code}`), ...options });
};
const get = (path = '/version', more: { timeoutMs?: number; signal?: AbortSignal } = {}) => transport.request({ method: 'GET', path, ...more });
const failure = async (work: Promise<unknown>): Promise<KubeError> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof KubeError) return error;
    throw error;
  }
  throw new Error('The call succeeded');
};

beforeEach(async () => {
  answers = [];
  server = await new FakeHttpServer((_, response) => answerJson(response, 200, { ok: true })).listen();
  open();
});
afterEach(async () => {
  await transport.close();
  await server.close();
});

describe('requests', () => {
  test('carry credentials, query and body, and come back as JSON', async () => {
    const answer = await transport.request({
      method: 'PATCH',
      path: '/api/v1/namespaces/shop/pods/a',
      query: { fieldManager: 'slipway operator', force: true, absent: undefined },
      contentType: 'application/apply-patch+yaml',
      body: { kind: 'Pod' },
    });
    expect(answer).toEqual({ ok: true });
    expect(server.calls[0]).toMatchObject({
      method: 'PATCH',
      path: '/api/v1/namespaces/shop/pods/a',
      body: '{"kind":"Pod"}',
      headers: { authorization: 'Bearer test', 'content-type': 'application/apply-patch+yaml', 'user-agent': 'slipway-test/1' },
    });
    expect(server.calls[0]?.query.toString()).toBe('fieldManager=slipway+operator&force=true');
    expect(answers).toEqual(['PATCH 200']);
  });

  test('share connections', async () => {
    for (let call = 0; call < 20; call++) await get();
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test('a server below a path is asked below that path', async () => {
    open({}, { ...server.access(), server: `${server.url}/k8s/clusters/c-1/` });
    await get('/version');
    expect(server.calls[0]?.path).toBe('/k8s/clusters/c-1/version');
  });
});

describe('what goes wrong', () => {
  test.each([
    { name: 'not found', code: 404, reason: 'NotFound', is: isNotFound },
    { name: 'conflict', code: 409, reason: 'Conflict', is: isConflict },
    { name: 'gone', code: 410, reason: 'Expired', is: isGone },
  ])('$name is told from the Status object', async ({ code, reason, is }) => {
    server.answerWith((_, response) => answerStatus(response, code, reason, `pods "a": ${reason}`));
    const error = await failure(get());
    expect(error).toMatchObject({ code, reason, message: `pods "a": ${reason}` });
    expect(is(error)).toBe(true);
  });

  test('an answer of something in between is told by its status', async () => {
    server.answerWith((_, response) => response.writeHead(502).end('<html>Bad gateway</html>'));
    expect(await failure(get())).toMatchObject({ code: 502, reason: 'HTTP502', message: '<html>Bad gateway</html>' });
  });

  test('an answer that is not JSON, or cut off', async () => {
    server.answerWith((_, response) => response.end('hello'));
    expect(await failure(get())).toMatchObject({ code: 0, reason: 'BadAnswer' });
    server.answerWith((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"a":');
      setTimeout(() => response.destroy(), 10);
    });
    expect(await failure(get())).toMatchObject({ code: 0, reason: 'Unreachable' });
  });

  test('a deadline, and a caller who gives up', async () => {
    await get();
    answers.length = 0;
    server.answerWith(() => undefined);
    expect(await failure(get('/slow', { timeoutMs: 30 }))).toMatchObject({ reason: 'Timeout', message: 'GET /slow took more than 30 ms' });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 10);
    expect(await failure(get('/slow', { signal: stop.signal }))).toMatchObject({ reason: 'Aborted' });
    await new Promise(setImmediate);
    expect(answers).toEqual(['GET <error>', 'GET <error>']);
  });

  test('nobody listens', async () => {
    await server.close();
    expect(await failure(get())).toMatchObject({ code: 0, reason: 'Unreachable', message: expect.stringContaining('ECONNREFUSED') });
  });

  test('too many requests are repeated when the server says, three times', async () => {
    let refusals = 0;
    server.answerWith((_, response) => {
      if (refusals++ < 2) answerStatus(response, 429, 'TooManyRequests', 'later', { 'retry-after': '0' });
      else answerJson(response, 200, { ok: true });
    });
    expect(await get()).toEqual({ ok: true });
    server.answerWith((_, response) => answerStatus(response, 429, 'TooManyRequests', 'later', { 'retry-after': '0' }));
    answers.length = 0;
    expect(await failure(get())).toMatchObject({ code: 429, retryAfterMs: 0 });
    expect(answers).toHaveLength(4);
  });

  test('after close nothing goes out', async () => {
    await get();
    await transport.close();
    expect(await failure(get())).toMatchObject({ reason: 'Aborted' });
  });
});

describe('credentials', () => {
  let folder: string;
  const write = (file: string, text: string) => writeFile(join(folder, file), text);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-sa-'));
    await Promise.all([write('token', 'one\n'), write('ca.crt', 'PEM'), write('namespace', 'slipway-system\n')]);
  });
  afterEach(() => rm(folder, { recursive: true }));
  const inCluster = async (): Promise<ClusterAccess> => {
    const access = await inClusterAccess({ KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }, folder);
    if (access === undefined) throw new Error('Not in a cluster');
    return { ...access, server: server.url };
  };
  const seen = () => server.calls.map((call) => call.headers['authorization']);

  test('outside a pod there is no service account', async () => expect(await inClusterAccess({}, folder)).toBeUndefined());

  test('an IPv6 address is bracketed', async () => {
    const access = await inClusterAccess({ KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }, folder);
    expect(access).toMatchObject({ server: 'https://[fd00::1]:443', namespace: 'slipway-system' });
  });

  test('a token that rotates is read again', async () => {
    open({ credentialsMaxAgeMs: 0 }, await inCluster());
    await get();
    await write('token', 'two');
    await get();
    expect(seen()).toEqual(['Bearer one', 'Bearer two']);
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test('a token that is refused is read again at once', async () => {
    open({}, await inCluster());
    server.answerWith((call, response) => {
      if (call.headers['authorization'] === 'Bearer two') answerJson(response, 200, { ok: true });
      else answerStatus(response, 401, 'Unauthorized', 'Unauthorized');
    });
    const first = get();
    await write('token', 'two');
    await first.catch(() => undefined);
    expect(await get()).toEqual({ ok: true });
    await write('token', 'three');
    expect(await get()).toEqual({ ok: true }); // still the one that works
    server.answerWith((_, response) => answerStatus(response, 401, 'Unauthorized', 'Unauthorized'));
    expect(await failure(get())).toMatchObject({ code: 401 });
  });

  test('a new CA gets new connections', async () => {
    open({ credentialsMaxAgeMs: 0 }, await inCluster());
    await get();
    await write('ca.crt', 'PEM of a new CA');
    await get();
    expect(server.connections).toBe(2);
  });

  test('a token that is missing is named', async () => {
    await rm(join(folder, 'token'));
    open({}, await inCluster());
    expect((await failure(get())).message).toContain(join(folder, 'token'));
  });
});
