/** The real server, asked by clients of other projects: every datatype, every refusal, health, metadata, probes. */

import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Statusz } from '../../contract/statusz.js';
import { DATATYPES } from '../../runtime/core/datatype.js';
import { makeModels, runForeignClient } from './foreign-client.js';
import { ensurePythonVenv } from './python-venv.js';
import { ServerProcess } from './server-process.js';

type Answers = Readonly<Record<string, unknown>>;

const folder = mkdtempSync(join(tmpdir(), 'slipway-models-'));
let python = '';
let server: ServerProcess;
let address: Awaited<ReturnType<ServerProcess['waitUntilReady']>>;

beforeAll(async () => {
  python = await ensurePythonVenv();
  await makeModels(python, folder);
  server = new ServerProcess([join(folder, 'good')]);
  address = await server.waitUntilReady();
}, 600_000);

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe('datatypes with tritonclient', () => {
  let answers: Answers = {};
  beforeAll(async () => {
    answers = await runForeignClient<Answers>(python, 'datatypes', address.grpc);
  });
  const kinds = ['scalar', 'empty', 'matrix'];
  const cases = Object.entries(DATATYPES).flatMap(([name, { contents }]) =>
    kinds.flatMap((kind) => (contents === undefined ? [`${name} ${kind} raw`] : [`${name} ${kind} raw`, `${name} ${kind} typed`])),
  );
  test.each(cases)('%s comes back bit for bit', (name) => expect(answers[name]).toBe('ok'));
});

describe('bad requests', () => {
  let answers: Answers = {};
  beforeAll(async () => {
    answers = await runForeignClient<Answers>(python, 'errors', address.grpc);
  });
  test.each([
    ['unknown model', "NOT_FOUND Request for unknown model: 'nobody' is not found"],
    ['unknown version', "NOT_FOUND Request for unknown model: 'sums' version 3 is not found. Versions here: 2, 10"],
    ['wrong name', "INVALID_ARGUMENT unexpected inference input 'c' for model 'sums'. Allowed inputs are: 'a','b'"],
    ['duplicate name', "INVALID_ARGUMENT input 'b' appears more than once for model 'sums'"],
    [
      'missing input',
      /^INVALID_ARGUMENT expected 2 inputs but got 1 inputs for model 'sums'\. Got input\(s\) \['a'\], but missing required input\(s\) \['b'\]/,
    ],
    ['wrong datatype', "INVALID_ARGUMENT inference input 'a' data-type is 'FP64', but model 'sums' expects 'FP32'"],
    ['unknown datatype', "INVALID_ARGUMENT inference input 'a' data-type is 'FP8', but model 'sums' expects 'FP32'"],
    ['wrong dimension', "INVALID_ARGUMENT unexpected shape for input 'a' for model 'sums'. Expected [-1,2], got [1,3]"],
    ['wrong rank', "INVALID_ARGUMENT unexpected shape for input 'a' for model 'sums'. Expected [-1,2], got [2]"],
    ['negative dimension', "INVALID_ARGUMENT unexpected shape for input 'a' for model 'sums'. Expected [-1,2], got [-1,2]"],
    ['huge dimension', /^INVALID_ARGUMENT unexpected shape for input 'a'/],
    ['batch sizes', "INVALID_ARGUMENT input 'b' batch size does not match other inputs for 'sums': it has 1, they 2"],
    ['too few bytes', "INVALID_ARGUMENT input byte size mismatch for input 'a' for model 'sums'. Expected 8 bytes for shape [1,2] of FP32, got 4"],
    ['raw and contents', "INVALID_ARGUMENT contents field must not be specified when using raw_input_contents for 'a' for model 'sums'"],
    ['raw count', /^INVALID_ARGUMENT expected 2 entries in raw_input_contents/],
    ['no content', /^INVALID_ARGUMENT input 'a' for model 'sums' has neither contents/],
    ['wrong field', /^INVALID_ARGUMENT input 'a' has datatype FP32, whose elements belong in fp32_contents, but contents carry fp64_contents/],
    ['unknown output', "INVALID_ARGUMENT unexpected inference output 'product' for model 'sums'. Allowed outputs are: 'sum','difference'"],
    ['shared memory', /^UNIMPLEMENTED tensor 'a' asks for shared memory/],
    ['over the limit', /^INVALID_ARGUMENT request is larger than the limit of 67108864 bytes/],
    ['NUL in a string', /^INVALID_ARGUMENT element 0 of input 'x' for model 'id_BYTES' is not UTF-8 text without NUL/],
    ['string not UTF-8', /^INVALID_ARGUMENT element 0 of input 'x' for model 'id_BYTES' is not UTF-8/],
    ['string cut off', /^INVALID_ARGUMENT BYTES of input 'x' for model 'id_BYTES' are broken: element 0 claims 1000 bytes, but 5 follow/],
    ['element out of range', "INVALID_ARGUMENT element 0 of input 'x' does not fit INT8, which holds -128 to 127"],
    ['failure inside the model', "INVALID_ARGUMENT model 'secret' cannot compute these inputs: ONNX Runtime failed at node 'lookup' (Gather)"],
    ['connection', 'kept'],
  ])('%s', (name, want) => expect(answers[name]).toEqual(typeof want === 'string' ? want : expect.stringMatching(want)));
  test('tensor content is in no answer and in no log', () => {
    expect(JSON.stringify([answers, server.logs])).not.toContain('424242');
  });
});

