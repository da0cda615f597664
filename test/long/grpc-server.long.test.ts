/** Any ModelInfer message at the real server: an answer or a refusal that names the fault, and the connection serves on. */
import { join } from 'node:path';
import { credentials, loadPackageDefinition, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { GRPCInferenceServiceClient } from '../../proto/gen/inference/GRPCInferenceService.js';
import type { ModelInferRequest } from '../../proto/gen/inference/ModelInferRequest.js';
import type { ProtoGrpcType } from '../../proto/gen/inference.js';
import { findProtoFolder } from '../../proto/load.js';
import { PROTO_OPTIONS } from '../../proto/options.js';
import { joinBytesElements } from '../../runtime/core/bytes-elements.js';
import { DATATYPES } from '../../runtime/core/datatype.js';
import type { ModelSignature } from '../../runtime/core/signature.js';
import { Dataplane } from '../../runtime/dataplane/dataplane.js';
import { GrpcServer } from '../../runtime/grpc/server.js';
import { FakeSession, makeEchoModel } from '../runtime/fake-backend.js';
import { LONG_TEST_TIMEOUT_MS, longParameters } from './parameters.js';

const SIGNATURE: ModelSignature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2], symbols: ['n', ''] },
    { name: 'text', datatype: 'BYTES', shape: [-1], symbols: ['n'] },
  ],
  outputs: [
    { name: 'y', datatype: 'FP32', shape: [-1, 2], symbols: ['n', ''] },
    { name: 'echo', datatype: 'BYTES', shape: [-1], symbols: ['n'] },
  ],
};
const GOOD: ModelInferRequest = {
  model_name: 'echo',
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [1, 2], contents: { fp32_contents: [1, 2] } },
    { name: 'text', datatype: 'BYTES', shape: [1], contents: { bytes_contents: [Buffer.from('hi')] } },
  ],
};
/** What a client may be told about a message of its own making. */
const REFUSALS: ReadonlySet<unknown> = new Set([status.INVALID_ARGUMENT, status.NOT_FOUND, status.UNIMPLEMENTED]);

const defects: unknown[] = [];
let server: GrpcServer;
let client: GRPCInferenceServiceClient;

beforeAll(async () => {
  const model = makeEchoModel(new FakeSession(SIGNATURE));
  const store = { models: () => [model], isDraining: false };
  server = new GrpcServer(new Dataplane({ store, serverVersion: '1', monotonicSeconds: () => 0 }), (error) => defects.push(error));
  const proto = loadPackageDefinition(loadSync(join(findProtoFolder(), 'inference.proto'), PROTO_OPTIONS)) as unknown as ProtoGrpcType;
  client = new proto.inference.GRPCInferenceService(`127.0.0.1:${await server.listen('127.0.0.1', 0)}`, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await server.drain(5000);
});

/** Often right, so that the checks behind the first one are reached too. */
function mostly<T>(right: T, wrong: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(right) }, { weight: 1, arbitrary: wrong });
}

const dimension = fc.oneof(fc.nat(4), fc.constantFrom(-1, 2 ** 31, Number.MAX_SAFE_INTEGER));
const contents = fc.record(
  {
    fp32_contents: fc.array(fc.float(), { maxLength: 6 }),
    int_contents: fc.array(fc.integer(), { maxLength: 3 }),
    bytes_contents: fc.array(
      fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 4 },
    ),
  },
  { requiredKeys: [] },
);
const tensorParameters = fc.dictionary(fc.constantFrom('priority', 'classification', 'shared_memory_region', 'x'), fc.constant({ int64_param: 1 }), {
  maxKeys: 1,
});

function input(name: string, datatype: string, rank: number) {
  return fc.record(
    {
      name: mostly(name, fc.string({ maxLength: 9 })),
      datatype: mostly(datatype, fc.constantFrom(...Object.keys(DATATYPES), '', 'FLOAT')),
      shape: fc.oneof(
        { weight: 4, arbitrary: fc.array(fc.nat(2), { minLength: rank, maxLength: rank }) },
        { weight: 1, arbitrary: fc.array(dimension, { maxLength: 5 }) },
      ),
      contents,
      parameters: tensorParameters,
    },
    { requiredKeys: ['name', 'datatype', 'shape'] },
  );
}

const wild = fc.record(
  {
    model_name: mostly('echo', fc.string({ maxLength: 20 })),
    model_version: mostly('', fc.constantFrom('1', '2', 'x', '99999999999999999999')),
    inputs: fc.oneof(
      fc.tuple(input('x', 'FP32', 2), input('text', 'BYTES', 1)).map((pair) => [...pair]),
      fc.array(input('x', 'FP32', 2), { maxLength: 3 }),
    ),
    outputs: fc.array(fc.record({ name: fc.constantFrom('y', 'echo', 'z') }), { maxLength: 3 }),
    raw_input_contents: fc.array(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
);

/** What the model takes, typed or raw. */
const right = fc
  .tuple(fc.array(fc.tuple(fc.float(), fc.float()), { maxLength: 4 }), fc.array(fc.constantFrom('', 'hi', 'ü€𝄞'), { maxLength: 4 }), fc.boolean())
  .map(([pairs, words, isRaw]): ModelInferRequest => {
    const x = { name: 'x', datatype: 'FP32', shape: [pairs.length, 2] };
    const text = { name: 'text', datatype: 'BYTES', shape: [words.length] };
    const floats = pairs.flat();
    const bytes = words.map((word) => Buffer.from(word));
    if (!isRaw)
      return {
        ...GOOD,
        inputs: [
          { ...x, contents: { fp32_contents: floats } },
          { ...text, contents: { bytes_contents: bytes } },
        ],
      };
    return { ...GOOD, inputs: [x, text], raw_input_contents: [Buffer.from(Float32Array.from(floats).buffer), Buffer.from(joinBytesElements(bytes))] };
  });

const message = fc.oneof(
  right,
  fc.tuple(right, wild).map(([base, change]): ModelInferRequest => ({ ...base, ...change })),
);

/** OK, or the status code that came. */
function infer(request: ModelInferRequest): Promise<unknown> {
  return new Promise((resolve) => client.ModelInfer(request, { deadline: Date.now() + 10_000 }, (error) => resolve(error?.code ?? status.OK)));
}

test(
  'any message is answered or refused, and the next good one is answered',
  async () => {
    const codes = new Map<unknown, number>();
    const property = fc.asyncProperty(message, async (request) => {
      const code = await infer(request);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (code !== status.OK) expect(REFUSALS).toContain(code);
      expect(defects).toEqual([]);
      expect(await infer(GOOD)).toBe(status.OK);
    });
    const parameters = longParameters();
    await fc.assert(property, parameters);
    if (parameters.numRuns >= 100) expect([...codes.keys()]).toEqual(expect.arrayContaining([status.OK, status.INVALID_ARGUMENT]));
  },
  LONG_TEST_TIMEOUT_MS,
);
