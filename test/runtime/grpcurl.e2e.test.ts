/** grpcurl against the real server: what a person at a shell does, with nothing but reflection, and with the protos of this repository. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exec, execAny } from '../../hack/exec.js';
import { findProtoFolder } from '../../proto/load.js';
import { checkTest } from './check-test.js';
import { runPython } from './foreign-client.js';
import { ensureGrpcurl } from './foreign-tools.js';
import { ensurePythonVenv } from './python-venv.js';
import { ServerProcess } from './server-process.js';

const SERVICE = 'inference.GRPCInferenceService';
const SUMS = JSON.stringify({
  model_name: 'sums',
  inputs: ['a', 'b'].map((name) => ({ name, datatype: 'FP32', shape: [1, 2], contents: { fp32_contents: [1, 2] } })),
});
const folder = mkdtempSync(join(tmpdir(), 'slipway-grpcurl-'));
let server: ServerProcess;
let address = '';
let grpcurl = '';

beforeAll(async () => {
  grpcurl = await ensureGrpcurl();
  await runPython(await ensurePythonVenv(), ['foreign/make_repository.py', folder]);
  server = new ServerProcess([join(folder, 'models')]);
  address = (await server.waitUntilReady()).grpc;
}, 900_000);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe('grpcurl with reflection', () => {
  const run = (...args: string[]): Promise<string> => exec(grpcurl, ['-plaintext', '-max-time', '20', ...args]);
  checkTest('grpcurl', 'list names the services', async () => {
    const services = (await run(address, 'list')).trim().split('\n');
    expect(services).toEqual(expect.arrayContaining([SERVICE, 'grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection']));
  });
  checkTest('grpcurl', 'list of a service names its calls', async () => {
    const calls = (await run(address, 'list', SERVICE)).trim().split('\n');
    expect(calls).toEqual(expect.arrayContaining(['ModelInfer', 'ModelStreamInfer', 'ModelConfig'].map((call) => `${SERVICE}.${call}`)));
  });
  checkTest('grpcurl', 'describe gives messages as the proto has them', async () => {
    expect(await run(address, 'describe', 'inference.ModelInferRequest')).toMatch(/repeated bytes raw_input_contents = 7;/);
    expect(await run(address, 'describe', `${SERVICE}.ModelInfer`)).toContain('( .inference.ModelInferRequest )');
  });
  checkTest('grpcurl', 'Check of a model', async () => {
    expect(JSON.parse(await run('-d', '{"service": "sums"}', address, 'grpc.health.v1.Health/Check'))).toEqual({ status: 'SERVING' });
  });
  checkTest('grpcurl', 'ModelInfer with JSON', async () => {
    const answer: unknown = JSON.parse(await run('-d', SUMS, address, `${SERVICE}/ModelInfer`));
    expect(answer).toMatchObject({ modelName: 'sums', outputs: [{ name: 'sum', contents: { fp32Contents: [2, 4] } }, { name: 'difference' }] });
  });
});

describe('grpcurl with the protos', () => {
  const run = (proto: string, ...args: string[]): Promise<string> =>
    exec(grpcurl, ['-plaintext', '-max-time', '20', '-import-path', findProtoFolder(), '-proto', proto, ...args]);
  test('Check of a model, and of one that is not there', async () => {
    expect(JSON.parse(await run('health.proto', '-d', '{"service": "sums"}', address, 'grpc.health.v1.Health/Check'))).toEqual({ status: 'SERVING' });
    await expect(run('health.proto', '-d', '{"service": "nobody"}', address, 'grpc.health.v1.Health/Check')).rejects.toThrow('Code: NotFound');
  });
  test('ModelInfer with JSON', async () => {
    const answer: unknown = JSON.parse(await run('inference.proto', '-d', SUMS, address, `${SERVICE}/ModelInfer`));
    expect(answer).toMatchObject({ modelName: 'sums', outputs: [{ name: 'sum', contents: { fp32Contents: [2, 4] } }, { name: 'difference' }] });
  });
  test('an error has its code and its words', async () => {
    const { code, stderr } = await execAny(grpcurl, [
      ...['-plaintext', '-import-path', findProtoFolder(), '-proto', 'inference.proto', '-d', '{"name": "nobody"}'],
      ...[address, `${SERVICE}/ModelMetadata`],
    ]);
    expect(code).toBe(64 + 5);
    expect(stderr).toContain("Request for unknown model: 'nobody' is not found");
  });
});