test("1300 seeded random requests are answered or refused as the client's mistake, and the server lives", async () => {
  const codes = await runForeignClient<Record<string, number>>(python, 'fuzz', address.grpc);
  expect(Object.keys(codes).sort()).toEqual(['INVALID_ARGUMENT', 'NOT_FOUND', 'OK']);
  expect(server.logs.filter((line) => line['level'] === 'error')).toEqual([]);
});

test.each(['//', '/v2/models/%zz', '/v2/models/%ff/ready', '/%', '/?//', '/v2/models//'])(
  'HTTP target "%s" does not end the server',
  async (target) => {
    for (const url of [address.rest, address.metrics]) {
      const status = await requestTarget(url, target);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
  },
);

test('metadata, readiness and versions', async () => {
  const answers = await runForeignClient<Answers>(python, 'metadata', address.grpc);
  expect(answers).toMatchObject({ live: true, ready: true, modelReady: true, versionReady: true, latest: '10', named: '2' });
  expect(answers['server']).toMatchObject({
    name: 'slipway',
    extensions: expect.arrayContaining(['binary_tensor_data', 'model_configuration', 'statistics']),
  });
  expect(answers['sums']).toMatchObject({
    name: 'sums',
    versions: ['2', '10'],
    platform: 'onnxruntime_onnx',
    inputs: [
      { name: 'a', datatype: 'FP32', shape: ['-1', '2'] },
      { name: 'b', datatype: 'FP32', shape: ['-1', '2'] },
    ],
  });
  expect(answers['unknownReady']).toContain('NOT_FOUND');
});

describe("Triton's extensions with tritonclient", () => {
  let answers: Answers = {};
  beforeAll(async () => {
    answers = await runForeignClient<Answers>(python, 'extensions', address.grpc);
  });
  test('the config', () => {
    expect(answers['config']).toEqual({
      name: 'sums',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      version_policy: { all: {} },
      max_batch_size: 64,
      input: ['a', 'b'].map((name) => ({ name, data_type: 'TYPE_FP32', dims: ['2'] })),
      output: ['sum', 'difference'].map((name) => ({ name, data_type: 'TYPE_FP32', dims: ['2'] })),
      dynamic_batching: { default_queue_policy: {} },
      instance_group: [{ name: 'sums_0', count: 1, kind: 'KIND_CPU' }],
      default_model_filename: 'model.onnx',
    });
  });
  test('the statistics grow by exactly what was asked', () => {
    const growth = answers['growth'] as Readonly<Record<string, number>>;
    expect(growth).toMatchObject({
      inference_count: 5,
      execution_count: 5,
      'success count': 5,
      'fail count': 1,
      'queue count': 5,
      'compute_input count': 5,
      'compute_infer count': 5,
      'compute_output count': 5,
      'batch 1 count': 5,
      'cache_hit count': 0,
    });
    const [whole = 0, infer = 0] = [growth['success ns'], growth['compute_infer ns']];
    const parts = ['queue', 'compute_input', 'compute_infer', 'compute_output'].map((part) => growth[`${part} ns`] ?? 0);
    for (const ns of parts) expect(ns).toBeGreaterThan(0);
    expect(parts.reduce((sum, ns) => sum + ns, 0)).toBeLessThanOrEqual(whole);
    expect(growth['batch 1 ns']).toBe(infer);
    expect(Math.abs(Number(answers['sinceLast']))).toBeLessThan(60);
    expect(answers['refused']).toContain('data-type');
  });
  test('versions are numbers, and no name means every model', () => {
    expect(answers['versions']).toEqual(['2', '10']);
    expect(answers['every']).toEqual(expect.arrayContaining(['sums 2', 'sums 10', 'id_BYTES 1', 'secret 1']));
  });
  test('the index has every version that is served', () => {
    for (const version of ['2', '10']) expect(answers['index']).toContainEqual({ name: 'sums', version, state: 'READY' });
  });
  test('what is unknown is NOT_FOUND, what is not here UNIMPLEMENTED', () => {
    for (const key of ['unknownConfig', 'unknownStatistics']) {
      expect(answers[key]).toBe("StatusCode.NOT_FOUND Request for unknown model: 'nobody' is not found");
    }
    for (const [key, what] of [
      ['load', 'Loading models'],
      ['memory', 'System shared memory'],
    ] as const) {
      expect(answers[key]).toMatch(`StatusCode.UNIMPLEMENTED ${what}: off on this port. Start the server with --admin`);
    }
  });
  test('the metrics tell the same counts', async () => {
    const text = await (await fetch(`${address.metrics}/metrics`)).text();
    const read = (series: string): number =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${series} `))
          ?.split(' ')[1],
      );
    const labels = 'model="sums",version="10"';
    expect(read(`nv_inference_request_success{${labels}}`)).toBeGreaterThanOrEqual(6);
    expect(read(`nv_inference_exec_count{${labels}}`)).toBe(read(`nv_inference_count{${labels}}`));
    expect(read(`nv_inference_request_failure{${labels},reason="OTHER"}`)).toBeGreaterThanOrEqual(1);
    expect(read(`nv_inference_compute_infer_duration_us{${labels}}`)).toBeGreaterThan(0);
    expect(read(`nv_inference_pending_request_count{${labels}}`)).toBe(0);
  });
});

test('health of the server and of each model', async () => {
  await expect(runForeignClient<Answers>(python, 'health', address.grpc)).resolves.toEqual({
    '': 'SERVING',
    sums: 'SERVING',
    'inference.GRPCInferenceService': 'SERVING',
    nobody: 'NOT_FOUND',
    'watch nobody': 'SERVICE_UNKNOWN',
  });
});

test('probes, status and metrics over HTTP', async () => {
  expect((await fetch(`${address.metrics}/livez`)).status).toBe(200);
  expect((await fetch(`${address.metrics}/readyz`)).status).toBe(200);
  const status = (await (await fetch(`${address.metrics}/statusz`)).json()) as Statusz;
  expect(status).toMatchObject({ onnxruntime: '1.30.0', instances: 1 });
  const sums = status.models.find((model) => model.name === 'sums' && model.version === '10');
  expect(sums).toMatchObject({
    state: 'Ready',
    reason: '',
    provider: 'cpu',
    signature: { inputs: [{ name: 'a', datatype: 'FP32', shape: [-1, 2] }, {}] },
  });
  expect(await (await fetch(`${address.metrics}/metrics`)).text()).toMatch(/slipway_runtime_model_ready\{model="sums",version="10"\} 1/);
});

test('REST tells health, metadata, config and statistics', async () => {
  expect((await fetch(`${address.rest}/v2/health/ready`)).status).toBe(200);
  expect(await (await fetch(`${address.rest}/v2/models/sums/versions/2`)).json()).toMatchObject({ name: 'sums', platform: 'onnxruntime_onnx' });
  const config = await (await fetch(`${address.rest}/v2/models/sums/config`)).json();
  expect(config).toMatchObject({ name: 'sums', max_batch_size: 64, input: [{ name: 'a', data_type: 'TYPE_FP32', dims: [2] }, {}] });
  for (const path of ['sums/versions/2/stats', 'sums/stats', 'stats']) {
    const statistics = await (await fetch(`${address.rest}/v2/models/${path}`)).json();
    expect(statistics).toMatchObject({
      model_stats: expect.arrayContaining([expect.objectContaining({ name: 'sums', version: '2', execution_count: expect.any(Number) })]),
    });
  }
});

/** Status of a target that `fetch` would mend before it sends it. */
function requestTarget(url: string, target: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const request = get({ hostname, port, path: target, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
  });
}
