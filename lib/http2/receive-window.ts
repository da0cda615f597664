/** What the client may still send on the connection, and what is given back to it: RFC 9113, section 5.2. A half is given back at a time. */
import { ConnectionError } from './connection-error.js';
import type { FrameOutput } from './frame-output.js';
import { ErrorCode } from './protocol.js';
import type { ServerStream } from './server-stream.js';

export class ReceiveWindow {
  #left: number;
  #creditBytes = 0;

  /** `windowBytes`: of the connection, and of each stream. */
  constructor(
    readonly output: FrameOutput,
    readonly windowBytes: number,
  ) {
    this.#left = windowBytes;
  }

  /** A DATA frame of so many bytes has begun. Throws ConnectionError. */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, 'more DATA than the window of the connection');
  }

  /** Nobody needs these any more. */
  credit(bytes: number): void {
    this.#creditBytes += bytes;
    if (this.#creditBytes < this.windowBytes / 2) return;
    this.output.windowUpdate(0, this.#creditBytes);
    this.#left += this.#creditBytes;
    this.#creditBytes = 0;
  }

  /** The same, of a stream's window as well. */
  creditStream(stream: ServerStream, bytes: number): void {
    this.credit(bytes);
    if (stream.isClosed || stream.isRemoteDone) return;
    stream.creditBytes += bytes;
    if (stream.creditBytes < this.windowBytes / 2) return;
    this.output.windowUpdate(stream.id, stream.creditBytes);
    stream.receiveWindow += stream.creditBytes;
    stream.creditBytes = 0;
  }
}
