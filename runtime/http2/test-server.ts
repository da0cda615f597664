/** For tests of the transport: a server with a few methods, and a client that sends whatever it is told to. */
import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { ByteBudget } from '../core/byte-budget.js';
import { GrpcHttp2Server, type GrpcHttp2ServerOptions } from './grpc-http2-server.js';
import { type FramedMessage, frameMessage, type Method } from './method.js';
import { RpcError } from './rpc-error.js';
import type { ServerCall } from './server-call.js';
import { TRANSPORT_LIMITS, type TransportLimits } from './transport-limits.js';

export class TestServer {
  readonly ends: string[] = [];
  readonly faults: string[] = [];
  readonly clock = { shiftMs: 0 };
  readonly server: GrpcHttp2Server;
  readonly budget: ByteBudget;
  /** Calls of Hang, which answers when told to. */
  readonly hanging: { call: ServerCall; answer: (message: FramedMessage) => void }[] = [];
  port = 0;

  constructor(limits: Partial<TransportLimits> = {}, options: Partial<GrpcHttp2ServerOptions> & { budgetBytes?: number } = {}) {
    this.budget = new ByteBudget(options.budgetBytes ?? 256 * 1024 * 1024);
    this.server = new GrpcHttp2Server({
      limits: { ...TRANSPORT_LIMITS, messageBytes: 1024 * 1024, ...limits },
      methods: this.#methods(),
      budget: this.budget,
      nowMs: () => performance.now() + this.clock.shiftMs,
      random: () => 0.5,
      observer: {
        onCallEnd: (_method, code) => this.ends.push(code),
        toRpcError: (thrown) => new RpcError('INTERNAL', String(thrown)),
        onFault: (reason) => this.faults.push(reason),
      },
      ...options,
    });
  }

  async start(): Promise<this> {
    this.port = await this.server.listen('127.0.0.1', 0);
    return this;
  }

  connect(): ClientHttp2Session {
    const session = connect(`http://127.0.0.1:${this.port}`, { maxSendHeaderBlockLength: 1024 * 1024 });
    session.on('error', () => undefined); // tests look at streams and at 'close'
    return session;
  }

  /** As if that much time had passed. */
  pass(ms: number): void {
    this.clock.shiftMs += ms;
    this.server.sweep();
  }

  #methods(): Map<string, Method> {
    return new Map<string, Method>([
      ['/t/Echo', { kind: 'unary', handle: (message) => frameMessage(message) }],
      ['/t/Later', { kind: 'unary', handle: async (message) => frameMessage(message) }],
      ['/t/Lend', { kind: 'unary', lendsMessage: true, handle: async (message) => frameMessage(message) }],
      ['/t/LendView', { kind: 'unary', lendsMessage: true, handle: (message) => ({ chunks: [PREFIX, message], byteLength: 5 + message.length }) }],
      [
        '/t/LendHang',
        { kind: 'unary', lendsMessage: true, handle: (_message, call) => new Promise((answer) => this.hanging.push({ call, answer })) },
      ],
      ['/t/Big', { kind: 'unary', handle: (message) => frameMessage(Buffer.alloc(message.readUInt32BE(0), 'b')) }],
      [
        '/t/Throw',
        {
          kind: 'unary',
          handle: (message) => {
            throw message.length === 0 ? new Error('boom') : new RpcError('NOT_FOUND', 'nö 100 %');
          },
        },
      ],
      ['/t/Hang', { kind: 'unary', handle: (_message, call) => new Promise((answer) => this.hanging.push({ call, answer })) }],
      ['/t/Chat', { kind: 'stream', requests: 'many', maxInFlight: 4, open: (call) => newChat(call) }],
      ['/t/Watch', { kind: 'stream', requests: 'one', maxInFlight: 1, open: (call) => ({ ...newChat(call), onHalfClose: () => undefined }) }],
    ]);
  }
}

/** Of a message of 300,000 bytes. */
const PREFIX = Buffer.from([0, 0, 4, 147, 224]);

function newChat(call: ServerCall) {
  return {
    onMessage: async (message: Buffer) => {
      await new Promise(setImmediate);
      call.send(frameMessage(message));
    },
    onHalfClose: () => call.end('OK'),
    onEnd: () => undefined,
  };
}

export interface Answer {
  readonly status: unknown;
  /** '' when none came. */
  readonly code: string;
  readonly message: string;
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
  /** Of the stream, when it ended. */
  readonly rstCode: number;
}

export const GRPC: OutgoingHttpHeaders = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' };

/** Never rejects; resolves when the stream has closed. `body` undefined: nothing is sent and the request stays open. */
export function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body: Uint8Array | undefined): Promise<Answer> {
  return new Promise((resolve) => {
    const stream = session.request({ ...GRPC, ...headers });
    const chunks: Buffer[] = [];
    let response: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on('response', (got) => {
      response = got;
    });
    stream.on('trailers', (got) => {
      trailers = got;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => undefined); // the code tells
    stream.on('close', () => {
      const all = { ...response, ...trailers };
      resolve({
        status: response[':status'],
        code: String(all['grpc-status'] ?? ''),
        message: decodeURIComponent(String(all['grpc-message'] ?? '')),
        body: Buffer.concat(chunks),
        headers: all,
        rstCode: stream.rstCode,
      });
    });
    if (body !== undefined) stream.end(body);
  });
}

export function framed(text: string | Uint8Array, flag = 0): Buffer {
  const bytes = Buffer.concat(frameMessage(Buffer.from(text)).chunks.map((chunk) => Buffer.from(chunk)));
  bytes[0] = flag;
  return bytes;
}
