/** Triton's HTTP calls that change the server: repository, shared memory, trace and log settings. */
import type { IncomingMessage } from 'node:http';
import { answerJson, type HttpAnswer } from '../../lib/http-server.js';
import { InferenceError, invalidArgument } from '../core/inference-error.js';
import { type AdminPlane, newNoCudaMemory, requireAdmin } from '../dataplane/admin-plane.js';
import type { LoadParameters } from '../dataplane/ports.js';
import { parseJson } from './parse-json.js';
import { type BodyLimits, readBody } from './read-body.js';
import { type Fields, readFields } from './read-fields.js';
import { HttpRefusal } from './status.js';

const REPOSITORY = /^\/v2\/repository\/models\/(?<name>[^/]+)\/(?<verb>load|unload)$/;
const MEMORY = /^\/v2\/(?<kind>system|cuda)sharedmemory(?:\/region\/(?<name>[^/]+))?\/(?<verb>status|register|unregister)$/;
const TRACE = /^\/v2\/(?:models\/(?<name>[^/]+)\/)?trace\/setting$/;

export interface AdminCall {
  readonly admin: AdminPlane | undefined;
  readonly request: IncomingMessage;
  readonly path: string;
  readonly limits: BodyLimits;
}

/** Undefined when the path is none of these. */
export async function answerAdmin(call: AdminCall): Promise<HttpAnswer | undefined> {
  const { path } = call;
  const repository = REPOSITORY.exec(path)?.groups;
  if (repository !== undefined) return await answerRepository(call, decode(repository['name']), repository['verb'] === 'load');
  const memory = MEMORY.exec(path)?.groups;
  if (memory !== undefined) return await answerMemory(call, memory);
  const trace = TRACE.exec(path);
  if (trace !== null) return await answerTrace(call, decode(trace.groups?.['name']));
  return path === '/v2/logging' ? await answerLogging(call) : undefined;
}

async function answerRepository(call: AdminCall, name: string, isLoad: boolean): Promise<HttpAnswer> {
  requireMethod(call, 'POST');
  const admin = requireAdmin(call.admin, isLoad ? 'Loading models' : 'Unloading models');
  const body = await readJson(call);
  if (isLoad) await admin.load(name, readLoadParameters(readFields('parameters', body['parameters'] ?? {})));
  else await admin.unload(name);
  return answerJson(200, {});
}

async function answerMemory(call: AdminCall, groups: Readonly<Record<string, string | undefined>>): Promise<HttpAnswer> {
  const { kind, verb } = groups;
  const name = decode(groups['name']);
  requireMethod(call, verb === 'status' ? 'GET' : 'POST');
  if (kind === 'cuda') return answerCuda(verb);
  const { sharedMemory } = requireAdmin(call.admin, 'System shared memory');
  if (verb === 'status') {
    return answerJson(
      200,
      sharedMemory.regions(name).map((region) => ({ name: region.name, key: region.key, offset: region.offset, byte_size: region.byteSize })),
    );
  }
  if (verb === 'unregister') sharedMemory.unregister(name);
  else {
    const body = await readJson(call);
    const { key } = body;
    if (typeof key !== 'string') throw invalidArgument("field 'key' is not a string: give the name of a file in /dev/shm");
    sharedMemory.register({ name, key, offset: readSize('offset', body['offset'] ?? 0), byteSize: readSize('byte_size', body['byte_size']) });
  }
  return answerJson(200, {});
}

function answerCuda(verb: string | undefined): HttpAnswer {
  if (verb === 'register') throw newNoCudaMemory();
  return answerJson(200, verb === 'status' ? [] : {});
}

async function answerTrace(call: AdminCall, model: string): Promise<HttpAnswer> {
  const { trace } = requireAdmin(call.admin, 'Trace settings');
  if (isPost(call)) trace.change(model, new Map(Object.entries(await readJson(call)).map(([name, value]) => [name, readTexts(name, value)])));
  const settings = Object.entries(trace.read(model)).map(([name, values]) => [name, name === 'trace_level' ? values : values[0]]);
  return answerJson(200, Object.fromEntries(settings));
}

async function answerLogging(call: AdminCall): Promise<HttpAnswer> {
  const { log } = requireAdmin(call.admin, 'Log settings');
  if (isPost(call)) {
    const changes = Object.entries(await readJson(call)).map(([name, value]) => {
      if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return [name, value] as const;
      throw invalidArgument(`log setting '${name.slice(0, 64)}' is neither a boolean, a number nor a text`);
    });
    log.change(new Map(changes));
  }
  return answerJson(200, log.read());
}

/** null clears a setting. */
function readTexts(name: string, value: unknown): string[] {
  if (value === null) return [];
  const texts = Array.isArray(value) ? value : [value];
  return texts.map((text: unknown) => {
    if (typeof text === 'string' || typeof text === 'number') return String(text);
    throw invalidArgument(`trace setting '${name.slice(0, 64)}' is neither a text nor a list of texts`);
  });
}

function readLoadParameters(fields: Fields): LoadParameters {
  const parameters = new Map<string, string | boolean | number | Uint8Array>();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'string' && typeof value !== 'boolean' && typeof value !== 'number')
      throw invalidArgument(`parameter '${name.slice(0, 64)}' is neither a text, a number nor a boolean`);
    parameters.set(name, typeof value === 'string' && name.startsWith('file:') ? Buffer.from(value, 'base64') : value);
  }
  return parameters;
}

async function readJson({ request, limits }: AdminCall): Promise<Fields> {
  const body = await readBody(request, limits);
  return body.byteLength === 0 ? {} : readFields('the request', parseJson(Buffer.from(body).toString()));
}

function readSize(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidArgument(`field '${name}' is ${String(value)}: give a number of bytes`);
}

function isPost(call: AdminCall): boolean {
  const { method } = call.request;
  if (method === 'GET' || method === 'POST') return method === 'POST';
  throw new HttpRefusal(405, `${method} is not known of ${call.path}: use GET or POST`, { allow: 'GET, POST' });
}

function requireMethod({ request, path }: AdminCall, method: 'GET' | 'POST'): void {
  if (request.method !== method) throw new HttpRefusal(405, `${request.method} is not known of ${path}: use ${method}`, { allow: method });
}

function decode(encoded: string | undefined): string {
  try {
    return decodeURIComponent(encoded ?? '');
  } catch (cause) {
    throw new InferenceError('INVALID_ARGUMENT', `"${encoded}" in the path is not percent-encoded UTF-8`, { cause });
  }
}
