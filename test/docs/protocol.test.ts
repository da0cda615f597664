/** docs/guides/protocol.md holds what a server answers: every call and path of its tables is asked, with and without administration. */
import { Buffer } from 'node:buffer';
import { tmpdir } from 'node:os';
import { Client, credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HttpServer } from '../../lib/http-server.js';
import { loadHealthService, loadInferenceService, loadReflectionService } from '../../proto/load.js';
import { INFERENCE_CODES, InferenceError } from '../../runtime/core/inference-error.js';
import { readRequestOptions } from '../../runtime/core/request-options.js';
import { AdminPlane } from '../../runtime/dataplane/admin-plane.js';
import { Dataplane } from '../../runtime/dataplane/dataplane.js';
import { LogSettings } from '../../runtime/dataplane/log-settings.js';
import type { ModelStore } from '../../runtime/dataplane/ports.js';
import { SharedMemory } from '../../runtime/dataplane/shared-memory.js';
import { TraceSettings } from '../../runtime/dataplane/trace-settings.js';
import { GrpcServer } from '../../runtime/grpc/server.js';
import { computeOpenApi } from '../../runtime/rest/openapi.js';
import { newRestHandler } from '../../runtime/rest/rest.js';
import { HTTP_STATUS } from '../../runtime/rest/status.js';
import { ECHO_SIGNATURE, FakeSession, makeEchoModel } from '../runtime/fake-backend.js';
import { readDocument } from './documents.js';
import { findCode, findRows } from './markdown.js';

interface Server {
  readonly grpc: GrpcServer;
  readonly rest: HttpServer;
  readonly client: Client;
  readonly url: string;
  readonly dataplane: Dataplane;
}

const { prose } = readDocument('docs/guides/protocol.md');
const unquote = (cell = ''): string => cell.replaceAll('`', '');
const calls = findRows(prose, '## Calls over gRPC').map(([call, works = '']) => [unquote(call), works] as const);
const paths = findRows(prose, '## Paths over HTTP').map(([method, path, works = '']) => [unquote(method), unquote(path), works] as const);
let plain: Server;
let admin: Server;

beforeAll(async () => {
  [plain, admin] = [await start(false), await start(true)];
});
afterAll(async () => {
  for (const { client, grpc, rest } of [plain, admin]) {
    client.close();
    await grpc.drain(1000);
    await rest.close(100);
  }
});

async function start(isAdmin: boolean): Promise<Server> {
  const model = makeEchoModel(new FakeSession(ECHO_SIGNATURE));
  const store: ModelStore = { models: () => [model], isDraining: false, load: async () => undefined, unload: async () => undefined };
  const sharedMemory = new SharedMemory(tmpdir());
  const plane = new AdminPlane({ store, sharedMemory, trace: new TraceSettings(), log: new LogSettings({ level: 'info' }) });
  const dataplane = new Dataplane({ store, serverVersion: '1', monotonicSeconds: () => 0, ...(isAdmin ? { sharedMemory } : {}) });
  const options = isAdmin ? { admin: plane } : {};
  const onUnknown = (error: unknown): never => {
    throw error;
  };
  const grpc = new GrpcServer(dataplane, onUnknown, options);
  const rest = new HttpServer('REST', newRestHandler({ dataplane, onUnknown, ...options }), onUnknown);
  const client = new Client(`127.0.0.1:${await grpc.listen('127.0.0.1', 0)}`, credentials.createInsecure());
  return { grpc, rest, client, url: `http://127.0.0.1:${await rest.listen('127.0.0.1', 0)}`, dataplane };
}

/** Sends an empty message, of any kind of call. What comes first decides: an answer, the end, or an error with its text. */
function askGrpc({ client }: Server, path: string): Promise<string> {
  const bytes = (value: Buffer): Buffer => value;
  return new Promise((resolve) => {
    const call = client.makeBidiStreamRequest(`/${path}`, bytes, bytes, { deadline: Date.now() + 5000 });
    call.on('error', ({ code, details }: { code?: status; details?: string }) => resolve(`${status[code ?? status.UNKNOWN]} ${details}`));
    call.on('data', () => {
      resolve('OK');
      call.cancel();
    });
    call.on('end', () => resolve('OK'));
    call.write(Buffer.alloc(0));
    call.end();
  });
}

async function askRest({ url }: Server, method: string, path: string): Promise<string> {
  const target = path.replace('/M', '/echo').replace('/V', '/1').replace('/R', '/r');
  const answer = await fetch(url + target, method === 'POST' ? { method, body: '{}' } : { method });
  return `${answer.status} ${await answer.text()}`;
}

const REFUSED = /^(UNIMPLEMENTED|501|405) |Nothing is at/;
const OFF = /^(UNIMPLEMENTED|501) .*off on this port.*--admin/;

function expectWorks(works: string, without: string, withAdmin: string): void {
  expect(['always', 'admin', 'never']).toContain(works);
  if (works === 'always') expect(without).not.toMatch(REFUSED);
  if (works === 'admin') expect(without).toMatch(OFF);
  if (works === 'never') expect(withAdmin).toMatch(/^(UNIMPLEMENTED|501) /);
  else expect(withAdmin).not.toMatch(REFUSED);
}

describe('the guide to the protocol', () => {
  test('has a row for every call of every service', () => {
    const services = [loadInferenceService(), loadHealthService(), loadReflectionService()];
    const served = services.flatMap((service) => Object.values(service).map(({ path }) => path.slice(1)));
    const older = served.filter((path) => path.includes('reflection')).map((path) => path.replace('v1.', 'v1alpha.'));
    expect(calls.map(([call]) => call).sort()).toEqual([...served, ...older].sort());
  });
  test.each(calls)('%s works %s', async (call, works) => {
    expectWorks(works, await askGrpc(plain, call), await askGrpc(admin, call));
  });
  test.each(paths)('%s %s works %s', async (method, path, works) => {
    expectWorks(works, await askRest(plain, method, path), await askRest(admin, method, path));
  });
  test('has a row for every path that OpenAPI tells of', () => {
    const told = Object.keys(Object(computeOpenApi('1', plain.dataplane.loadedModels())['paths'])).map((path) => path.replace('/echo', '/M'));
    expect(told.length).toBeGreaterThan(5);
    expect(told.filter((path) => !paths.some(([, other]) => other === path))).toEqual([]);
  });
  test('lists the extensions', () => {
    const paragraph = prose.split('\n\n').find((text) => text.startsWith('`ServerMetadata` and')) ?? '';
    const named = findCode(paragraph.replace('`ServerMetadata` and `GET /v2`', '')).map(({ text }) => text);
    expect(named.sort()).toEqual(admin.dataplane.serverMetadata().extensions);
  });
  const parameters = findRows(prose, '## Parameters').map(([name, type]) => [unquote(name), type] as const);
  test.each(parameters.slice(0, 6))('the parameter %s takes %s', (name, type) => {
    const wrong = type === 'integer or text' ? true : 'x';
    expect(() => readRequestOptions(new Map([[name, wrong]]))).toThrow(new RegExp(`'${name}'`));
  });
  test('a parameter that begins with triton_ and has no row is refused', () => {
    expect(() => readRequestOptions(new Map([['triton_other', true]]))).toThrow(InferenceError);
  });
  test('has each code with its HTTP status', () => {
    const rows = findRows(prose, '## Error codes').map(([code, http]) => [unquote(code), Number(http)]);
    expect(rows).toEqual(INFERENCE_CODES.map((code) => [code, HTTP_STATUS[code]]));
  });
});
