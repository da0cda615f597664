/**
 * Frames out of the bytes of one connection: RFC 9113, section 4. The payload of DATA is handed on as it arrives, without being
 * put together; other frames, which are small, arrive whole. Nothing is kept of what nobody knows.
 */
import { Buffer } from 'node:buffer';
import { ConnectionError } from './connection-error.js';
import { ErrorCode, Flag, FRAME_HEADER_BYTES, FrameType, PREFACE } from './protocol.js';

/** What a frame may throw ends the connection: ConnectionError. */
export interface FrameSink {
  /** `length`: of the whole payload, padding too, as flow control counts it. */
  onDataBegin(streamId: number, length: number): void;
  /** A view, to be used before this returns. */
  onDataPart(bytes: Buffer): void;
  onDataEnd(isLast: boolean): void;
  /** `payload`: a view, to be used before this returns. */
  onFrame(type: number, flags: number, streamId: number, payload: Buffer): void;
  /** The payload of a frame of another type is skipped. */
  onUnknownFrame(type: number): void;
}

const KNOWN_TYPES = FrameType.CONTINUATION;
/** No frame but DATA and those of a header block has reason to be larger. */
const CONTROL_BYTES = 1024;
const NOTHING = Buffer.alloc(0);

export class FrameReader {
  /** What begins a preface, a frame's header or a payload that is needed whole, and is not whole. */
  #rest: Buffer = NOTHING;
  #prefaceBytes = 0;
  /** Of the frame whose payload is being read; -1: none is. */
  #type = -1;
  #flags = 0;
  #streamId = 0;
  /** Payload that has not come. */
  #missing = 0;
  /** Padding at the end of what is missing; -1: its length has not come. */
  #padding = 0;

  /** `frameBytes`: the largest payload that the peer was allowed; `blockBytes`: that of a frame of a header block. */
  constructor(
    readonly sink: FrameSink,
    readonly frameBytes: number,
    readonly blockBytes: number,
  ) {}

  /** Of what was read and waits for its rest. */
  get keptBytes(): number {
    return this.#rest.length;
  }

  /** Throws ConnectionError. Nothing of `chunk` is needed afterwards. */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#rest.length > 0) {
      bytes = Buffer.concat([this.#rest, chunk]);
      this.#rest = NOTHING;
    }
    let at = 0;
    if (this.#prefaceBytes < PREFACE.length) {
      at = this.#readPreface(bytes);
    }
    while (at < bytes.length) {
      if (this.#type < 0) {
        if (bytes.length - at < FRAME_HEADER_BYTES) break;
        this.#readHeader(bytes, at);
        at += FRAME_HEADER_BYTES;
        if (this.#missing > 0 && at === bytes.length) break;
      }
      const next = this.#readPayload(bytes, at);
      if (next < 0) break;
      at = next;
    }
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
  }

  #readPreface(bytes: Buffer): number {
    const wanted = Math.min(PREFACE.length - this.#prefaceBytes, bytes.length);
    if (bytes.latin1Slice(0, wanted) !== PREFACE.slice(this.#prefaceBytes, this.#prefaceBytes + wanted)) {
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'the connection does not begin with the preface of HTTP/2');
    }
    this.#prefaceBytes += wanted;
    return wanted;
  }

  #readHeader(bytes: Buffer, at: number): void {
    const length = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const type = bytes[at + 3] ?? 0;
    this.#flags = bytes[at + 4] ?? 0;
    this.#streamId = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    this.#type = type;
    this.#missing = length;
    if (length > this.frameBytes) throw newSizeError(type, length, this.frameBytes);
    if (type === FrameType.DATA) {
      this.#padding = (this.#flags & Flag.PADDED) === 0 ? 0 : -1;
      if (this.#padding < 0 && length === 0) throw newSizeError(type, length, this.frameBytes);
      this.sink.onDataBegin(this.#streamId, length);
    } else if (type === FrameType.HEADERS || type === FrameType.CONTINUATION) {
      if (length > this.blockBytes) throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, `a header block has more than ${this.blockBytes} bytes`);
    } else if (type > KNOWN_TYPES) this.sink.onUnknownFrame(type);
    else if (length > CONTROL_BYTES) throw newSizeError(type, length, CONTROL_BYTES);
  }

  /** Returns where it ends, or -1 when the payload is needed whole and is not there. */
  #readPayload(bytes: Buffer, at: number): number {
    if (this.#type === FrameType.DATA) return this.#readData(bytes, at);
    const there = bytes.length - at;
    if (this.#type > KNOWN_TYPES) {
      const skipped = Math.min(there, this.#missing);
      this.#missing -= skipped;
      if (this.#missing === 0) this.#type = -1;
      return at + skipped;
    }
    if (there < this.#missing) return -1;
    const end = at + this.#missing;
    const type = this.#type;
    this.#type = -1;
    this.sink.onFrame(type, this.#flags, this.#streamId, bytes.subarray(at, end));
    return end;
  }

  #readData(bytes: Buffer, from: number): number {
    let at = from;
    if (this.#padding < 0) {
      this.#padding = bytes[at++] ?? 0;
      this.#missing--;
      if (this.#padding > this.#missing) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'the padding of a DATA frame is longer than the frame');
    }
    const end = Math.min(bytes.length, at + this.#missing);
    const content = Math.min(end - at, this.#missing - this.#padding);
    if (content > 0) this.sink.onDataPart(bytes.subarray(at, at + content));
    this.#missing -= end - at;
    if (this.#padding > this.#missing) this.#padding = this.#missing;
    if (this.#missing === 0) {
      this.#type = -1;
      this.sink.onDataEnd((this.#flags & Flag.END_STREAM) !== 0);
    }
    return end;
  }
}

function newSizeError(type: number, length: number, most: number): ConnectionError {
  return new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, `a frame of type ${type} has ${length} bytes, where at most ${most} are allowed`);
}
