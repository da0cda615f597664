import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, loadPackageDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ServerReflectionResponse__Output } from '../../proto/gen/grpc/reflection/v1/ServerReflectionResponse.js';
import type { GRPCInferenceServiceClient } from '../../proto/gen/inference/GRPCInferenceService.js';
import type { ModelInferRequest } from '../../proto/gen/inference/ModelInferRequest.js';
import type { ModelInferResponse__Output } from '../../proto/gen/inference/ModelInferResponse.js';
import type { ProtoGrpcType } from '../../proto/gen/inference.js';
import { findProtoFolder, loadHealthService, loadReflectionService } from '../../proto/load.js';
import { PROTO_OPTIONS } from '../../proto/options.js';
import { ECHO_SIGNATURE, FakeSession, makeEchoModel } from '../../test/runtime/fake-backend.js';
import { LIMITS } from '../core/limits.js';
import { AdminPlane } from '../dataplane/admin-plane.js';
import { Dataplane } from '../dataplane/dataplane.js';
import { LogSettings } from '../dataplane/log-settings.js';
import type { Model, ModelStore } from '../dataplane/ports.js';
import { SharedMemory } from '../dataplane/shared-memory.js';
import { TraceSettings } from '../dataplane/trace-settings.js';
import { INFER_PATHS, type InferPath } from './infer-codec.js';
import { GrpcServer } from './server.js';

const proto = loadPackageDefinition(loadSync(join(findProtoFolder(), 'inference.proto'), PROTO_OPTIONS)) as unknown as ProtoGrpcType;
let session: FakeSession;
let model: Model;
let server: GrpcServer;
let client: GRPCInferenceServiceClient;
let unknown: unknown[];
let ends: string[];
let paths: InferPath[];
let address: string;

async function start(inferPath: InferPath, adminFolder?: string, calls: unknown[] = []): Promise<void> {
  session = new FakeSession(ECHO_SIGNATURE);
  unknown = [];
  model = makeEchoModel(session);
  const store: ModelStore = {
    models: () => [model],
    isDraining: false,
    load: async (name, parameters) => void calls.push(['load', name, ...parameters]),
    unload: async (name) => void calls.push(['unload', name]),
  };
  const control = { level: 'info' } as const;
  const admin =
    adminFolder === undefined
      ? undefined
      : new AdminPlane({
          store,
          sharedMemory: new SharedMemory(adminFolder),
          trace: new TraceSettings(),
          log: new LogSettings({ ...control }),
        });
  const dataplane = new Dataplane({
    store,
    serverVersion: '1',
    monotonicSeconds: () => 0,
  });
  ends = [];
  paths = [];
  server = new GrpcServer(dataplane, (error) => unknown.push(error), {
    inferPath,
    ...(admin === undefined ? {} : { admin }),
    observer: { onCallEnd: (method, code) => ends.push(`${method} ${code}`), onInferPath: (path) => paths.push(path), onFault: () => undefined },
  });
  const port = await server.listen('127.0.0.1', 0);
  address = `127.0.0.1:${port}`;
  client = new proto.inference.GRPCInferenceService(address, credentials.createInsecure());
}
afterEach(async () => {
  client.close();
  await server.drain(1000);
});

function infer(request: ModelInferRequest): Promise<ModelInferResponse__Output> {
  return new Promise((resolve, reject) =>
    client.ModelInfer(request, (error, reply) => (error || reply === undefined ? reject(error) : resolve(reply))),
  );
}

const head = { model_name: 'echo', id: '7' };
const x = { name: 'x', datatype: 'FP32', shape: [1, 2] };
const raw = Buffer.from(Float32Array.of(1, 2).buffer);

