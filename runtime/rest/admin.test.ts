import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HttpServer } from '../../lib/http-server.js';
import { ECHO_SIGNATURE, FakeSession, makeEchoModel } from '../../test/runtime/fake-backend.js';
import { AdminPlane } from '../dataplane/admin-plane.js';
import { Dataplane } from '../dataplane/dataplane.js';
import { type LogLevelControl, LogSettings } from '../dataplane/log-settings.js';
import type { LoadParameters, ModelStore } from '../dataplane/ports.js';
import { SharedMemory } from '../dataplane/shared-memory.js';
import { TraceSettings } from '../dataplane/trace-settings.js';
import { newRestHandler } from './rest.js';

let folder: string;
let calls: unknown[];
let control: LogLevelControl;
let servers: HttpServer[];
let admin: string;
let everybody: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-admin-'));
  calls = [];
  control = { level: 'info' };
  const model = makeEchoModel(new FakeSession(ECHO_SIGNATURE));
  const store: ModelStore = {
    models: () => [model],
    isDraining: false,
    load: async (name: string, parameters: LoadParameters) => void calls.push(['load', name, ...parameters]),
    unload: async (name: string) => void calls.push(['unload', name]),
  };
  const sharedMemory = new SharedMemory(folder);
  const dataplane = new Dataplane({ store, serverVersion: '1', monotonicSeconds: () => 0, sharedMemory });
  const plane = new AdminPlane({ store, sharedMemory, trace: new TraceSettings(), log: new LogSettings(control) });
  const onUnknown = (error: unknown): void => void calls.push(error);
  const start = async (options: { admin?: AdminPlane }): Promise<string> => {
    const server = new HttpServer('REST', newRestHandler({ dataplane, onUnknown, ...options }), onUnknown);
    servers.push(server);
    return `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
  };
  servers = [];
  admin = await start({ admin: plane });
  everybody = await start({});
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close(100)));
  rmSync(folder, { recursive: true });
});

async function call(base: string, path: string, body?: unknown): Promise<[number, unknown]> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(base + path, init);
  return [response.status, await response.json()];
}

describe('calls that change the server', () => {
  test('load brings configuration and bytes, unload the name', async () => {
    const parameters = { config: '{}', 'file:1/model.onnx': Buffer.from('bytes').toString('base64') };
    expect(await call(admin, '/v2/repository/models/a%20b/load', { parameters })).toEqual([200, {}]);
    expect(await call(admin, '/v2/repository/models/a/unload', {})).toEqual([200, {}]);
    expect(calls).toEqual([
      ['load', 'a b', ['config', '{}'], ['file:1/model.onnx', Buffer.from('bytes')]],
      ['unload', 'a'],
    ]);
  });
  test('tensors travel through shared memory, both ways', async () => {
    writeFileSync(join(folder, 'file'), Buffer.from(Float32Array.of(1.5, -2, 0, 0).buffer));
    expect(await call(admin, '/v2/systemsharedmemory/region/r/register', { key: '/file', offset: 0, byte_size: 16 })).toEqual([200, {}]);
    expect(await call(admin, '/v2/systemsharedmemory/status')).toEqual([200, [{ name: 'r', key: '/file', offset: 0, byte_size: 16 }]]);
    const place = (offset: number) => ({ shared_memory_region: 'r', shared_memory_byte_size: 8, shared_memory_offset: offset });
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], parameters: place(0) }];
    const answer = await call(everybody, '/v2/models/echo/infer', { inputs, outputs: [{ name: 'y', parameters: place(8) }] });
    // Triton's C++ client refuses parameters without binary_data_size
    expect(answer).toMatchObject([200, { outputs: [{ name: 'y', shape: [1, 2], parameters: { ...place(8), binary_data_size: 0 } }] }]);
    const file = readFileSync(join(folder, 'file'));
    expect(file.subarray(8)).toEqual(file.subarray(0, 8));
    expect(await call(admin, '/v2/systemsharedmemory/unregister', {})).toEqual([200, {}]);
    expect((await call(admin, '/v2/systemsharedmemory/region/r/status'))[0]).toBe(404);
  });
  test('there is never CUDA shared memory, and registering says so', async () => {
    expect(await call(everybody, '/v2/cudasharedmemory/status')).toEqual([200, []]);
    expect(await call(everybody, '/v2/cudasharedmemory/unregister', {})).toEqual([200, {}]);
    expect((await call(everybody, '/v2/cudasharedmemory/region/r/register', {}))[0]).toBe(501);
  });
  test('log settings act, and come back', async () => {
    expect(await call(admin, '/v2/logging', { log_verbose_level: 1 })).toMatchObject([200, { log_verbose_level: 1 }]);
    expect(control.level).toBe('debug');
    expect(await call(admin, '/v2/logging', { log_file: 'x' })).toMatchObject([400, { error: expect.stringContaining('log_file') }]);
  });
  test('trace settings of the server and of a model', async () => {
    expect(await call(admin, '/v2/models/echo/trace/setting', { trace_level: ['TIMESTAMPS'], trace_rate: '5' })).toMatchObject([
      200,
      { trace_level: ['TIMESTAMPS'], trace_rate: '5' },
    ]);
    expect(await call(admin, '/v2/trace/setting')).toMatchObject([200, { trace_level: ['OFF'], trace_rate: '1000' }]);
  });
  test.each(['/v2/repository/models/a/load', '/v2/systemsharedmemory/region/r/register', '/v2/trace/setting', '/v2/logging'])(
    '%s is off where it was not switched on, and says how to',
    async (path) => {
      const [status, body] = await call(everybody, path, {});
      expect([status, body]).toEqual([501, { error: expect.stringContaining('Start the server with --admin') }]);
    },
  );
});

test('the index and the names of models are open to everybody', async () => {
  expect(await call(everybody, '/v2/repository/index', { ready: true })).toEqual([200, [{ name: 'echo', version: '1', state: 'READY', reason: '' }]]);
  expect(await call(everybody, '/v2/models')).toEqual([200, { models: ['echo'] }]);
});

test('the calls are described for machines and for people', async () => {
  const [status, document] = await call(everybody, '/openapi.json');
  expect([status, document]).toMatchObject([200, { paths: { '/v2/models/echo/infer': { post: { summary: 'Runs echo' } } } }]);
  const page = await fetch(`${everybody}/docs`);
  expect([page.headers.get('content-type'), await page.text()]).toEqual(['text/html; charset=utf-8', expect.stringContaining('openapi.json')]);
});
