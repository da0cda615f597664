/** A call with one message in and one out. */
import type { Buffer } from 'node:buffer';
import { MessageReader } from './message-reader.js';
import type { FramedMessage, UnaryMethod } from './method.js';
import { RpcError } from './rpc-error.js';
import { type Arrival, ServerCall } from './server-call.js';

export class UnaryCall extends ServerCall {
  /** The method has the message: its bytes are released when it is done, even when the client has gone before. */
  #isHandling = false;
  /** The method is done with the message for good. */
  #isMessageFree = false;

  constructor(
    arrival: Arrival,
    readonly method: UnaryMethod,
  ) {
    super(arrival, new MessageReader(arrival.host.limits.messageBytes, arrival.host.pool));
  }

  protected override get isReceiving(): boolean {
    return !this.isHalfClosed && !this.isEnded;
  }

  protected override onClosed(): void {
    if (!this.#isHandling) this.release();
    // A cancelled request may still be read, by a run or for others who asked the same: its memory is left to the collector.
    // What was sent was copied: an answer that is a view of it does not need it any more either.
    if (this.#isMessageFree && this.arrival.stream.isComplete) this.reader.recycle();
  }

  override onData(chunk: Buffer): void {
    if (this.isEnded) return;
    this.progressMs = this.arrival.host.sweptMs;
    if (!this.hold(chunk.length)) return;
    try {
      this.reader.push(chunk);
    } catch (error) {
      this.fail(error);
    }
  }

  override onEnd(): void {
    this.isHalfClosed = true;
    if (this.isEnded) return;
    try {
      const framed = this.reader.next();
      if (framed === undefined) throw newNoMessage(this.reader.isPartial);
      if (!this.reader.isEmpty) throw new RpcError('UNIMPLEMENTED', `${this.path} takes one message, but the client sent more`);
      if (framed.isCompressed) this.#inflate(framed.payload);
      else this.#handle(framed.payload);
    } catch (error) {
      this.fail(error);
    }
  }

  #inflate(payload: Buffer): void {
    const { host, encoding } = this.arrival;
    this.#isHandling = true;
    host.inflater.inflate(payload, encoding, host.limits.messageBytes).then(
      (message) => {
        if (this.isEnded || !this.hold(message.length)) this.#done();
        else this.#handle(message);
      },
      (error: unknown) => {
        this.#done();
        this.fail(error);
      },
    );
  }

  #handle(message: Buffer): void {
    this.#isHandling = true;
    let answer: FramedMessage | Promise<FramedMessage>;
    try {
      answer = this.method.handle(message, this);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    if (answer instanceof Promise) answer.then(this.#reply, this.#refuse);
    else this.#reply(answer);
  }

  readonly #reply = (message: FramedMessage): void => {
    this.#done();
    if (this.isEnded) return;
    try {
      this.#isMessageFree = this.method.lendsMessage === true;
      this.send(message);
      this.end('OK');
    } catch (error) {
      this.fail(error);
    }
  };

  readonly #refuse = (error: unknown): void => {
    this.#done();
    this.fail(error);
  };

  #done(): void {
    this.#isHandling = false;
    this.release();
  }
}

function newNoMessage(isPartial: boolean): RpcError {
  if (isPartial) return new RpcError('INVALID_ARGUMENT', 'request is not a message of this method: it ends before the length that it announced');
  return new RpcError('UNIMPLEMENTED', 'the method takes one message, but the client sent none');
}
