/**
 * One call: its metadata, its deadline, what it holds of the byte budget and the one way in which it ends. Made for the hot
 * path: no timer, no AbortController and no promise of its own; headers that all answers share are made once.
 */
import type { Buffer } from 'node:buffer';
import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { newBudgetRefusal } from '../core/byte-budget.js';
import { CallState } from '../core/call-state.js';
import type { CallHost } from './call-host.js';
import type { Listed } from './call-list.js';
import type { WheelEntry } from './deadline-wheel.js';
import { encodeGrpcMessage } from './grpc-message.js';
import { ENCODINGS, type Encoding } from './inflater.js';
import type { MessageReader } from './message-reader.js';
import { Metadata } from './metadata.js';
import type { FramedMessage } from './method.js';
import { RPC_CODES, type RpcCode, RpcError } from './rpc-error.js';

const { NGHTTP2_NO_ERROR, NGHTTP2_CANCEL } = constants;
const ACCEPTED = ENCODINGS.join(',');
/** As a list, which the http2 module takes without looking at each name. */
const HEADERS: readonly string[] = [':status', '200', 'content-type', 'application/grpc', 'grpc-accept-encoding', ACCEPTED];
const WITH_TRAILERS = { waitForTrailers: true, sendDate: false };
const WITHOUT_BODY = { endStream: true, sendDate: false };
const OK_TRAILERS: OutgoingHttpHeaders = { 'grpc-status': '0' };
const PREFIX_BYTES = 5;
/** A larger answer is written in parts, so that a slow reader and one that reads nothing can be told apart. */
const PART_BYTES = 1024 * 1024;

export interface Arrival {
  readonly host: CallHost;
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** '' when no method has the path. */
  readonly method: string;
  readonly encoding: Encoding;
}

export abstract class ServerCall extends CallState implements Listed {
  /** In the list of its connection. */
  place = -1;
  /** Told once, when the stream is gone. */
  onClose: ((call: ServerCall) => void) | undefined;
  /** Of CallHost.sweptMs, when something last moved. */
  progressMs: number;
  /** The client sends no more. */
  protected isHalfClosed = false;
  #deadline: WheelEntry | undefined;
  #held = 0;
  #answerBytes = 0;
  #isEnded = false;
  #isClosed = false;
  /** Bytes were given to the connection and not all of them left. */
  #unsent = 0;
  /** The last part was given together with the stream's end: nobody is told when it left. */
  #isLastGiven = false;
  #trailers: OutgoingHttpHeaders = OK_TRAILERS;
  #metadata: Metadata | undefined;
  #moreTrailers: Record<string, string> | undefined;
  /** Called once, when the call ends; for those who watch it. */
  onEnded: ((code: RpcCode) => void) | undefined;