describe.each(INFER_PATHS)('GrpcServer, %s path', (inferPath) => {
  beforeEach(() => start(inferPath));
  test('raw in, raw out; the id comes back', async () => {
    const reply = await infer({ ...head, inputs: [x], raw_input_contents: [raw] });
    expect(reply).toMatchObject({ id: '7', model_version: '1', outputs: [{ name: 'y', shape: ['1', '2'], contents: null }] });
    expect(reply.raw_output_contents).toEqual([raw]);
  });
  test('typed in, typed out', async () => {
    const reply = await infer({ ...head, inputs: [{ ...x, contents: { fp32_contents: [1, 2] } }] });
    expect([reply.outputs[0]?.contents?.fp32_contents, reply.raw_output_contents]).toEqual([[1, 2], []]);
  });
  test('what is no message is refused as such, and an answer is counted with its path', async () => {
    const refused = await new Promise<ServiceError | null>((resolve) =>
      client.makeUnaryRequest(
        '/inference.GRPCInferenceService/ModelInfer',
        () => Buffer.from([0xff]),
        (reply) => reply,
        {},
        resolve,
      ),
    );
    expect([refused?.code, unknown]).toEqual([status.INVALID_ARGUMENT, []]);
    await infer({ ...head, inputs: [x], raw_input_contents: [raw] });
    const path = '/inference.GRPCInferenceService/ModelInfer';
    expect([paths, ends]).toEqual([[inferPath], [`${path} INVALID_ARGUMENT`, `${path} OK`]]);
  });
  test('a stream answers in order, goes on after an error, and marks the last answer for those who ask', async () => {
    const stream = client.ModelStreamInfer();
    const answers: unknown[] = [];
    const ended = new Promise((resolve) => stream.on('status', ({ code }) => resolve(code)));
    stream.on('data', ({ error_message, infer_response }) =>
      answers.push(error_message || [infer_response?.id, infer_response?.parameters['triton_final_response']?.bool_param]),
    );
    stream.write({ ...head, id: 'a', inputs: [x], raw_input_contents: [raw] });
    stream.write({ ...head, id: 'b', model_name: 'nobody' });
    const parameters = { triton_enable_empty_final_response: { bool_param: true } };
    stream.write({ ...head, id: 'c', parameters, inputs: [x], raw_input_contents: [raw] });
    for (let index = 0; index < 200; index++) stream.write({ ...head, id: `${index}`, inputs: [x], raw_input_contents: [raw] });
    stream.end();
    expect(await ended).toBe(status.OK);
    const others = Array.from({ length: 200 }, (_, index) => [`${index}`, undefined]);
    expect(answers).toEqual([['a', undefined], "Request for unknown model: 'nobody' is not found", ['c', true], ...others]);
  });
  test('an error of ours is told to the log, and not to the client', async () => {
    Object.assign(model.servable ?? {}, { signature: undefined });
    await expect(infer({ ...head, inputs: [x], raw_input_contents: [raw] })).rejects.toMatchObject({
      code: status.INTERNAL,
      details: 'Slipway failed on this request; its log says why',
    });
    expect(unknown).toHaveLength(1);
  });
  test('who hangs up, or runs out of time, while waiting in line is never run', async () => {
    const gate = Promise.withResolvers<void>();
    session.gate = gate.promise;
    const request = { ...head, inputs: [x], raw_input_contents: [raw] };
    const first = infer(request);
    while (session.runs.length === 0) await new Promise(setImmediate);
    const codes: (number | undefined)[] = [];
    const waiting = client.ModelInfer(request, (error) => codes.push(error?.code));
    client.ModelInfer(request, { deadline: Date.now() + 50 }, (error) => codes.push(error?.code));
    setTimeout(() => waiting.cancel(), 30);
    while (codes.length < 2) await new Promise(setImmediate);
    await new Promise((resolve) => setTimeout(resolve, 50)); // the server hears of it a little later
    gate.resolve();
    await first;
    await infer(request);
    expect(codes.sort()).toEqual([status.CANCELLED, status.DEADLINE_EXCEEDED]);
    expect(session.runs).toHaveLength(2);
  });
  test('a full line is RESOURCE_EXHAUSTED: clients of Triton and KServe retry UNAVAILABLE at once', async () => {
    const gate = Promise.withResolvers<void>();
    session.gate = gate.promise;
    const calls = Array.from({ length: LIMITS.queueLength + 3 }, () =>
      infer({ ...head, inputs: [x], raw_input_contents: [raw] }).then(
        () => 'OK',
        ({ code, details }) => {
          gate.resolve();
          return `${code} ${details}`;
        },
      ),
    );
    const answers = await Promise.all(calls);
    expect(answers.filter((answer) => answer === 'OK')).toHaveLength(LIMITS.queueLength + 1);
    const refused = answers.filter((answer) => answer !== 'OK');
    expect(new Set(refused)).toEqual(
      new Set([`${status.RESOURCE_EXHAUSTED} Exceeds maximum queue size: ${LIMITS.queueLength} requests wait already`]),
    );
  });
  test('a call in flight outlives the start of a drain', async () => {
    const gate = Promise.withResolvers<void>();
    session.gate = gate.promise;
    const call = infer({ ...head, inputs: [x], raw_input_contents: [raw] });
    while (session.runs.length === 0) await new Promise(setImmediate);
    const drained = server.drain(5000);
    gate.resolve();
    await expect(call).resolves.toMatchObject({ model_name: 'echo' });
    await expect(drained).resolves.toBeUndefined();
  });
  test('a drain that runs out of time cuts off and says so', async () => {
    session.gate = new Promise(() => undefined);
    const call = infer({ ...head, inputs: [x], raw_input_contents: [raw] });
    const cut = expect(call).rejects.toBeDefined();
    while (session.runs.length === 0) await new Promise(setImmediate);
    await expect(server.drain(20)).rejects.toThrow('still in flight after 0.02 s');
    await cut;
  });
});

