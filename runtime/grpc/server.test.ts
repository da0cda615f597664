import { join } from 'node:path';
import { credentials, loadPackageDefinition, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { GRPCInferenceServiceClient } from '../../proto/gen/inference/GRPCInferenceService.js';
import type { ModelInferRequest } from '../../proto/gen/inference/ModelInferRequest.js';
import type { ModelInferResponse__Output } from '../../proto/gen/inference/ModelInferResponse.js';
import type { ProtoGrpcType } from '../../proto/gen/inference.js';
import { findProtoFolder } from '../../proto/load.js';
import { PROTO_OPTIONS } from '../../proto/options.js';
import { ECHO_SIGNATURE, FakeSession } from '../../test/runtime/fake-backend.js';
import { LIMITS } from '../core/limits.js';
import { Dataplane } from '../dataplane/dataplane.js';
import type { Model } from '../dataplane/ports.js';
import { GrpcServer } from './server.js';

const proto = loadPackageDefinition(loadSync(join(findProtoFolder(), 'inference.proto'), PROTO_OPTIONS)) as unknown as ProtoGrpcType;
let session: FakeSession;
let server: GrpcServer;
let client: GRPCInferenceServiceClient;
let unknown: unknown[];

beforeEach(async () => {
  session = new FakeSession(ECHO_SIGNATURE);
  unknown = [];
  const model: Model = { name: 'echo', version: '1', state: 'Ready', signature: ECHO_SIGNATURE, session };
  const observer = { observeRequest: () => undefined, observeQueueDepth: () => undefined };
  const dataplane = new Dataplane({
    store: { models: () => [model], isDraining: false },
    serverVersion: '1',
    observer,
    monotonicSeconds: () => 0,
    nowMs: () => 5000,
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
    Object.assign(session, { signature: undefined });
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
