/** One request, and whether its answer is right: h2load counts HTTP statuses, and a wrong answer has 200 as well. */
import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { readGrpcAnswer, toFloats } from './infer-body.js';

/** How a server is spoken to. `raw` and `json` are HTTP/1.1: bytes of FP32 values, or an object whose `y` or whole is numbers. */
export type Protocol = 'grpc' | 'raw' | 'json';

export interface Question {
  readonly protocol: Protocol;
  readonly port: number;
  readonly path: string;
  readonly body: Buffer<ArrayBuffer>;
  /** What ONNX Runtime answers in process; undefined where a canned answer is right. */
  readonly want: Float32Array | undefined;
}

export interface Answer {
  readonly values: Float32Array;
  /** Of the body, with gRPC's prefix. */
  readonly bytes: number;
}

const TIMEOUT_MS = 10_000;
const TOLERANCE = 1e-4;

/** Headers that h2load and `askOnce` send alike. */
export function headersOf(protocol: Protocol): Readonly<Record<string, string>> {
  if (protocol === 'grpc') return { 'content-type': 'application/grpc', te: 'trailers' };
  return { 'content-type': protocol === 'raw' ? 'application/octet-stream' : 'application/json' };
}

export function urlOf({ port, path }: Question): string {
  return `http://127.0.0.1:${port}${path}`;
}

export async function askOnce(question: Question): Promise<Answer> {
  return question.protocol === 'grpc' ? await askGrpc(question) : await askHttp(question);
}

/** Throws when the values are not those of ONNX Runtime; libraries of other versions may differ in the last bits. */
export function requireRight({ want }: Question, { values }: Answer): void {
  if (want === undefined) return;
  if (values.length !== want.length) throw new Error(`The answer has ${values.length} values, and ${want.length} are right`);
  const wrong = want.findIndex((value, index) => !(Math.abs(value - (values[index] ?? Number.NaN)) <= TOLERANCE * (1 + Math.abs(value))));
  if (wrong >= 0) throw new Error(`Value ${wrong} of the answer is ${values[wrong]}, and ${want[wrong]} is right`);
}

async function askGrpc(question: Question): Promise<Answer> {
  const session = connect(`http://127.0.0.1:${question.port}`);
  try {
    session.on('error', () => undefined); // the stream reports it
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: question.path,
      ...headersOf('grpc'),
    });
    stream.setTimeout(TIMEOUT_MS, () => stream.close(constants.NGHTTP2_CANCEL));
    const chunks: Buffer[] = [];
    let status: unknown;
    let words: unknown;
    for (const event of ['response', 'trailers'])
      stream.on(event, (headers: Record<string, unknown>) => {
        status ??= headers['grpc-status'];
        words ??= headers['grpc-message'];
      });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.end(question.body);
    await once(stream, 'close');
    if (status !== '0') throw new Error(`gRPC status ${String(status)}: ${String(words)}`);
    const body = Buffer.concat(chunks);
    return { values: readGrpcAnswer(body), bytes: body.length };
  } finally {
    session.destroy();
  }
}

async function askHttp(question: Question): Promise<Answer> {
  const reply = await fetch(urlOf(question), {
    method: 'POST',
    headers: { ...headersOf(question.protocol) },
    body: question.body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const body = Buffer.from(await reply.arrayBuffer());
  if (!reply.ok) throw new Error(`HTTP ${reply.status}: ${body.toString().slice(0, 300)}`);
  return { values: question.protocol === 'raw' ? toFloats(body) : readNumbers(JSON.parse(body.toString())), bytes: body.length };
}

/** Numbers of `{"y": [[…]]}` or of the array itself, nested as deep as it likes. */
function readNumbers(value: unknown): Float32Array {
  const inner = typeof value === 'object' && value !== null && 'y' in value ? value.y : value;
  if (!Array.isArray(inner)) throw new Error(`The answer is not an array of numbers: ${JSON.stringify(value).slice(0, 200)}`);
  return Float32Array.from(inner.flat(8), Number);
}
