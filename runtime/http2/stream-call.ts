/** A call with many messages either way. Reading stops while enough requests are in flight, or answers wait for a slow reader. */
import type { Buffer } from 'node:buffer';
import { type Framed, MessageReader } from './message-reader.js';
import { PREFIX_BYTES, type StreamHandler, type StreamMethod } from './method.js';
import { RpcError } from './rpc-error.js';
import { type Arrival, ServerCall } from './server-call.js';

export class StreamCall extends ServerCall {
  readonly #handler: StreamHandler;
  #inFlight = 0;
  #messages = 0;
  #isInflating = false;
  #isTold = false;
  /** Bytes that arrived and are in no message that a handler has. */
  #pending = 0;

  constructor(
    arrival: Arrival,
    readonly method: StreamMethod,
  ) {
    super(arrival, new MessageReader(arrival.host.limits.messageBytes));
    this.#handler = method.open(this);
  }

  protected override get isReceiving(): boolean {
    return !this.isEnded && !this.isHalfClosed && this.reader.isPartial && !this.arrival.stream.isPaused;
  }

  protected override onClosed(): void {
    this.release(this.#pending);
    this.#pending = 0;
    this.#handler.onEnd();
  }

  protected override onWritable(): void {
    this.#pump();
  }

  override onEnd(): void {
    this.isHalfClosed = true;
    this.#pump();
  }

  override onData(chunk: Buffer): void {
    if (this.isEnded) return;
    this.progressMs = this.arrival.host.sweptMs;
    if (!this.hold(chunk.length)) return;
    this.#pending += chunk.length;
    try {
      this.reader.push(chunk);
    } catch (error) {
      this.fail(error);
    }
    this.#pump();
  }

  get #hasRoom(): boolean {
    return this.#inFlight < this.method.maxInFlight && this.canWrite && !this.#isInflating;
  }

  /** Delivers what is there and fits; then reads on, waits, or ends. */
  #pump(): void {
    try {
      while (!this.isEnded && this.#hasRoom) {
        const framed = this.reader.next();
        if (framed === undefined) break;
        this.#deliver(framed);
      }
    } catch (error) {
      this.fail(error);
    }
    if (this.isEnded) return;
    const { stream } = this.arrival;
    if (!this.#hasRoom) stream.pause();
    else if (stream.isPaused) stream.resume();
    if (this.isHalfClosed && this.#inFlight === 0 && !this.#isInflating) this.#halfClose();
  }

  #halfClose(): void {
    if (this.#isTold || (!this.reader.isEmpty && !this.reader.isPartial)) return;
    this.#isTold = true;
    if (this.reader.isPartial) this.fail(new RpcError('INVALID_ARGUMENT', 'the stream ends within a message'));
    else if (this.method.requests === 'one' && this.#messages === 0) {
      this.fail(new RpcError('UNIMPLEMENTED', `${this.path} takes one message, but the client sent none`));
    } else this.#handler.onHalfClose();
  }

  #deliver(framed: Framed): void {
    if (++this.#messages > 1 && this.method.requests === 'one') {
      throw new RpcError('UNIMPLEMENTED', `${this.path} takes one message, but the client sent more`);
    }
    const bytes = PREFIX_BYTES + framed.payload.length;
    this.#pending -= bytes;
    if (framed.isCompressed) this.#inflate(framed.payload, bytes);
    else this.#handle(framed.payload, bytes);
  }

  #inflate(payload: Buffer, bytes: number): void {
    const { host, encoding } = this.arrival;
    this.#isInflating = true;
    host.inflater
      .inflate(payload, encoding, host.limits.messageBytes)
      .then((message) => {
        this.#isInflating = false;
        if (this.isEnded || !this.hold(message.length)) this.release(bytes);
        else this.#handle(message, bytes + message.length);
      })
      .catch((error: unknown) => {
        this.#isInflating = false;
        this.release(bytes);
        this.fail(error);
      })
      .finally(() => this.#pump());
  }

  #handle(message: Buffer, bytes: number): void {
    let handled: void | Promise<void>;
    try {
      handled = this.#handler.onMessage(message);
    } catch (error) {
      this.release(bytes);
      throw error;
    }
    if (!(handled instanceof Promise)) {
      this.release(bytes);
      return;
    }
    this.#inFlight++;
    handled
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.#inFlight--;
        this.release(bytes);
        this.#pump();
      });
  }
}
