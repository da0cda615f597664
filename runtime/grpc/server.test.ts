import { join } from 'node:path';
import { credentials, loadPackageDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { GRPCInferenceServiceClient } from '../../proto/gen/inference/GRPCInferenceService.js';
import type { ModelInferRequest } from '../../proto/gen/inference/ModelInferRequest.js';
import type { ModelInferResponse__Output } from '../../proto/gen/inference/ModelInferResponse.js';
import type { ProtoGrpcType } from '../../proto/gen/inference.js';
import { findProtoFolder } from '../../proto/load.js';
import { PROTO_OPTIONS } from '../../proto/options.js';
import { ECHO_SIGNATURE, FakeSession, makeEchoModel } from '../../test/runtime/fake-backend.js';
import { LIMITS } from '../core/limits.js';
import { Dataplane } from '../dataplane/dataplane.js';
import type { Model } from '../dataplane/ports.js';
import { GrpcServer } from './server.js';

const proto = loadPackageDefinition(loadSync(join(findProtoFolder(), 'inference.proto'), PROTO_OPTIONS)) as unknown as ProtoGrpcType;
let session: FakeSession;
let model: Model;
let server: GrpcServer;
let client: GRPCInferenceServiceClient;
let unknown: unknown[];

beforeEach(async () => {
  session = new FakeSession(ECHO_SIGNATURE);
  unknown = [];
  model = makeEchoModel(session);
  const dataplane = new Dataplane({
    store: { models: () => [model], isDraining: false },
    serverVersion: '1',
    monotonicSeconds: () => 0,
  });
  server = new GrpcServer(dataplane, (error) => unknown.push(error));
  const port = await server.listen('127.0.0.1', 0);
  client = new proto.inference.GRPCInferenceService(`127.0.0.1:${port}`, credentials.createInsecure());
});
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

describe('GrpcServer', () => {
  test('raw in, raw out; the id comes back', async () => {
    const reply = await infer({ ...head, inputs: [x], raw_input_contents: [raw] });
    expect(reply).toMatchObject({ id: '7', model_version: '1', outputs: [{ name: 'y', shape: ['1', '2'], contents: null }] });
    expect(reply.raw_output_contents).toEqual([raw]);
  });
  test('typed in, typed out', async () => {
    const reply = await infer({ ...head, inputs: [{ ...x, contents: { fp32_contents: [1, 2] } }] });
    expect([reply.outputs[0]?.contents?.fp32_contents, reply.raw_output_contents]).toEqual([[1, 2], []]);
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
      extensions: ['binary_tensor_data', 'classification', 'model_configuration', 'parameters', 'schedule_policy', 'statistics'],
    });
  });
  test('an unknown model has neither config nor statistics', async () => {
    const want = "NOT_FOUND Request for unknown model: 'nobody' is not found";
    await expect(ask((done) => client.ModelConfig({ name: 'nobody' }, done))).resolves.toBe(want);
    await expect(ask((done) => client.ModelStatistics({ name: 'nobody' }, done))).resolves.toBe(want);
  });
  test.each(['RepositoryModelLoad', 'SystemSharedMemoryStatus', 'TraceSetting'])('%s is not here, and the answer says so', async (method) => {
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
    expect(refused).toBe(`UNIMPLEMENTED The server does not implement the method ${method}`);
  });
});
