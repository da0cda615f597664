/** A new stream: either it is a gRPC call of a method that is here, or it is refused before a byte of its body is kept. */
import type { RequestHead } from '../../lib/http2/request-head.js';
import type { ServerStream } from '../../lib/http2/server-stream.js';
import type { CallHost } from './call-host.js';
import { encodeGrpcMessage } from './grpc-message.js';
import { parseGrpcTimeout } from './grpc-timeout.js';
import { ENCODINGS, type Encoding, isEncoding } from './inflater.js';
import type { Method } from './method.js';
import { RPC_CODES, type RpcCode } from './rpc-error.js';
import { RESPONSE, type ServerCall } from './server-call.js';
import { StreamCall } from './stream-call.js';
import { UnaryCall } from './unary-call.js';

/** Followed by nothing, a subtype or parameters: "application/grpc-web" is another protocol. */
const CONTENT_TYPE = /^application\/grpc(?:$|[+;])/;

interface Refusal {
  readonly status: number;
  readonly code: RpcCode;
  readonly message: string;
}

/** What a header block asks for. The same block asks for the same each time, so it is read once. */
type Route = { readonly refusal: Refusal } | { readonly method: Method; readonly encoding: Encoding; readonly timeoutMs: number | undefined };

/** The call, or undefined when it was refused. `isFull`: the server has as many calls as it takes. */
export function acceptCall(
  host: CallHost,
  methods: ReadonlyMap<string, Method>,
  stream: ServerStream,
  head: RequestHead,
  isFull: boolean,
): ServerCall | undefined {
  head.memo ??= readRoute(host, methods, head);
  const route = head.memo as Route; // a head is of one connection, and nobody else writes it
  if ('refusal' in route) return refuse(host, stream, route.refusal);
  if (isFull) return refuse(host, stream, newFull(host.limits.streams));
  const { method, encoding, timeoutMs } = route;
  const arrival = { host, stream, head, method: head.path, encoding };
  const call = method.kind === 'unary' ? new UnaryCall(arrival, method) : new StreamCall(arrival, method);
  stream.listener = call;
  if (stream.isClosed) call.onClose(); // its method ended it at once
  if (timeoutMs !== undefined) call.startDeadline(timeoutMs);
  return call;
}

function readRoute(host: CallHost, methods: ReadonlyMap<string, Method>, head: RequestHead): Route {
  const { fields, path } = head;
  const encoding = fields.get('grpc-encoding') ?? 'identity';
  const timeout = fields.get('grpc-timeout');
  const timeoutMs = timeout === undefined ? undefined : parseGrpcTimeout(timeout);
  const method = methods.get(path);
  const refusal = findRefusal(head) ?? findOverload(host, head);
  if (refusal !== undefined) return { refusal };
  if (method === undefined) return { refusal: newUnknown(path) };
  if (!isEncoding(encoding)) return { refusal: newEncoding(encoding) };
  if (timeout !== undefined && timeoutMs === undefined) return { refusal: newTimeout(timeout) };
  return { method, encoding, timeoutMs };
}

function findRefusal({ method, fields }: RequestHead): Refusal | undefined {
  if (method !== 'POST') return { status: 405, code: 'INTERNAL', message: `method ${method} is not allowed: gRPC calls are POST` };
  const type = fields.get('content-type') ?? '';
  return CONTENT_TYPE.test(type) ? undefined : { status: 415, code: 'INTERNAL', message: `content-type '${type}' is not application/grpc` };
}

function findOverload({ limits }: CallHost, { fields }: RequestHead): Refusal | undefined {
  const { bytes } = fields;
  if (bytes <= limits.headerListBytes) return undefined;
  return { status: 200, code: 'RESOURCE_EXHAUSTED', message: `headers have ${bytes} bytes, more than the limit of ${limits.headerListBytes}` };
}

function newUnknown(path: string): Refusal {
  return { status: 200, code: 'UNIMPLEMENTED', message: `The server does not implement the method ${path}` };
}

function newEncoding(encoding: string): Refusal {
  return { status: 200, code: 'UNIMPLEMENTED', message: `grpc-encoding '${encoding}' is not supported: use one of ${ENCODINGS.join(', ')}` };
}

function newTimeout(timeout: string): Refusal {
  return {
    status: 200,
    code: 'INVALID_ARGUMENT',
    message: `grpc-timeout '${timeout}' is malformed: give at most 8 digits and a unit, one of HMSmun`,
  };
}

function newFull(limit: number): Refusal {
  return { status: 200, code: 'RESOURCE_EXHAUSTED', message: `the server has ${limit} calls in flight, its limit: try again later` };
}

function refuse(host: CallHost, stream: ServerStream, { status, code, message }: Refusal): undefined {
  host.observer.onCallEnd('', code);
  const [, ...more] = RESPONSE;
  stream.respond(
    [[':status', String(status)], ...more, ['grpc-status', String(RPC_CODES[code])], ['grpc-message', encodeGrpcMessage(message)]],
    true,
  );
}
