/** Header blocks out of HEADERS and CONTINUATION: RFC 9113, sections 6.2 and 6.10. One is open at a time, and bounded (CVE-2024-27316). */
import { Buffer } from 'node:buffer';
import { ConnectionError } from './connection-error.js';
import { ErrorCode, Flag } from './protocol.js';

export interface HeaderBlock {
  readonly id: number;
  readonly bytes: Buffer;
  /** With it the client has said all. */
  readonly isLast: boolean;
  /** Of the priority that came with it; -1 without. */
  readonly dependsOn: number;
}

const PRIORITY_BYTES = 5;
const MAX_FRAMES = 64;

export class HeaderBlocks {
  #parts: Buffer[] | undefined;
  #bytes = 0;
  #begun: HeaderBlock | undefined;

  constructor(readonly maxBytes: number) {}

  /** Nothing else may come before its end. */
  get isOpen(): boolean {
    return this.#parts !== undefined;
  }

  /** The block, when it is whole. Throws ConnectionError. `payload` is read before this returns, or copied. */
  begin(id: number, flags: number, payload: Buffer): HeaderBlock | undefined {
    let at = 0;
    let end = payload.length;
    let dependsOn = -1;
    if ((flags & Flag.PADDED) !== 0) {
      end -= payload[0] ?? 0;
      at = 1;
    }
    if ((flags & Flag.PRIORITY) !== 0) {
      if (payload.length < at + PRIORITY_BYTES) throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, 'HEADERS has no room for its priority');
      dependsOn = payload.readUInt32BE(at) & 0x7fffffff;
      at += PRIORITY_BYTES;
    }
    if (end < at) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'the padding of HEADERS is longer than the frame');
    const block = { id, bytes: payload.subarray(at, end), isLast: (flags & Flag.END_STREAM) !== 0, dependsOn };
    if ((flags & Flag.END_HEADERS) !== 0) return block;
    this.#begun = block;
    this.#parts = [Buffer.from(block.bytes)];
    this.#bytes = block.bytes.length;
    return undefined;
  }

  /** As `begin`. */
  add(id: number, flags: number, payload: Buffer): HeaderBlock | undefined {
    if (this.#parts === undefined || this.#begun?.id !== id) {
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'CONTINUATION without a header block that it continues');
    }
    this.#parts.push(Buffer.from(payload));
    this.#bytes += payload.length;
    if (this.#bytes > this.maxBytes || this.#parts.length > MAX_FRAMES) {
      throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, `a header block has more than ${this.maxBytes} bytes or ${MAX_FRAMES} frames`);
    }
    if ((flags & Flag.END_HEADERS) === 0) return undefined;
    const block = { ...this.#begun, bytes: Buffer.concat(this.#parts) };
    this.#parts = undefined;
    this.#begun = undefined;
    return block;
  }
}
