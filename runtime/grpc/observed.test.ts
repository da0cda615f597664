/** What those see who watch requests over gRPC, and what a client is told of the load. */
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadInferenceService } from '../../proto/load.js';
import { ECHO_SIGNATURE, FakeSession, makeEchoModel } from '../../test/runtime/fake-backend.js';
import { readLoadReport } from '../../test/runtime/orca.js';
import { Dataplane } from '../dataplane/dataplane.js';
import { type EndedRequest, RequestWatch } from '../dataplane/request-watch.js';
import { GrpcServer, type GrpcServerOptions } from './server.js';

const SERVICE = loadInferenceService();
const X = { name: 'x', datatype: 'FP32', shape: [1, 2] };
const RAW = Buffer.from(Float32Array.of(1, 2).buffer);
const LOAD = {
  cpuUtilization: 0.5,
  memoryUtilization: 0.25,
  applicationUtilization: 1.5,
  requestsPerSecond: 10,
  errorsPerSecond: 1,
  named: { pending_requests: 3, pending_rows: 12 },
};

let session: FakeSession;
let server: GrpcServer;
let client: Client;
let ended: EndedRequest[];
let isOn: boolean;

beforeEach(async () => {
  session = new FakeSession(ECHO_SIGNATURE);
  ended = [];
  isOn = true;
  await start();
});
async function start(options: GrpcServerOptions = {}): Promise<void> {
  const store = { models: () => [makeEchoModel(session)], isDraining: false };
  const monotonicSeconds = () => performance.now() / 1000;
  const dataplane = new Dataplane({ store, serverVersion: '1', monotonicSeconds });
  const log = {
    get isOn() {
      return isOn;
    },
    write: (request: EndedRequest) => void ended.push(request),
  };
  const requests = new RequestWatch({ log, monotonicSeconds });
  server = new GrpcServer(dataplane, () => undefined, { requests, ...options });
  client = new Client(`127.0.0.1:${await server.listen('127.0.0.1', 0)}`, credentials.createInsecure());
}
async function stop(): Promise<void> {
  client.close();
  await server.drain(1000);
}
afterEach(stop);

interface Outcome {
  readonly code: number;
  readonly trailers: Metadata;
}

function infer(metadata: Record<string, string> = {}, changes: object = {}, deadlineMs?: number): Promise<Outcome> {
  const { path, requestSerialize, responseDeserialize } = SERVICE.ModelInfer;
  const sent = new Metadata();
  for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
  const request = { model_name: 'echo', id: '7', inputs: [X], raw_input_contents: [RAW], ...changes };
  const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
  return new Promise((resolve) => {
    let trailers = new Metadata();
    let error: ServiceError | null = null;
    client
      .makeUnaryRequest(path, requestSerialize, responseDeserialize, request, sent, options, (thrown) => {
        error = thrown;
      })
      .on('status', (end) => {
        trailers = end.metadata;
        setImmediate(() => resolve({ code: error?.code ?? status.OK, trailers }));
      });
  });
}

