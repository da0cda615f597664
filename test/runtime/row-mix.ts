/**
 * Requests for row-models by number, right ones and bad neighbours, sent over several connections at once, each answer held
 * against what ONNX Runtime says of that request alone.
 */
import { spawnSync } from 'node:child_process';
import { type ClientHttp2Session, connect } from 'node:http2';
import { join } from 'node:path';
import process from 'node:process';
import { loadInferenceService } from '../../proto/load.js';
import { frameMessage } from '../../runtime/http2/method.js';
import { Chance } from '../wire/chance.js';
import { ROW_MODELS, type RowModel } from './row-models.js';

type Kind = 'right' | 'numbers' | 'shape' | 'datatype' | 'poison' | 'cancel' | 'deadline' | 'disconnect' | 'zero';

/** Of 100. 'numbers': rows of NaN and infinities; 'cancel', 'deadline', 'disconnect': nobody waits for the answer. */
const KINDS: readonly (readonly [Kind, number])[] = [
  ['right', 50],
  ['numbers', 12],
  ['shape', 5],
  ['datatype', 5],
  ['poison', 8],
  ['cancel', 8],
  ['deadline', 5],
  ['disconnect', 1],
  ['zero', 6],
];
const ODD_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, 1e-40, -0];
/** Reading the protocol's files takes long. */
const { ModelInfer } = loadInferenceService();
const CONNECTIONS = 4;
const IN_FLIGHT = 48;

export interface MixRequest {
  readonly index: number;
  readonly model: RowModel;
  readonly kind: Kind;
  readonly shape: readonly number[];
  readonly data: Buffer;
  /** Microseconds until it is given up, by whoever does. */
  readonly patienceUs: number;
}

interface Tensor {
  readonly shape: readonly number[];
  readonly data: Buffer;
}

export function makeMixRequest(seed: number, index: number): MixRequest {
  const chance = new Chance(seed, index);
  const model = chance.pick(ROW_MODELS);
  const kind = pickKind(chance, model);
  const rows = kind === 'zero' ? 0 : 1 + chance.integer(chance.isTrue(0.9) ? 4 : 20);
  const shape = [rows, ...model.dims];
  const count = shape.reduce((product, size) => product * size, 1);
  const isOdd = kind === 'numbers' && chance.isTrue(0.5); // whole requests of them, or single elements
  const values = Array.from({ length: count }, () =>
    kind === 'numbers' && chance.isTrue(isOdd ? 1 : 0.1) ? chance.pick(ODD_NUMBERS) : model.element(chance),
  );
  if (kind === 'poison' && model.poison !== undefined) values[chance.integer(count)] = model.poison;
  const data = model.datatype === 'FP32' ? Float32Array.from(values) : BigInt64Array.from(values, (value) => BigInt(value));
  return { index, model, kind, shape, data: Buffer.from(data.buffer), patienceUs: chance.integer(4000) };
}

function pickKind(chance: Chance, model: RowModel): Kind {
  let rest = chance.integer(100);
  for (const [kind, weight] of KINDS) {
    rest -= weight;
    if (rest >= 0) continue;
    const isNonsense = (kind === 'numbers' && model.datatype !== 'FP32') || (kind === 'poison' && model.poison === undefined);
    return isNonsense ? 'right' : kind;
  }
  return 'right';
}

/** Alone, by ONNX Runtime itself, in `folder` as the server has it. Only for those that wait for an answer. */
export function runAlone(folder: string, requests: readonly MixRequest[]): (Tensor | undefined)[] {
  const safe = requests.map((request) => (request.kind === 'zero' ? withOneRow(request) : request)); // a kernel may end the process
  const lines = safe.map(({ model, shape, data }) =>
    JSON.stringify({ path: join(folder, model.name, '1', 'model.onnx'), datatype: model.datatype, shape, data: data.toString('base64') }),
  );
  const runner = join(import.meta.dirname, 'alone-runner.js');
  const { stdout, status } = spawnSync(process.execPath, [runner], { input: `${lines.join('\n')}\n`, encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`ONNX Runtime alone ended with ${status} after ${stdout.split('\n').length - 1} requests`);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { shape, data }: { shape?: number[]; data?: string } = JSON.parse(line);
      return shape === undefined || data === undefined ? undefined : { shape, data: Buffer.from(data, 'base64') };
    });
}

function withOneRow(request: MixRequest): MixRequest {
  const shape = [1, ...request.model.dims];
  return { ...request, shape, data: Buffer.alloc(shape.reduce((product, size) => product * size, request.model.datatype === 'FP32' ? 4 : 8)) };
}

export interface MixResult {
  /** Sentences about answers that are not right; at most 20. */
  readonly wrong: readonly string[];
  readonly compared: number;
  readonly bitEqual: number;
  readonly refused: number;
  readonly abandoned: number;
}