describe("Triton's extensions", () => {
  beforeEach(() => start('hot'));
  /** Answer, or code and text of the refusal. */
  const ask = <Reply>(call: (done: (error: ServiceError | null, reply?: Reply) => void) => void): Promise<Reply | string> =>
    new Promise((resolve) => call((error, reply) => resolve(reply ?? `${status[error?.code ?? 0]} ${error?.details}`)));

  test('the config says what the model is', async () => {
    await expect(ask((done) => client.ModelConfig({ name: 'echo' }, done))).resolves.toMatchObject({
      config: {
        name: 'echo',
        platform: 'onnxruntime_onnx',
        backend: 'onnxruntime',
        version_policy: { policy_choice: 'all' },
        max_batch_size: 0,
        input: [{ name: 'x', data_type: 'TYPE_FP32', dims: ['-1', '2'] }],
        output: [{ name: 'y', data_type: 'TYPE_FP32', dims: ['-1', '2'] }],
        instance_group: [{ name: 'echo_0', count: 1 }],
        default_model_filename: 'model.onnx',
      },
    });
  });
  test('statistics grow with requests', async () => {
    await infer({ ...head, inputs: [x], raw_input_contents: [raw] });
    await infer({ ...head, inputs: [x], raw_input_contents: [raw] });
    await infer({ ...head, inputs: [{ ...x, datatype: 'FP64' }], raw_input_contents: [raw] }).catch(() => undefined);
    const parts = { compute_input: { count: '2', ns: '250000000' }, compute_infer: { count: '2', ns: '500000000' }, compute_output: { count: '2' } };
    const inference = { success: { count: '2' }, fail: { count: '1' }, queue: { count: '2' }, ...parts, cache_hit: { count: '0', ns: '0' } };
    const want = { name: 'echo', version: '1', last_inference: '5000', inference_count: '2', execution_count: '2', inference_stats: inference };
    const answers = await Promise.all(['echo', ''].map((name) => ask((done) => client.ModelStatistics({ name }, done))));
    for (const answer of answers) expect(answer).toMatchObject({ model_stats: [{ ...want, batch_stats: [{ batch_size: '1', ...parts }] }] });
  });
  test('the index tells the state of each model', async () => {
    const models = [{ name: 'echo', version: '1', state: 'READY', reason: '' }];
    await expect(ask((done) => client.RepositoryIndex({ ready: true }, done))).resolves.toEqual({ models });
    const refused = await ask((done) => client.RepositoryIndex({ repository_name: 'other' }, done));
    expect(refused).toBe("UNIMPLEMENTED 'repository_name' specification is not supported: leave 'other' away, there is one repository");
  });
  test('the server advertises no more than that', async () => {
    await expect(ask((done) => client.ServerMetadata({}, done))).resolves.toMatchObject({
      extensions: ['binary_tensor_data', 'classification', 'model_configuration', 'parameters', 'schedule_policy', 'sequence', 'statistics'],
    });
  });
  test('an unknown model has neither config nor statistics', async () => {
    const want = "NOT_FOUND Request for unknown model: 'nobody' is not found";
    await expect(ask((done) => client.ModelConfig({ name: 'nobody' }, done))).resolves.toBe(want);
    await expect(ask((done) => client.ModelStatistics({ name: 'nobody' }, done))).resolves.toBe(want);
  });
  test.each([
    ['RepositoryModelLoad', 'Loading models'],
    ['SystemSharedMemoryStatus', 'System shared memory'],
    ['TraceSetting', 'Trace settings'],
    ['LogSettings', 'Log settings'],
  ])('%s is off, and the answer says how to switch it on', async (method, what) => {
    const path = `/inference.GRPCInferenceService/${method}`;
    const refused = await ask((done) =>
      client.makeUnaryRequest(
        path,
        () => Buffer.alloc(0),
        (reply) => reply,
        {},
        done,
      ),
    );
    expect(refused).toBe(`UNIMPLEMENTED ${what}: off on this port. Start the server with --admin, or with --admin-port PORT and call that one`);
  });
  test('CUDA shared memory is empty, and cannot be registered', async () => {
    await expect(ask((done) => client.CudaSharedMemoryStatus({}, done))).resolves.toEqual({ regions: {} });
    await expect(ask((done) => client.CudaSharedMemoryUnregister({}, done))).resolves.toEqual({});
    await expect(ask((done) => client.CudaSharedMemoryRegister({}, done))).resolves.toMatch(/^UNIMPLEMENTED CUDA shared memory cannot be registered/);
  });
});

