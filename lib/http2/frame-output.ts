/**
 * Frames on their way out. They are copied into one buffer, which goes to the socket at the end of the turn or when it is full: one
 * write for all that a turn has to say, and nothing of what was given is needed once it was copied.
 */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Field, HpackEncoder } from './hpack/hpack-encoder.js';
import { OUTPUT_BYTES, type OutputPool } from './output-pool.js';
import { type ErrorCode, Flag, FRAME_HEADER_BYTES, FrameType } from './protocol.js';

const NOTHING = Buffer.alloc(0);

export interface OutputWatch {
  /** Bytes were given to the socket, which may have them still. */
  onGiven(): void;
  /** The kernel took some. */
  onWritten(): void;
}

export class FrameOutput {
  #buffer: Buffer = NOTHING;
  #used = 0;
  #isDue = false;
  /** Full, or of earlier turns, in order. The socket has one at a time: several would leave as one, and nobody would see that some have. */
  readonly #waiting: { readonly buffer: Buffer; readonly used: number }[] = [];
  #waitingBytes = 0;
  /** What the socket has and the kernel has not taken. */
  #writing: Buffer | undefined;
  #onEnded: (() => void) | undefined;

  constructor(
    readonly socket: Socket,
    readonly pool: OutputPool,
    readonly watch: OutputWatch,
  ) {}

  /** Bytes that the kernel has not taken. */
  get backlog(): number {
    return this.#used + this.pendingBytes;
  }

  /** The same, without those of this turn. */
  get pendingBytes(): number {
    return this.#waitingBytes + this.socket.writableLength;
  }

  /** `content` of one frame, at most `OUTPUT_BYTES` with its header. */
  data(streamId: number, content: Uint8Array, start: number, end: number, isLast: boolean): void {
    const at = this.#begin(end - start, FrameType.DATA, isLast ? Flag.END_STREAM : 0, streamId);
    if (end > start) this.#buffer.set(start === 0 && end === content.length ? content : content.subarray(start, end), at);
  }

  /** HEADERS, and CONTINUATIONs where the peer takes no frame of that size. */
  headers(streamId: number, encoder: HpackEncoder, fields: readonly Field[], isLast: boolean, frameBytes: number): void {
    const most = encoder.maxBytes(fields);
    const flags = isLast ? Flag.END_STREAM : 0;
    if (most > Math.min(frameBytes, OUTPUT_BYTES / 2)) {
      const block = Buffer.allocUnsafe(most);
      this.#longHeaders(streamId, block.subarray(0, encoder.write(fields, block, 0)), flags, Math.min(frameBytes, OUTPUT_BYTES / 2));
      return;
    }
    this.#ensure(FRAME_HEADER_BYTES + most);
    const from = this.#used;
    const end = encoder.write(fields, this.#buffer, from + FRAME_HEADER_BYTES);
    this.#begin(end - from - FRAME_HEADER_BYTES, FrameType.HEADERS, flags | Flag.END_HEADERS, streamId);
  }

  settings(pairs: readonly (readonly [id: number, value: number])[]): void {
    const at = this.#begin(pairs.length * 6, FrameType.SETTINGS, 0, 0);
    for (const [index, [id, value]] of pairs.entries()) {
      this.#buffer.writeUInt16BE(id, at + index * 6);
      this.#buffer.writeUInt32BE(value, at + index * 6 + 2);
    }
  }

  acknowledgeSettings(): void {
    this.#begin(0, FrameType.SETTINGS, Flag.ACK, 0);
  }

  ping(payload: Uint8Array, isAck: boolean): void {
    const at = this.#begin(8, FrameType.PING, isAck ? Flag.ACK : 0, 0);
    this.#buffer.set(payload, at);
  }

  windowUpdate(streamId: number, bytes: number): void {
    const at = this.#begin(4, FrameType.WINDOW_UPDATE, 0, streamId);
    this.#buffer.writeUInt32BE(bytes, at);
  }

  reset(streamId: number, code: ErrorCode): void {
    const at = this.#begin(4, FrameType.RST_STREAM, 0, streamId);
    this.#buffer.writeUInt32BE(code, at);
  }

  goAway(lastId: number, code: ErrorCode, debug: string): void {
    const text = Buffer.from(debug, 'latin1');
    const at = this.#begin(8 + text.length, FrameType.GOAWAY, 0, 0);
    this.#buffer.writeUInt32BE(lastId, at);
    this.#buffer.writeUInt32BE(code, at + 4);
    this.#buffer.set(text, at + 8);
  }

  flush(): void {
    this.#isDue = false;
    if (this.#used === 0) return;
    this.#waiting.push({ buffer: this.#buffer, used: this.#used });
    this.#waitingBytes += this.#used;
    this.#buffer = NOTHING;
    this.#used = 0;
    this.#write();
    this.watch.onGiven();
  }

  /** Sends what there is, and then the end. */
  end(onEnded: () => void): void {
    this.#onEnded = onEnded;
    this.flush();
    this.#write();
  }

  #write(): void {
    while (this.#writing === undefined) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#waitingBytes -= next.used;
      this.#writeOne(next.buffer, next.used);
    }
    if (this.#writing !== undefined || this.#onEnded === undefined) return;
    this.socket.end(this.#onEnded);
    this.#onEnded = undefined;
  }

  #writeOne(buffer: Buffer, used: number): void {
    const canWrite = !this.socket.destroyed && !this.socket.writableEnded;
    if (canWrite) this.socket.write(buffer.subarray(0, used));
    if (!canWrite || this.socket.writableLength === 0) {
      this.pool.give(buffer);
      return;
    }
    this.#writing = buffer;
    // Tells when all before it has left. Most writes are done at once: a callback for each would cost them a tick.
    this.socket.write(NOTHING, this.#onWritten);
  }

  readonly #onWritten = (): void => {
    if (this.#writing !== undefined) this.pool.give(this.#writing);
    this.#writing = undefined;
    this.#write();
    this.watch.onWritten();
  };

  #longHeaders(streamId: number, block: Buffer, flags: number, frameBytes: number): void {
    for (let at = 0; at < block.length; at += frameBytes) {
      const part = block.subarray(at, at + frameBytes);
      const end = at + frameBytes >= block.length ? Flag.END_HEADERS : 0;
      const place = this.#begin(part.length, at === 0 ? FrameType.HEADERS : FrameType.CONTINUATION, (at === 0 ? flags : 0) | end, streamId);
      this.#buffer.set(part, place);
    }
  }

  #ensure(bytes: number): void {
    if (this.#used + bytes > this.#buffer.length) {
      this.flush();
      this.#buffer = this.pool.take();
    }
    if (this.#isDue) return;
    this.#isDue = true;
    this.pool.flushSoon(this);
  }

  /** Returns where the payload goes. */
  #begin(length: number, type: number, flags: number, streamId: number): number {
    this.#ensure(FRAME_HEADER_BYTES + length);
    const buffer = this.#buffer;
    const at = this.#used;
    buffer[at] = length >> 16;
    buffer[at + 1] = length >> 8;
    buffer[at + 2] = length;
    buffer[at + 3] = type;
    buffer[at + 4] = flags;
    buffer[at + 5] = streamId >> 24;
    buffer[at + 6] = streamId >> 16;
    buffer[at + 7] = streamId >> 8;
    buffer[at + 8] = streamId;
    this.#used = at + FRAME_HEADER_BYTES + length;
    return at + FRAME_HEADER_BYTES;
  }
}
