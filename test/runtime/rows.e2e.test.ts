/** Batching changes no answer: the real server, several connections, bad neighbours, and each answer as ONNX Runtime gives it alone. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeMixRequest, runAlone, sendMix } from './row-mix.js';
import { ACROSS_ROWS, ROW_MODELS } from './row-models.js';
import { ServerProcess } from './server-process.js';

const COUNT = 4000;
const folder = mkdtempSync(join(tmpdir(), 'slipway-rows-'));
let server: ServerProcess;
let address: Awaited<ReturnType<ServerProcess['waitUntilReady']>>;

beforeAll(async () => {
  for (const { name, bytes } of ROW_MODELS) {
    mkdirSync(join(folder, name, '1'), { recursive: true });
    writeFileSync(join(folder, name, '1', 'model.onnx'), bytes);
    writeFileSync(join(folder, name, 'config.pbtxt'), 'max_batch_size: 32\ndynamic_batching { max_queue_delay_microseconds: 1000 }\n');
  }
  mkdirSync(join(folder, 'across', '1'), { recursive: true });
  writeFileSync(join(folder, 'across', '1', 'model.onnx'), ACROSS_ROWS);
  server = new ServerProcess([folder]);
  address = await server.waitUntilReady();
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

interface Stats {
  readonly model_stats: readonly { readonly name: string; readonly inference_count: number; readonly execution_count: number }[];
}

test('each answer is that of its request alone', async () => {
  const requests = Array.from({ length: COUNT }, (_, index) => makeMixRequest(1, index));
  const alone = runAlone(folder, requests);
  const { wrong, compared, bitEqual, refused, abandoned } = await sendMix(address.grpc, requests, alone);
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(COUNT / 2);
  expect(bitEqual / compared).toBeGreaterThan(0.9);
  expect(refused).toBeGreaterThan(COUNT / 20);
  expect(abandoned).toBeGreaterThan(0);
  const stats: Stats = JSON.parse(await (await fetch(`${address.rest}/v2/models/stats`)).text());
  const shared = stats.model_stats.filter(({ inference_count: rows, execution_count: runs }) => rows > 1.5 * runs).map(({ name }) => name);
  expect(shared.sort()).toEqual(ROW_MODELS.map(({ name }) => name).sort()); // or nothing was proven
}, 120_000);

test('zero rows do not end the server, whatever the model', async () => {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [0, 9], data: [] }];
  const ask = async (model: string): Promise<string> => {
    const body = JSON.stringify({ inputs, outputs: [{ name: 'y' }] });
    const response = await fetch(`${address.rest}/v2/models/${model}/infer`, { method: 'POST', body });
    return `${response.status} ${await response.text()}`;
  };
  expect(await ask('top')).toMatch(/^200 .*"shape":\[0,3\]/);
  expect(await ask('across')).toMatch(/^400 .*dimension 0 of its shape \[0,9\] is 0, and the model's operator TopK is not known to take that/);
  expect((await fetch(`${address.rest}/v2/health/ready`)).status).toBe(200);
});