describe('calls that change the server', () => {
  const calls: unknown[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'slipway-grpc-admin-'));
  beforeEach(() => start('hot', folder, calls));
  afterAll(() => rmSync(folder, { recursive: true }));
  const ask = <Reply>(call: (done: (error: ServiceError | null, reply?: Reply) => void) => void): Promise<Reply | string> =>
    new Promise((resolve) => call((error, reply) => resolve(reply ?? `${status[error?.code ?? 0]} ${error?.details}`)));

  test("load takes Triton's field and KServe's", async () => {
    const parameters = { config: { string_param: '{}' }, 'file:1/model.onnx': { bytes_param: Buffer.from('bytes') } };
    const loaded = await ask((done) => client.RepositoryModelLoad({ model_name: 'a', parameters }, done));
    const unloaded = await ask((done) => client.RepositoryModelUnload({ repository_name: 'b' }, done));
    expect([loaded, unloaded]).toEqual([
      { model_name: 'a', isLoaded: true },
      { model_name: 'b', isUnloaded: true },
    ]);
    expect(calls).toEqual([
      ['load', 'a', ['config', '{}'], ['file:1/model.onnx', Buffer.from('bytes')]],
      ['unload', 'b'],
    ]);
  });
  test('shared memory is registered, told and forgotten', async () => {
    writeFileSync(join(folder, 'file'), Buffer.alloc(16));
    expect(await ask((done) => client.SystemSharedMemoryRegister({ name: 'r', key: '/file', byte_size: 16 }, done))).toEqual({});
    expect(await ask((done) => client.SystemSharedMemoryStatus({}, done))).toEqual({
      regions: { r: { name: 'r', key: '/file', offset: '0', byte_size: '16' } },
    });
    expect(await ask((done) => client.SystemSharedMemoryUnregister({}, done))).toEqual({});
    expect(await ask((done) => client.SystemSharedMemoryStatus({}, done))).toEqual({ regions: {} });
  });
  test('trace and log settings act, and come back', async () => {
    const traced = await ask((done) => client.TraceSetting({ model_name: 'echo', settings: { trace_rate: { value: ['5'] } } }, done));
    expect(traced).toMatchObject({ settings: { trace_rate: { value: ['5'] }, trace_level: { value: ['OFF'] } } });
    const logged = await ask((done) => client.LogSettings({ settings: { log_verbose_level: { uint32_param: 1 } } }, done));
    expect(logged).toMatchObject({ settings: { log_verbose_level: { uint32_param: 1 }, log_error: { bool_param: true } } });
    await expect(ask((done) => client.LogSettings({ settings: { log_file: { string_param: 'x' } } }, done))).resolves.toMatch(
      /^INVALID_ARGUMENT .*log_file/,
    );
  });
});

describe('health and reflection', () => {
  beforeEach(() => start('hot'));

  test('a watch hears of the drain', async () => {
    const health = new Client(address, credentials.createInsecure());
    const { Watch } = loadHealthService();
    const call = health.makeServerStreamRequest(Watch.path, Watch.requestSerialize, Watch.responseDeserialize, { service: 'echo' });
    const heard: unknown[] = [];
    call.on('error', () => undefined); // the status says it
    const ended = new Promise((resolve) => call.on('status', ({ code }) => resolve(code)));
    const first = new Promise((resolve) => call.on('data', resolve));
    heard.push(await first);
    await server.drain(1000);
    expect([heard, await ended]).toEqual([[{ status: 'SERVING' }], status.UNAVAILABLE]);
    health.close();
  });

  test.each(['v1', 'v1alpha'])('%s tells what is served', async (version) => {
    const reflection = new Client(address, credentials.createInsecure());
    const { requestSerialize, responseDeserialize } = loadReflectionService().ServerReflectionInfo;
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const call = reflection.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    const answers: ServerReflectionResponse__Output[] = [];
    call.on('data', (answer: ServerReflectionResponse__Output) => answers.push(answer));
    const ended = new Promise((resolve) => call.on('status', ({ code }) => resolve(code)));
    call.write({ list_services: '*' });
    call.write({ file_containing_symbol: 'inference.ModelInferRequest.InferInputTensor' });
    call.write({ file_containing_symbol: 'grpc.health.v1.Health.Check' });
    call.write({ file_by_filename: 'none.proto' });
    call.write({});
    call.end();
    expect(await ended).toBe(status.OK);
    const [list, tensor, check, none, empty] = answers;
    expect(list?.list_services_response?.service).toEqual(
      ['grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection', 'inference.GRPCInferenceService'].map((name) => ({ name })),
    );
    expect(tensor?.file_descriptor_response?.file_descriptor_proto.map((file) => file.includes('ModelStreamInfer'))).toEqual([true]);
    expect(check?.file_descriptor_response?.file_descriptor_proto).toHaveLength(1);
    expect(none?.error_response).toMatchObject({ error_code: status.NOT_FOUND, error_message: 'File not found: none.proto' });
    expect(empty?.error_response?.error_code).toBe(status.INVALID_ARGUMENT);
    reflection.close();
  });
});