  constructor(
    readonly arrival: Arrival,
    protected readonly reader: MessageReader,
  ) {
    super();
    const { host, stream } = arrival;
    this.progressMs = host.sweptMs;
    stream.on('error', ignore); // 'close' follows, and says all that is needed
    stream.on('close', () => this.#close());
  }

  /** '/package.Service/Method' */
  get path(): string {
    return this.arrival.headers[':path'] ?? '';
  }

  get metadata(): Metadata {
    this.#metadata ??= new Metadata(this.arrival.headers);
    return this.#metadata;
  }

  /** Milliseconds until the deadline; undefined when the client waits for ever. */
  get remainingMs(): number | undefined {
    return this.#deadline === undefined ? undefined : this.#deadline.dueMs - this.arrival.host.wheel.nowMs();
  }

  /** Address and port; '' once the connection is gone. */
  get peer(): string {
    const socket = this.arrival.stream.session?.socket;
    return socket?.remoteAddress === undefined ? '' : `${socket.remoteAddress}:${socket.remotePort}`;
  }

  /** What the client calls this request; '' when it gives it no name. */
  get requestId(): string {
    return this.metadata.get('x-request-id') ?? '';
  }

  /** A status was sent, or the client has gone: what is sent from now on goes nowhere. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  protected get isClosed(): boolean {
    return this.#isClosed;
  }

  /** False when the client takes answers more slowly than they come. */
  get canWrite(): boolean {
    return this.arrival.stream.writableLength < this.arrival.host.limits.windowBytes;
  }

  /** A time that is over already ends the call. */
  startDeadline(timeoutMs: number): void {
    const { wheel } = this.arrival.host;
    if (timeoutMs <= 0) this.onDeadline();
    else this.#deadline = wheel.add(this, wheel.nowMs() + timeoutMs);
  }

  onDeadline(): void {
    this.end('DEADLINE_EXCEEDED', 'Deadline exceeded');
  }

  /** Sends one message. Nothing happens once the call has ended. Throws RpcError when it is larger than the limit. */
  send({ chunks, byteLength }: FramedMessage): void {
    if (this.#isEnded) return;
    this.#admit(byteLength);
    this.#begin();
    this.#write(chunks);
  }

  /** Goes out beside the status. `name` in lower case; a value of a name that ends in "-bin" is bytes. */
  addTrailer(name: string, value: string | Buffer): void {
    this.#moreTrailers ??= {};
    this.#moreTrailers[name] = typeof value === 'string' ? value : value.toString('base64').replace(/=+$/, '');
  }

  /** Sends the only message and ends the call well: in one step, without a listener for what was sent, where it is small. */
  protected answer(message: FramedMessage): void {
    const [only] = message.chunks;
    const { host, stream, method } = this.arrival;
    if (
      this.#isEnded ||
      this.#moreTrailers !== undefined ||
      stream.headersSent ||
      message.chunks.length > 1 ||
      only === undefined ||
      only.byteLength > PART_BYTES
    ) {
      this.send(message);
      this.end('OK');
      return;
    }
    this.#admit(message.byteLength);
    this.#isEnded = true;
    this.#isLastGiven = true;
    this.#leave();
    host.observer.onCallEnd(method, 'OK');
    this.onEnded?.('OK');
    if (stream.destroyed || stream.closed) return;
    this.progressMs = host.sweptMs;
    stream.respond(HEADERS, WITH_TRAILERS);
    stream.on('wantTrailers', sendOkTrailers);
    stream.end(only);
  }

  /** Ends the call with a status; only the first end counts. */
  end(code: RpcCode, message = ''): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#leave();
    const { host, stream, method } = this.arrival;
    host.observer.onCallEnd(method, code);
    this.onEnded?.(code);
    if (stream.destroyed || stream.closed) return;
    if (code !== 'OK') {
      this.abandon(); // whoever still works on it can stop
      this.#trailers = newTrailers(code, message);
    }
    if (this.#moreTrailers !== undefined) this.#trailers = { ...this.#trailers, ...this.#moreTrailers };
    if (!this.isHalfClosed) stream.resume(); // the rest of a request that is answered already is not wanted
    if (stream.headersSent) {
      stream.end(); // its trailers say when it may be closed
      return;
    }
    stream.respond([...HEADERS, ...Object.entries(this.#trailers).flatMap(([name, value]) => [name, String(value)])], WITHOUT_BODY);
    if (!this.isHalfClosed) stream.close(NGHTTP2_NO_ERROR);
  }

  /** For what was thrown. */
  fail(thrown: unknown): void {
    if (this.#isEnded) return;
    const error = thrown instanceof RpcError ? thrown : this.arrival.host.observer.toRpcError(thrown);
    this.end(error.code, error.message);
  }

  /** Once a second: ends what does not move any more. */
  sweep(nowMs: number): void {
    const { limits } = this.arrival.host;
    if (this.#unsent > 0 || (this.#isLastGiven && !this.arrival.stream.writableFinished)) {
      if (nowMs - this.progressMs > limits.writeStallMs) this.cut();
    } else if (this.isReceiving && nowMs - this.progressMs > limits.bodyStallMs) {
      this.end('DEADLINE_EXCEEDED', `the request's message paused for more than ${limits.bodyStallMs / 1000} s: send it without pauses`);
    }
  }

  /** Resets the stream: for what cannot be told to the client any more. */
  cut(): void {
    this.arrival.stream.close(NGHTTP2_CANCEL);
    this.arrival.stream.destroy();
  }

  /** A message has begun and not ended, or none has come where one must. */
  protected abstract get isReceiving(): boolean;
  protected abstract onClosed(): void;
  /** The client took what `canWrite` was false for. */
  protected onWritable(): void {
    // for those who wait for it
  }

  /** False, and the call has ended, when the budget has no room for what arrived. */
  protected hold(bytes: number): boolean {
    const { budget } = this.arrival.host;
    if (budget.tryTake(bytes)) {
      this.#held += bytes;
      return true;
    }
    this.end('RESOURCE_EXHAUSTED', newBudgetRefusal(budget).message);
    return false;
  }

  /** For what a message becomes when it is decoded, beyond its bytes. Throws RpcError when the budget has no room. */
  reserve(bytes: number): void {
    const { budget } = this.arrival.host;
    if (!budget.tryTake(bytes)) throw new RpcError('RESOURCE_EXHAUSTED', newBudgetRefusal(budget).message);
    this.#held += bytes;
  }

  /** Gives back what a streamed message reserved; that of a unary call goes with its message. */
  giveBack(bytes: number): void {
    this.release(bytes);
  }

  /** Gives back what the messages held; safe to call again. */
  protected release(bytes = this.#held): void {
    const given = Math.min(bytes, this.#held);
    this.#held -= given;
    this.arrival.host.budget.give(given);
  }

  /** Charges an answer to the budget, until the stream is gone. */
  #admit(byteLength: number): void {
    const { limits, budget } = this.arrival.host;
    if (byteLength - PREFIX_BYTES > limits.messageBytes) {
      throw new RpcError('RESOURCE_EXHAUSTED', `the response has ${byteLength - PREFIX_BYTES} bytes, more than the limit of ${limits.messageBytes}`);
    }
    budget.take(byteLength);
    this.#answerBytes += byteLength;
  }

  #begin(): void {
    const { stream } = this.arrival;
    if (stream.headersSent || stream.destroyed || stream.closed) return;
    stream.respond(HEADERS, WITH_TRAILERS);
    stream.on('wantTrailers', () => {
      if (stream.destroyed || stream.closed) return;
      stream.sendTrailers(this.#trailers);
      if (!this.isHalfClosed) setImmediate(() => stream.destroyed || stream.close(NGHTTP2_NO_ERROR)); // in this turn it would go out before them
    });
  }

  #write(chunks: readonly Uint8Array[]): void {
    const [only] = chunks;
    if (chunks.length === 1 && only !== undefined && only.byteLength <= PART_BYTES) {
      this.#writePart(only);
      return;
    }
    for (const chunk of chunks) for (let at = 0; at < chunk.byteLength; at += PART_BYTES) this.#writePart(chunk.subarray(at, at + PART_BYTES));
  }

  #writePart(part: Uint8Array): void {
    const { stream, host } = this.arrival;
    if (stream.destroyed || stream.closed) return;
    this.#unsent++;
    this.progressMs = host.sweptMs;
    stream.write(part, () => {
      this.#unsent--;
      this.progressMs = host.sweptMs;
      if (!this.#isEnded) this.onWritable();
    });
  }

  #leave(): void {
    if (this.#deadline !== undefined) this.arrival.host.wheel.remove(this.#deadline);
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { host, method } = this.arrival;
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#leave();
      host.observer.onCallEnd(method, 'CANCELLED');
      this.onEnded?.('CANCELLED');
      this.abandon();
    }
    host.budget.give(this.#answerBytes);
    this.#answerBytes = 0;
    this.onClosed();
    this.onClose?.(this);
    host.onCallClosed();
  }
}

function newTrailers(code: RpcCode, message: string): OutgoingHttpHeaders {
  const status = String(RPC_CODES[code]);
  return message === '' ? { 'grpc-status': status } : { 'grpc-status': status, 'grpc-message': encodeGrpcMessage(message) };
}

function sendOkTrailers(this: ServerHttp2Stream): void {
  if (!this.destroyed && !this.closed) this.sendTrailers(OK_TRAILERS);
}

function ignore(): void {
  // nothing to do: see where it is used
}
