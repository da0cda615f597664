/**
 * Reads the protobuf wire format (https://protobuf.dev/programming-guides/encoding/) from a message that nobody trusts. What it
 * takes and refuses is what the C++ and Python parsers (upb) do: tags of at most 5 bytes and 32 bits, lengths below 2^31, varints of
 * at most 10 bytes whose bits beyond the type are dropped, 100 messages or groups inside each other. Every refusal is an
 * InferenceError(INVALID_ARGUMENT) that names the byte. A field of its number but another wire type is an unknown field: skipped.
 */

import { isUtf8 } from 'node:buffer';
import { type InferenceError, invalidArgument } from '../core/inference-error.js';
import { byteAt } from './byte-at.js';

export const WIRE = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

/** Messages and groups that may lie inside each other below the outermost message. */
export const MAX_DEPTH = 100;

const VARINT_BYTES = 10;

export class WireReader {
  pos = 0;
  /** Where the innermost message ends: no read goes beyond. */
  end: number;
  /** Bits 0 to 31 and 32 to 63 of the last readVarint64. */
  low = 0;
  high = 0;

  /** `message` is what errors call it: "ModelInferRequest". */
  constructor(
    readonly bytes: Buffer,
    readonly message: string,
  ) {
    this.end = bytes.length;
  }

  malformed(what: string, at: number = this.pos): InferenceError {
    return invalidArgument(`not a valid ${this.message}: ${what} at byte ${at}`);
  }

  /** Field number << 3 | wire type, unsigned. */
  readTag(): number {
    const start = this.pos;
    const first = byteAt(this.bytes, start);
    if (first < 0x80 && start < this.end) {
      this.pos = start + 1;
      if (first >= 8) return first;
      throw this.malformed('a field has the number 0', start);
    }
    this.readVarint64();
    const tag = this.low >>> 0;
    if (this.high !== 0 || this.pos - start > 5) throw this.malformed('a tag is longer than 5 bytes or 32 bits', start);
    if (tag < 8) throw this.malformed('a field has the number 0', start);
    return tag;
  }

  /** Of bytes that all lie within `end`. */
  readLength(): number {
    const start = this.pos;
    const first = byteAt(this.bytes, start);
    let length = first;
    if (first < 0x80 && start < this.end) this.pos = start + 1;
    else {
      this.readVarint64();
      length = this.high * 2 ** 32 + (this.low >>> 0);
    }
    const left = this.end - this.pos;
    if (length < 0 || length > left) throw this.malformed(`a length says ${BigInt.asUintN(64, BigInt(length))} bytes, but ${left} follow`, start);
    return length;
  }

  /** Into `low` and `high`. */
  readVarint64(): void {
    const { bytes, end } = this;
    const start = this.pos;
    let low = 0;
    let high = 0;
    for (let index = 0; index < VARINT_BYTES; index++) {
      if (start + index >= end) throw this.malformed('a varint is cut off', start);
      const byte = byteAt(bytes, start + index);
      const bits = byte & 0x7f;
      if (index < 5) low |= bits << (7 * index);
      if (index === 4) high = bits >>> 4;
      else if (index > 4) high |= bits << (7 * index - 32);
      if (byte < 0x80) {
        this.pos = start + index + 1;
        this.low = low;
        this.high = high;
        return;
      }
    }
    throw this.malformed('a varint is longer than 10 bytes', start);
  }

  /** Of an int64; beyond ±2^53 the nearest number. */
  readInt64AsNumber(): number {
    const first = byteAt(this.bytes, this.pos);
    if (first < 0x80 && this.pos < this.end) {
      this.pos++;
      return first;
    }
    this.readVarint64();
    return this.high * 2 ** 32 + (this.low >>> 0);
  }

  /** Enters the length-delimited message that begins here; give the result to `leave`. */
  enter(): number {
    const outer = this.end;
    const length = this.readLength();
    this.end = this.pos + length;
    return outer;
  }

  leave(outer: number): void {
    this.end = outer;
  }

  /** `what` is for the error: "model_name". */
  readString(what: string): string {
    const length = this.readLength();
    const start = this.pos;
    this.pos = start + length;
    return this.decodeText(start, this.pos, what);
  }

  /** Jumps over the value of a field that is not known. `depth`: how many groups may begin inside. */
  skip(tag: number, depth: number): void {
    const at = this.pos;
    switch (tag & 7) {
      case WIRE.varint:
        this.readVarint64();
        return;
      case WIRE.fixed64:
        this.jump(8, at);
        return;
      case WIRE.bytes:
        this.jump(this.readLength(), at);
        return;
      case WIRE.startGroup:
        this.#skipGroup(tag >>> 3, depth);
        return;
      case WIRE.fixed32:
        this.jump(4, at);
        return;
      case WIRE.endGroup:
        throw this.malformed(`group ${tag >>> 3} ends, but has not begun`, at);
      default:
        throw this.malformed(`wire type ${tag & 7} does not exist`, at);
    }
  }

  jump(length: number, at: number): void {
    if (length > this.end - this.pos) throw this.malformed(`a field of ${length} bytes is cut off`, at);
    this.pos += length;
  }

  /** Without recursion: groups inside groups are a stack of their numbers. */
  #skipGroup(number: number, depth: number): void {
    const open = [number];
    if (depth < 1) throw this.#tooDeep();
    while (open.length > 0) {
      if (this.pos >= this.end) throw this.malformed(`group ${open.at(-1)} does not end`);
      const tag = this.readTag();
      if ((tag & 7) === WIRE.startGroup) {
        if (open.length >= depth) throw this.#tooDeep();
        open.push(tag >>> 3);
      } else if ((tag & 7) === WIRE.endGroup && tag >>> 3 === open.at(-1)) open.pop();
      else this.skip(tag, 0);
    }
  }

  #tooDeep(): InferenceError {
    return this.malformed(`more than ${MAX_DEPTH} messages and groups lie inside each other`);
  }

  decodeText(start: number, end: number, what: string): string {
    const { bytes } = this;
    for (let at = start; at < end; at++) {
      if (byteAt(bytes, at) < 0x80) continue;
      if (!isUtf8(bytes.subarray(at, end))) throw this.malformed(`${what} is not UTF-8`, start);
      return bytes.toString('utf8', start, end);
    }
    return bytes.toString('latin1', start, end);
  }
}
