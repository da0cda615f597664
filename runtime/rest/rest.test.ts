import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HttpServer } from '../../lib/http-server.js';
import { ECHO_SIGNATURE, FakeSession, makeEchoModel } from '../../test/runtime/fake-backend.js';
import { INFERENCE_CODES, InferenceError } from '../core/inference-error.js';
import type { ModelState } from '../core/readiness.js';
import { Dataplane } from '../dataplane/dataplane.js';
import type { Model } from '../dataplane/ports.js';
import { type EndedRequest, RequestWatch } from '../dataplane/request-watch.js';
import { newRestHandler } from './rest.js';
import { answerError, HTTP_STATUS } from './status.js';

const INFER = '/v2/models/echo/infer';
const GOOD = '{"id":"7","inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1.5,-2]}]}';
const RAW = Buffer.from(Float32Array.of(1.5, -2).buffer);

let session: FakeSession;
let model: Model;
let server: HttpServer;
let port: number;
let agent: Agent;
let state: ModelState;
let unknown: unknown[];
let sockets: Socket[];
let ended: EndedRequest[];
let isWatched: boolean;

const LOAD = {
  cpuUtilization: 0.5,
  memoryUtilization: 0.25,
  applicationUtilization: 1.5,
  requestsPerSecond: 10,
  errorsPerSecond: 0,
  named: { pending_requests: 3, pending_rows: 12 },
};

