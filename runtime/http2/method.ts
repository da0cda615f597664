/** What a service gives to the transport: bytes in, bytes out. */
import { Buffer } from 'node:buffer';
import type { ServerCall } from './server-call.js';

/** One message as it goes on the wire, in pieces: the first begins with gRPC's five bytes (flag 0, length as uint32). */
export interface FramedMessage {
  readonly chunks: readonly Uint8Array[];
  /** Of all chunks. */
  readonly byteLength: number;
}

/** What gRPC puts before each message: a flag and a length. */
export const PREFIX_BYTES = 5;

/** For messages that were serialised without the prefix; copies them. */
export function frameMessage(payload: Uint8Array): FramedMessage {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + payload.byteLength);
  framed[0] = 0;
  framed.writeUInt32BE(payload.byteLength, 1);
  framed.set(payload, PREFIX_BYTES);
  return { chunks: [framed], byteLength: framed.byteLength };
}

/**
 * One message in, one out. The answer at once costs less than a promise of it. What is thrown becomes the status: RpcError as
 * it is, anything else as the observer says.
 */
export interface UnaryMethod {
  readonly kind: 'unary';
  /** Nobody reads a message, or a view of it, once its answer is there: its memory may then be used for other messages. */
  readonly lendsMessage?: boolean;
  handle(message: Buffer, call: ServerCall): FramedMessage | Promise<FramedMessage>;
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
