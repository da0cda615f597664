/** What a service gives to the transport: bytes in, bytes out. */
import type { Buffer } from 'node:buffer';
import type { ServerCall } from './server-call.js';

/** One message, in pieces that are sent one after another. */
export type Chunks = readonly Uint8Array[];

/**
 * One message in, one out. The answer at once costs less than a promise of it. What is thrown becomes the status: RpcError as
 * it is, anything else as the observer says.
 */
export interface UnaryMethod {
  readonly kind: 'unary';
  handle(message: Buffer, call: ServerCall): Chunks | Promise<Chunks>;
}

/** A call of a StreamMethod, as the service sees it. */
export interface StreamHandler {
  /** The next message is delivered at once as long as fewer than `maxInFlight` promises are open. Throwing ends the call. */
  onMessage(message: Buffer): void | Promise<void>;
  /** The client sends no more and every promise of `onMessage` has settled. */
  onHalfClose(): void;
  /** The call has ended, however it did. */
  onEnd(): void;
}

export interface StreamMethod {
  readonly kind: 'stream';
  /** 'one': server-streaming, a second message is refused. */
  readonly requests: 'one' | 'many';
  readonly maxInFlight: number;
  open(call: ServerCall): StreamHandler;
}

export type Method = UnaryMethod | StreamMethod;