/** Sends all of them, at most IN_FLIGHT at a time. `alone`: what is right, by position; undefined for a run that fails. */
export async function sendMix(address: string, requests: readonly MixRequest[], alone: readonly (Tensor | undefined)[]): Promise<MixResult> {
  const sessions = Array.from({ length: CONNECTIONS }, () => open(address));
  const result = { wrong: [] as string[], compared: 0, bitEqual: 0, refused: 0, abandoned: 0 };
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < requests.length; at = next++) {
      const request = requests[at];
      if (request === undefined) return;
      const slot = at % CONNECTIONS;
      if (sessions[slot]?.destroyed !== false || sessions[slot]?.closed === true) sessions[slot] = open(address);
      const session = sessions[slot];
      if (session === undefined) return;
      const isWrong = judge(request, await send(session, request), { alone: alone[at], result });
      if (isWrong !== undefined && result.wrong.length < 20)
        result.wrong.push(`request ${request.index} (${request.kind}, ${request.model.name}, rows ${request.shape[0]}): ${isWrong}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  for (const session of sessions) session.close();
  return result;
}

function open(address: string): ClientHttp2Session {
  const session = connect(`http://${address}`);
  session.on('error', () => undefined); // its streams say it
  session.setMaxListeners(0);
  return session;
}

interface Reply {
  readonly code: string;
  readonly message: string;
  readonly output: Tensor | undefined;
}

function send(session: ClientHttp2Session, request: MixRequest): Promise<Reply> {
  const { kind, patienceUs } = request;
  const deadline = kind === 'deadline' ? { 'grpc-timeout': `${100 + patienceUs}u` } : {};
  const stream = session.request({ ':method': 'POST', ':path': ModelInfer.path, 'content-type': 'application/grpc', te: 'trailers', ...deadline });
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const chunks: Buffer[] = [];
  let all: Record<string, unknown> = {};
  const note = (headers: object): void => {
    all = { ...all, ...headers };
  };
  stream
    .on('response', note)
    .on('trailers', note)
    .on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('close', () => {
    const body = Buffer.concat(chunks);
    const output = body.length > 5 ? readOutput(ModelInfer.responseDeserialize(body.subarray(5))) : undefined;
    resolve({ code: String(all['grpc-status'] ?? 'none'), message: decodeURIComponent(String(all['grpc-message'] ?? '')), output });
  });
  stream.end(encode(request));
  if (kind === 'cancel') setTimeout(() => stream.close(8), patienceUs / 1000);
  if (kind === 'disconnect') setTimeout(() => session.destroy(), patienceUs / 1000);
  return promise;
}

function encode({ model, kind, shape, data }: MixRequest): Buffer {
  const datatype = kind === 'datatype' ? 'FP64' : model.datatype;
  const sent = kind === 'shape' ? shape.map((size, axis) => (axis === shape.length - 1 ? size + 1 : size)) : [...shape];
  const message = ModelInfer.requestSerialize({
    model_name: model.name,
    inputs: [{ name: 'x', datatype, shape: sent }],
    outputs: [{ name: 'y' }],
    raw_input_contents: [data],
  });
  return Buffer.concat(frameMessage(message).chunks);
}

function readOutput({
  outputs,
  raw_output_contents: raw,
}: {
  outputs: readonly { shape: readonly (string | number)[] }[];
  raw_output_contents: readonly Uint8Array[];
}): Tensor | undefined {
  const [output] = outputs;
  return output === undefined ? undefined : { shape: output.shape.map(Number), data: Buffer.from(raw[0] ?? new Uint8Array()) };
}

/** What is not right about it. A disconnect takes the other requests of its connection with it: those have no code. */
function judge(
  request: MixRequest,
  { code, message, output }: Reply,
  { alone, result }: { alone: Tensor | undefined; result: { compared: number; bitEqual: number; refused: number; abandoned: number } },
): string | undefined {
  const { kind, model } = request;
  if (code === 'none' || (kind === 'deadline' && code === '4')) {
    result.abandoned++;
    return undefined;
  }
  if (kind === 'shape' || kind === 'datatype' || kind === 'poison') {
    result.refused++;
    return code === '3' ? undefined : `code ${code} ${message}, 3 was due`;
  }
  if (code !== '0' || output === undefined) return `code ${code} ${message}`;
  if (kind === 'zero') return output.shape[0] === 0 && output.data.length === 0 ? undefined : `zero rows gave ${output.shape}`;
  if (alone === undefined) return 'it was answered, and alone it fails';
  result.compared++;
  if (output.data.equals(alone.data) && String(output.shape) === String(alone.shape)) result.bitEqual++;
  else return compare(output, alone, model.tolerance);
  return undefined;
}

function compare(got: Tensor, want: Tensor, tolerance: number): string | undefined {
  if (String(got.shape) !== String(want.shape)) return `shape ${got.shape}, alone ${want.shape}`;
  const [left, right] = [got.data, want.data].map(
    ({ buffer, byteOffset, byteLength }) => new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength)),
  );
  for (const [at, value] of (left ?? []).entries()) {
    const other = right?.[at] ?? 0;
    if (Object.is(value, other) || (Number.isNaN(value) && Number.isNaN(other))) continue;
    if (!(Math.abs(value - other) <= tolerance * Math.max(1, Math.abs(value), Math.abs(other)))) return `element ${at} is ${value}, alone ${other}`;
  }
  return undefined;
}
