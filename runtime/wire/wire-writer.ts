/**
 * Writes protobuf from its end to its beginning, as upb does: when the length of a message must be written, the message is there
 * already, so one pass is enough and nothing is measured first. Large bytes are not copied: they become chunks of their own.
 */

/** gRPC's prefix: one byte 0 for "not compressed", then the length as uint32, big-endian. */
export const PREFIX_BYTES = 5;

/** From this size on, bytes are handed on as views: a copy then costs more than a further write to the socket. */
export const VIEW_BYTES = 16 * 1024;

const LARGEST_BLOCK = 256 * 1024;

/**
 * A message with gRPC's prefix in front, in pieces to be sent one after the other. Views of the caller's bytes are among them:
 * these must not change until they are sent. What has no large tensor is one chunk.
 */
export interface EncodedMessage {
  readonly chunks: readonly Uint8Array[];
  /** Of all chunks, prefix included. */
  readonly byteLength: number;
}

export class WireWriter {
  #block: Buffer;
  /** The next byte goes before this one. */
  #at: number;
  /** Full blocks and views, last first. */
  readonly #done: Uint8Array[] = [];
  #doneBytes = 0;

  /** `expectedBytes`: of all that is copied; more is taken block by block when it runs out. */
  constructor(expectedBytes: number) {
    this.#block = Buffer.allocUnsafe(Math.min(expectedBytes + PREFIX_BYTES, LARGEST_BLOCK));
    this.#at = this.#block.length;
  }

  /** Bytes written so far. */
  get byteLength(): number {
    return this.#doneBytes + this.#block.length - this.#at;
  }

  writeTag(field: number, wireType: number): void {
    this.writeVarint(field * 8 + wireType);
  }

  /** A whole number from 0 to 2^53. */
  writeVarint(value: number): void {
    if (value < 0x80) {
      this.#reserve(1);
      this.#block[--this.#at] = value;
    } else this.writeVarint64(value | 0, Math.floor(value / 2 ** 32) | 0);
  }

  /** Bits 0 to 31 and 32 to 63. */
  writeVarint64(low: number, high: number): void {
    const size = sizeVarint(low, high);
    this.#reserve(size);
    this.#at -= size;
    let at = this.#at;
    let restLow = low;
    let restHigh = high;
    for (let left = size; left > 1; left--) {
      this.#block[at++] = (restLow & 0x7f) | 0x80;
      restLow = (restLow >>> 7) | (restHigh << 25);
      restHigh >>>= 7;
    }
    this.#block[at] = restLow & 0x7f;
  }

  writeBytes(data: Uint8Array): void {
    const size = data.byteLength;
    if (size >= VIEW_BYTES) {
      this.#flush();
      this.#done.push(data);
      this.#doneBytes += size;
      return;
    }
    this.#reserve(size);
    this.#at -= size;
    this.#block.set(data, this.#at);
  }

  writeText(text: string): void {
    const size = text.length;
    this.#reserve(size);
    const start = this.#at - size;
    for (let index = 0; index < size; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) {
        this.writeBytes(Buffer.from(text, 'utf8'));
        return;
      }
      this.#block[start + index] = code;
    }
    this.#at = start;
  }

  writeDouble(value: number): void {
    this.#reserve(8);
    this.#at -= 8;
    this.#block.writeDoubleLE(value, this.#at);
  }

  /** Puts the field and the length in front of all that was written since `byteLength` was `since`. */
  wrap(field: number, since: number): void {
    this.writeVarint(this.byteLength - since);
    this.writeTag(field, 2);
  }

  finish(): EncodedMessage {
    const length = this.byteLength;
    this.#reserve(PREFIX_BYTES);
    this.#at -= PREFIX_BYTES;
    this.#block[this.#at] = 0;
    this.#block.writeUInt32BE(length, this.#at + 1);
    const byteLength = this.byteLength;
    const head = this.#block.subarray(this.#at);
    return { chunks: this.#done.length === 0 ? [head] : [head, ...this.#done.reverse()], byteLength };
  }

  /** Makes room in front: a new block when this one is full, which becomes a chunk as it is. */
  #reserve(size: number): void {
    if (this.#at >= size) return;
    this.#flush();
    this.#block = Buffer.allocUnsafe(Math.max(size, Math.min(LARGEST_BLOCK, Math.max(VIEW_BYTES, 2 * this.#block.length))));
    this.#at = this.#block.length;
  }

  #flush(): void {
    if (this.#at === this.#block.length) return;
    const full = this.#block.subarray(this.#at);
    this.#done.push(full);
    this.#doneBytes += full.length;
    this.#block = this.#block.subarray(0, this.#at);
  }
}

function sizeVarint(low: number, high: number): number {
  if (high === 0) {
    if (low >>> 7 === 0) return 1;
    return Math.ceil((32 - Math.clz32(low)) / 7);
  }
  return Math.ceil((64 - Math.clz32(high)) / 7);
}

/** The message without gRPC's prefix, in one piece: for serialisers that add the prefix themselves. Copies unless it is one chunk. */
export function joinMessage({ chunks, byteLength }: EncodedMessage): Buffer {
  const [first] = chunks;
  const whole = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, byteLength);
  return Buffer.from(whole.buffer, whole.byteOffset + PREFIX_BYTES, byteLength - PREFIX_BYTES);
}