describe('requests that are watched', () => {
  test('an answer: what was asked, by whom, how long and how large', async () => {
    await infer({ 'x-request-id': 'r-1', traceparent: 'tp', tracestate: 'ts' });
    const [{ record, code, endedSeconds } = { record: undefined, code: '', endedSeconds: 0 }] = ended;
    expect([ended.length, code]).toEqual([1, 'OK']);
    expect(record).toMatchObject({ model: 'echo', version: '1', id: 'r-1', rows: 1, batchRows: 1 });
    expect(record?.start).toMatchObject({ method: '/inference.GRPCInferenceService/ModelInfer', traceParent: 'tp', traceState: 'ts' });
    expect(record?.start.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(record?.requestBytes).toBeGreaterThan(RAW.length);
    expect(record?.responseBytes).toBeGreaterThan(RAW.length);
    expect(endedSeconds).toBeGreaterThanOrEqual(record?.startedSeconds ?? Number.POSITIVE_INFINITY);
    expect(record?.phases().map(({ name }) => name)).toEqual(['queue', 'batch', 'compute', 'encode']);
  });
  test.each([
    { name: 'an unknown model', changes: { model_name: 'nobody' }, want: 'NOT_FOUND', model: 'nobody' },
    { name: 'a wrong shape', changes: { inputs: [{ ...X, shape: [1, 3] }] }, want: 'INVALID_ARGUMENT', model: 'echo' },
  ])('a refusal of $name', async ({ changes, want, model }) => {
    await infer({}, changes);
    expect(ended).toMatchObject([{ code: want, record: { model, id: '7', rows: 0 } }]);
  });
  test('a deadline that passes is what the client hears, and is said once', async () => {
    let open: () => void = () => undefined;
    session.gate = new Promise((resolve) => {
      open = resolve;
    });
    const { code } = await infer({}, {}, 100);
    expect(code).toBe(status.DEADLINE_EXCEEDED);
    for (let left = 100; left > 0 && ended.length === 0; left--) await new Promise((resolve) => setTimeout(resolve, 10));
    open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ended.map((each) => each.code)).toEqual([expect.stringMatching(/^(DEADLINE_EXCEEDED|CANCELLED)$/)]);
  });
  test('each request of a stream is one', async () => {
    const { path, requestSerialize, responseDeserialize } = SERVICE.ModelStreamInfer;
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
    stream.on('data', () => undefined);
    for (const [id, model] of Object.entries({ a: 'echo', b: 'nobody' })) {
      stream.write({ model_name: model, id, inputs: [X], raw_input_contents: [RAW] });
    }
    stream.end();
    await new Promise((resolve) => stream.on('end', resolve));
    const facts = ended.map(({ record, code }) => [record.id, record.model, code]).sort();
    expect(facts).toEqual([
      ['a', 'echo', 'OK'],
      ['b', 'nobody', 'NOT_FOUND'],
    ]);
  });
  test('nothing is recorded while nobody watches', async () => {
    isOn = false;
    expect((await infer()).code).toBe(status.OK);
    expect(ended).toEqual([]);
  });
});

describe('load reports', () => {
  const key = 'endpoint-load-metrics-bin';
  test('none without being asked for', async () => expect((await infer()).trailers.get(key)).toEqual([]));
  test.each([
    { name: 'an answer', changes: {}, code: status.OK },
    { name: 'a refusal', changes: { model_name: 'nobody' }, code: status.NOT_FOUND },
  ])('$name ends with one', async ({ changes, code }) => {
    await stop();
    await start({ readLoad: (model) => (model === 'echo' || model === 'nobody' ? LOAD : { ...LOAD, cpuUtilization: 0 }) });
    const outcome = await infer({}, changes);
    expect(outcome.code).toBe(code);
    const [bytes, ...others] = outcome.trailers.get(key);
    expect(others).toEqual([]);
    expect(Buffer.isBuffer(bytes) ? readLoadReport(bytes) : bytes).toMatchObject({
      cpuUtilization: 0.5,
      memUtilization: 0.25,
      applicationUtilization: 1.5,
      rpsFractional: 10,
      eps: 1,
      namedMetrics: { pending_requests: 3, pending_rows: 12 },
    });
  });
  test('a stream ends with one, of the model of its last request', async () => {
    await stop();
    await start({ readLoad: (model) => ({ ...LOAD, errorsPerSecond: model === 'echo' ? 7 : 0 }) });
    const { path, requestSerialize, responseDeserialize } = SERVICE.ModelStreamInfer;
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
    stream.on('data', () => undefined);
    stream.end({ model_name: 'echo', inputs: [X], raw_input_contents: [RAW] });
    const { metadata } = await new Promise<{ metadata: Metadata }>((resolve) => stream.on('status', resolve));
    const [bytes] = metadata.get(key);
    expect(Buffer.isBuffer(bytes) ? readLoadReport(bytes) : bytes).toMatchObject({ eps: 7 });
  });
});