beforeEach(async () => {
  session = new FakeSession(ECHO_SIGNATURE);
  state = 'Ready';
  unknown = [];
  sockets = [];
  ended = [];
  isWatched = false;
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  model = makeEchoModel(session);
  const models = () => [{ ...model, state }];
  const dataplane = new Dataplane({ store: { models, isDraining: false }, serverVersion: '1', monotonicSeconds: () => 0 });
  const onUnknown = (error: unknown): void => {
    unknown.push(error);
  };
  const limits = { messageBytes: 1024, bodyStallMs: 200 };
  const log = {
    get isOn() {
      return isWatched;
    },
    write: (each: EndedRequest) => void ended.push(each),
  };
  const requests = new RequestWatch({ log, monotonicSeconds: () => 0 });
  server = new HttpServer('REST', newRestHandler({ dataplane, onUnknown, limits, requests, readLoad: () => LOAD }), onUnknown);
  port = await server.listen('127.0.0.1', 0);
});
afterEach(async () => {
  agent.destroy();
  for (const socket of sockets) socket.destroy();
  await server.close(100);
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Whether the connection had served before. */
  readonly isReused: boolean;
}

async function call(path: string, body?: string | Uint8Array, headers: Record<string, string | number> = {}, method?: string): Promise<Answer> {
  const sent = request({ host: '127.0.0.1', port, path, method: method ?? (body === undefined ? 'GET' : 'POST'), headers, agent });
  sent.end(body);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  sent.on('error', reject).on('response', (response) => {
    text(response).then(
      (answer) => resolve({ status: response.statusCode, headers: response.headers, body: answer, isReused: sent.reusedSocket }),
      reject,
    );
  });
  return await promise;
}

/** A connection that the test writes to by hand. */
async function open(start: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(start);
  return socket;
}

describe('requests that are watched', () => {
  beforeEach(() => {
    isWatched = true;
  });
  test('an answer: what was asked, by whom, how large', async () => {
    const { body } = await call(INFER, GOOD, { 'x-request-id': 'r-1', traceparent: 'tp', tracestate: 'ts' });
    expect(ended).toMatchObject([{ code: '200', record: { model: 'echo', version: '1', id: 'r-1', rows: 1, batchRows: 1 } }]);
    const [{ record } = { record: undefined }] = ended;
    expect(record?.start).toMatchObject({ method: 'POST /v2/models/{model}/infer', traceParent: 'tp', traceState: 'ts' });
    expect(record?.start.peer).toMatch(/127\.0\.0\.1:\d+$/);
    expect([record?.requestBytes, record?.responseBytes]).toEqual([GOOD.length, body.length]);
  });
  test.each([
    { name: 'no JSON', path: INFER, body: '{', want: '400', id: '' },
    { name: 'an unknown model', path: '/v2/models/nobody/versions/3/infer', body: GOOD, want: '404', id: '7' },
    { name: 'too large a body', path: INFER, body: 'x'.repeat(2000), want: '413', id: '' },
  ])('a refusal: $name', async ({ path, body, want, id }) => {
    await call(path, body);
    expect(ended).toMatchObject([{ code: want, record: { id, responseBytes: 0 } }]);
  });
  test('what is no inference is none', async () => {
    await call('/v2/models/echo');
    expect(ended).toEqual([]);
  });
});

describe('load reports', () => {
  const read = async (headers: Record<string, string>) => (await call(INFER, GOOD, headers)).headers['endpoint-load-metrics'];
  test.each([
    { asked: 'json', want: /^JSON \{.*"named_metrics":\{"pending_requests":3,"pending_rows":12\}\}$/ },
    { asked: 'text', want: /^TEXT cpu_utilization=0\.5, .*named_metrics\.pending_rows=12$/ },
  ])('as $asked', async ({ asked, want }) => expect(await read({ 'endpoint-load-metrics-format': asked })).toMatch(want));
  test.each([{ headers: {} }, { headers: { 'endpoint-load-metrics-format': 'xml' } }])('none for $headers', async ({ headers }) =>
    expect(await read(headers)).toBeUndefined(),
  );
});

describe('infer over HTTP', () => {
  test('JSON in, JSON out; the id comes back', async () => {
    const { status, headers, body } = await call(INFER, GOOD, { 'content-type': 'text/plain' });
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    expect(JSON.parse(body)).toEqual({
      id: '7',
      model_name: 'echo',
      model_version: '1',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [1.5, -2] }],
    });
  });
  test('binary in, binary out', async () => {
    const json =
      '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}';
    const sent = request({ host: '127.0.0.1', port, path: '/v2/models/echo/versions/1/infer', method: 'POST', agent });
    sent.setHeader('Inference-Header-Content-Length', json.length);
    sent.end(Buffer.concat([Buffer.from(json), RAW]));
    const [response] = await once(sent, 'response');
    const body = Buffer.concat(await response.toArray());
    const size = Number(response.headers['inference-header-content-length']);
    expect(body.subarray(size)).toEqual(RAW);
    expect(JSON.parse(body.subarray(0, size).toString()).outputs).toEqual([
      { name: 'y', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
    ]);
  });
  test.each([
    ['gzip', gzipSync(GOOD)],
    ['deflate', deflateSync(GOOD)],
    ['identity', Buffer.from(GOOD)],
  ])('a body in %s is understood', async (encoding, body) => {
    expect(await call(INFER, body, { 'content-encoding': encoding })).toMatchObject({ status: 200 });
  });

  test.each([
    { name: 'broken JSON', body: '{"inputs":', headers: {}, want: { status: 400, error: /^the request is not JSON/ } },
    {
      name: 'a wrong shape',
      body: GOOD.replace('[1,2]', '[2,1]'),
      headers: {},
      want: { status: 400, error: /unexpected shape for input 'x' for model 'echo'. Expected \[-1,2\]/ },
    },
    {
      name: 'a wrong output',
      body: GOOD.replace('{"id"', '{"outputs":[{"name":"z"}],"id"'),
      headers: {},
      want: { status: 400, error: /unexpected inference output 'z'/ },
    },
    { name: 'BF16', body: GOOD.replace('FP32', 'BF16'), headers: {}, want: { status: 400, error: /BF16, which JSON cannot carry/ } },
    { name: 'a body over the limit', body: 'x'.repeat(1025), headers: {}, want: { status: 413, error: /larger than the limit of 1024 bytes/ } },
    {
      name: 'a body over the limit in chunks',
      body: 'x'.repeat(1025),
      headers: { 'transfer-encoding': 'chunked' },
      want: { status: 413, error: /limit of 1024 bytes/ },
    },
    {
      name: 'a bomb',
      body: gzipSync('x'.repeat(100_000)),
      headers: { 'content-encoding': 'gzip' },
      want: { status: 413, error: /when inflated is larger than the limit of 1024 bytes/ },
    },
    {
      name: 'what is no gzip',
      body: GOOD,
      headers: { 'content-encoding': 'gzip' },
      want: { status: 400, error: /is not gzip, which Content-Encoding says/ },
    },
    {
      name: 'an unknown encoding',
      body: GOOD,
      headers: { 'content-encoding': 'br' },
      want: { status: 415, error: /Content-Encoding "br" is not known: .* gzip or deflate/ },
    },
  ])('$name is refused and the connection lives', async ({ body, headers, want }) => {
    const refused = await call(INFER, body, headers);
    expect(refused.status).toBe(want.status);
    expect(JSON.parse(refused.body).error).toMatch(want.error);
    expect(await call(INFER, GOOD)).toMatchObject({ status: 200, isReused: true });
    expect(unknown).toEqual([]);
  });
  test.each([
    { name: 'an unknown model', path: '/v2/models/nobody/infer', want: 404 },
    { name: 'an unknown version', path: '/v2/models/echo/versions/9/infer', want: 404 },
    { name: 'another path', path: '/v2/models/echo/explain', want: 404 },
  ])('$name is $want', async ({ path, want }) => {
    const { status, body } = await call(path, GOOD);
    expect(status).toBe(want);
    expect(JSON.parse(body)).toEqual({ error: expect.any(String) });
  });
  test('each path says which method it takes', async () => {
    expect(await call(INFER)).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await call('/v2/models/echo', '{}')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });
  test('a model that loads is 503', async () => {
    state = 'Loading';
    expect(await call(INFER, GOOD)).toMatchObject({ status: 503 });
  });
  test('an error of ours is told to the log, and not to the client', async () => {
    Object.assign(model.servable ?? {}, { signature: undefined });
    const { status, body } = await call(INFER, GOOD);
    expect([status, JSON.parse(body)]).toEqual([500, { error: 'Slipway failed on this request; its log says why' }]);
    expect(unknown).toHaveLength(1);
  });

  test('who hangs up while waiting in line is never run', async () => {
    const gate = Promise.withResolvers<void>();
    session.gate = gate.promise;
    const first = call(INFER, GOOD);
    while (session.runs.length === 0) await new Promise(setImmediate);
    const waiting = await open(`POST ${INFER} HTTP/1.1\r\nhost: x\r\ncontent-length: ${GOOD.length}\r\n\r\n${GOOD}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
    waiting.destroy();
    await new Promise((resolve) => setTimeout(resolve, 30));
    gate.resolve();
    expect(await first).toMatchObject({ status: 200 });
    expect(await call(INFER, GOOD)).toMatchObject({ status: 200 });
    expect(session.runs).toHaveLength(2);
    expect(unknown).toEqual([]);
  });
  test('a body that stops coming is 408 and ends the connection', async () => {
    const socket = await open(`POST ${INFER} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"inp`);
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1.1 408 .*connection: close.*the request's body paused for 0.2 s after 5 bytes/is);
  });
  test('who hangs up in the middle of a body is forgotten', async () => {
    const socket = await open(`POST ${INFER} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"inp`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    expect(await call(INFER, GOOD)).toMatchObject({ status: 200 });
    expect(unknown).toEqual([]);
  });
  test('a request in flight outlives the start of a close, and its connection ends with it', async () => {
    const gate = Promise.withResolvers<void>();
    session.gate = gate.promise;
    const answered = call(INFER, GOOD);
    while (session.runs.length === 0) await new Promise(setImmediate);
    const closed = server.close(5000);
    gate.resolve();
    expect(await answered).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await closed;
  });
  test("600 seeded broken requests are refused as the client's mistake, on one connection", async () => {
    let seed = 11;
    const chance = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const statuses = new Set<number | undefined>();
    for (let run = 0; run < 600; run += 1) {
      const bytes = Buffer.from(GOOD);
      for (let change = chance(4); change > 0; change -= 1) bytes[chance(bytes.length)] = chance(256);
      const body = bytes.subarray(0, chance(3) === 0 ? chance(bytes.length) : bytes.length);
      const headers = chance(2) === 0 ? {} : { 'inference-header-content-length': ['-1', '0', 'x', '1e1', String(chance(120))][chance(5)] ?? '' };
      statuses.add((await call(INFER, body, headers)).status);
    }
    expect([...statuses].sort()).toEqual([200, 400, 501]);
    expect(await call(INFER, GOOD)).toMatchObject({ status: 200, isReused: true });
    expect(unknown).toEqual([]);
  });
});

describe('status', () => {
  test.each([...INFERENCE_CODES])('%s has its status and the text of the error', (code) => {
    const answer = answerError(new InferenceError(code, 'why'));
    expect([answer.status, answer.body]).toEqual([HTTP_STATUS[code], '{"error":"why"}\n']);
  });
  test('a text of nobody knows whom stays here', () => {
    expect(answerError(new Error('/etc/secret')).body).not.toContain('secret');
  });
});
