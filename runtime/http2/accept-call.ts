/** A new stream: either it is a gRPC call of a method that is here, or it is refused before a byte of its body is kept. */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { CallHost } from './call-host.js';
import { encodeGrpcMessage } from './grpc-message.js';
import { parseGrpcTimeout } from './grpc-timeout.js';
import { ENCODINGS, isEncoding } from './inflater.js';
import type { Method } from './method.js';
import { RPC_CODES, type RpcCode } from './rpc-error.js';
import type { ServerCall } from './server-call.js';
import { StreamCall } from './stream-call.js';
import { UnaryCall } from './unary-call.js';

/** Followed by nothing, a subtype or parameters: "application/grpc-web" is another protocol. */
const CONTENT_TYPE = /^application\/grpc(?:$|[+;])/;

/** What HTTP/2 adds to the length of each name and value. */
const PAIR_BYTES = 32;

export interface Arriving {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** The same as they came: names and values by turns. */
  readonly rawHeaders: readonly string[];
  /** The server has as many calls as it takes. */
  readonly isFull: boolean;
}

interface Refusal {
  readonly status: number;
  readonly code: RpcCode;
  readonly message: string;
}

/** The call, or undefined when it was refused. */
export function acceptCall(host: CallHost, methods: ReadonlyMap<string, Method>, arriving: Arriving): ServerCall | undefined {
  const { stream, headers } = arriving;
  const path = headers[':path'] ?? '';
  const method = methods.get(path);
  const encoding = headers['grpc-encoding'] ?? 'identity';
  const timeout = headers['grpc-timeout'];
  const timeoutMs = typeof timeout === 'string' ? parseGrpcTimeout(timeout) : undefined;
  const refusal = findRefusal(headers, method !== undefined) ?? findOverload(host, arriving);
  if (refusal !== undefined || method === undefined) return refuse(host, stream, refusal ?? newUnknown(path));
  if (typeof encoding !== 'string' || !isEncoding(encoding)) return refuse(host, stream, newEncoding(encoding));
  if (timeout !== undefined && timeoutMs === undefined) return refuse(host, stream, newTimeout(timeout));
  const arrival = { host, stream, headers, method: path, encoding };
  const call = method.kind === 'unary' ? new UnaryCall(arrival, method) : new StreamCall(arrival, method);
  if (timeoutMs !== undefined) call.startDeadline(timeoutMs);
  return call;
}

function findRefusal(headers: IncomingHttpHeaders, isKnown: boolean): Refusal | undefined {
  if (headers[':method'] !== 'POST') {
    return { status: 405, code: 'INTERNAL', message: `method ${headers[':method']} is not allowed: gRPC calls are POST` };
  }
  const type = headers['content-type'] ?? '';
  if (!CONTENT_TYPE.test(type)) return { status: 415, code: 'INTERNAL', message: `content-type '${type}' is not application/grpc` };
  return isKnown ? undefined : newUnknown(headers[':path'] ?? '');
}

function findOverload({ limits }: CallHost, { rawHeaders, isFull }: Arriving): Refusal | undefined {
  if (isFull) return newFull(limits.streams);
  let bytes = (rawHeaders.length / 2) * PAIR_BYTES;
  for (const text of rawHeaders) bytes += text.length;
  if (bytes <= limits.headerListBytes) return undefined;
  return { status: 200, code: 'RESOURCE_EXHAUSTED', message: `headers have ${bytes} bytes, more than the limit of ${limits.headerListBytes}` };
}

function newUnknown(path: string): Refusal {
  return { status: 200, code: 'UNIMPLEMENTED', message: `The server does not implement the method ${path}` };
}

function newEncoding(encoding: unknown): Refusal {
  return { status: 200, code: 'UNIMPLEMENTED', message: `grpc-encoding '${encoding}' is not supported: use one of ${ENCODINGS.join(', ')}` };
}

function newTimeout(timeout: unknown): Refusal {
  return {
    status: 200,
    code: 'INVALID_ARGUMENT',
    message: `grpc-timeout '${timeout}' is malformed: give at most 8 digits and a unit, one of HMSmun`,
  };
}

function newFull(limit: number): Refusal {
  return { status: 200, code: 'RESOURCE_EXHAUSTED', message: `the server has ${limit} calls in flight, its limit: try again later` };
}

function refuse(host: CallHost, stream: ServerHttp2Stream, { status, code, message }: Refusal): undefined {
  host.observer.onCallEnd('', code);
  stream.on('error', () => undefined); // the client hears the refusal, or has gone
  if (stream.destroyed || stream.closed) return;
  const headers = [':status', String(status), 'content-type', 'application/grpc', 'grpc-accept-encoding', ENCODINGS.join(',')];
  stream.respond([...headers, 'grpc-status', String(RPC_CODES[code]), 'grpc-message', encodeGrpcMessage(message)], { endStream: true });
  stream.resume().close(constants.NGHTTP2_NO_ERROR);
}
