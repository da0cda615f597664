/**
 * One call: its metadata, its deadline, what it holds of the byte budget and the one way in which it ends. Made for the hot
 * path: no timer, no AbortController and no promise of its own; headers that all answers share are made once.
 */
import type { Buffer } from 'node:buffer';
import type { Field } from '../../lib/http2/hpack/hpack-encoder.js';
import { SharedField } from '../../lib/http2/hpack/shared-field.js';
import { ErrorCode } from '../../lib/http2/protocol.js';
import type { RequestHead } from '../../lib/http2/request-head.js';
import type { ServerStream, StreamListener } from '../../lib/http2/server-stream.js';
import { newBudgetRefusal } from '../core/byte-budget.js';
import { CallState } from '../core/call-state.js';
import type { CallHost } from './call-host.js';
import type { Listed } from './call-list.js';
import type { WheelEntry } from './deadline-wheel.js';
import { encodeGrpcMessage } from './grpc-message.js';
import { ENCODINGS, type Encoding } from './inflater.js';
import type { MessageReader } from './message-reader.js';
import { Metadata } from './metadata.js';
import { type FramedMessage, PREFIX_BYTES } from './method.js';
import { RPC_CODES, type RpcCode, RpcError } from './rpc-error.js';

/** What every answer begins with. */
export const RESPONSE: readonly Field[] = [
  [':status', '200'],
  new SharedField('content-type', 'application/grpc'),
  new SharedField('grpc-accept-encoding', ENCODINGS.join(',')),
];
const OK_TRAILERS: readonly Field[] = [new SharedField('grpc-status', '0')];

export interface Arrival {
  readonly host: CallHost;
  readonly stream: ServerStream;
  readonly head: RequestHead;
  readonly method: string;
  readonly encoding: Encoding;
}

export abstract class ServerCall extends CallState implements Listed, StreamListener {
  /** In the list of its connection. */
  place = -1;
  /** Told once, when the stream is gone. */
  onLeft: ((call: ServerCall) => void) | undefined;
  /** Of CallHost.sweptMs, when something last moved. */
  progressMs: number;
  /** The client sends no more. */
  protected isHalfClosed = false;
  #deadline: WheelEntry | undefined;
  #held = 0;
  #answerBytes = 0;
  #isEnded = false;
  #metadata: Metadata | undefined;
  #moreTrailers: Field[] | undefined;
  /** Called once, when the call ends; for those who watch it. */
  onEnded: ((code: RpcCode) => void) | undefined;

  constructor(
    readonly arrival: Arrival,
    protected readonly reader: MessageReader,
  ) {
    super();
    this.progressMs = arrival.host.sweptMs;
  }

  abstract onData(bytes: Buffer): void;
  abstract onEnd(): void;

  /** '/package.Service/Method' */
  get path(): string {
    return this.arrival.head.path;
  }

  get metadata(): Metadata {
    this.#metadata ??= new Metadata(this.arrival.head.fields);
    return this.#metadata;
  }

  /** Milliseconds until the deadline; undefined when the client waits for ever. */
  get remainingMs(): number | undefined {
    return this.#deadline === undefined ? undefined : this.#deadline.dueMs - this.arrival.host.wheel.nowMs();
  }

  /** Address and port; '' once the connection is gone. */
  get peer(): string {
    return this.arrival.stream.session.remoteAddress;
  }

  /** What the client calls this request; '' when it gives it no name. */
  get requestId(): string {
    return this.metadata.get('x-request-id') ?? '';
  }

  /** A status was sent, or the client has gone: what is sent from now on goes nowhere. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** False when the client takes answers more slowly than they come. */
  get canWrite(): boolean {
    return this.arrival.stream.queuedBytes < this.arrival.host.limits.windowBytes;
  }

  /** A time that is over already ends the call. */
  startDeadline(timeoutMs: number): void {
    if (this.#isEnded) return;
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
    const { stream, host } = this.arrival;
    this.progressMs = host.sweptMs;
    stream.respond(RESPONSE);
    for (const chunk of chunks) stream.send(chunk);
  }

  /** Goes out beside the status. `name` in lower case; a value of a name that ends in "-bin" is bytes. */
  addTrailer(name: string, value: string | Buffer): void {
    this.#moreTrailers ??= [];
    this.#moreTrailers.push([name, typeof value === 'string' ? value : value.toString('base64').replace(/=+$/, '')]);
  }

  /** Ends the call with a status; only the first end counts. */
  end(code: RpcCode, message = ''): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#leave();
    const { host, stream, method } = this.arrival;
    host.observer.onCallEnd(method, code);
    this.onEnded?.(code);
    if (stream.isClosed) return;
    if (code !== 'OK') this.abandon(); // whoever still works on it can stop
    const status = code === 'OK' ? OK_TRAILERS : newTrailers(code, message);
    const trailers = this.#moreTrailers === undefined ? status : [...status, ...this.#moreTrailers];
    if (stream.hasResponded) stream.finish(trailers);
    else stream.respond([...RESPONSE, ...trailers], true);
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
    if (this.arrival.stream.queuedBytes > 0) {
      if (nowMs - this.progressMs > limits.writeStallMs) this.cut();
    } else if (this.isReceiving && nowMs - this.progressMs > limits.bodyStallMs) {
      this.end('DEADLINE_EXCEEDED', `the request's message paused for more than ${limits.bodyStallMs / 1000} s: send it without pauses`);
    }
  }

  /** Resets the stream: for what cannot be told to the client any more. */
  cut(): void {
    this.arrival.stream.reset(ErrorCode.CANCEL);
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

  onSent(): void {
    this.progressMs = this.arrival.host.sweptMs;
    if (!this.#isEnded) this.onWritable();
  }

  #leave(): void {
    if (this.#deadline !== undefined) this.arrival.host.wheel.remove(this.#deadline);
  }

  onClose(): void {
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
    this.onLeft?.(this);
    host.onCallClosed();
  }
}

function newTrailers(code: RpcCode, message: string): readonly Field[] {
  const status: Field = ['grpc-status', String(RPC_CODES[code])];
  return message === '' ? [status] : [status, ['grpc-message', encodeGrpcMessage(message)]];
}
