/**
 * Protobuf's wire format over a view, because an ONNX file can have gigabytes of weights: nothing is copied, every length is checked
 * against what is left, and whatever is not asked for is passed over.
 */

export class OnnxFormatError extends Error {
  override readonly name = 'OnnxFormatError';
}

/** Wire types of protobuf; groups (3 and 4) never occur in ONNX and are refused. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const TEXT = new TextDecoder();

export class WireReader {
  private at = 0;
  private readonly view: DataView;
  /** Number and wire type of the field that next() found, and where its tag begins. */
  field = 0;
  wire = 0;
  fieldStart = 0;

  constructor(
    private readonly data: Uint8Array,
    private readonly what: string,
  ) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  /** Moves to the next field; false at the end. Throws OnnxFormatError when the tag is no tag. */
  next(): boolean {
    if (this.at >= this.data.length) return false;
    this.fieldStart = this.at;
    const tag = this.count();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field < 1) throw this.broken(`field number ${this.field}`);
    return true;
  }

  /** Byte offset after what was read last. */
  get position(): number {
    return this.at;
  }

  skip(): void {
    if (this.wire === WIRE.varint) this.int64();
    else if (this.wire === WIRE.bytes) this.bytes();
    else if (this.wire === WIRE.fixed64) this.take(8);
    else if (this.wire === WIRE.fixed32) this.take(4);
    else throw this.broken(`wire type ${this.wire}`);
  }

  bytes(): Uint8Array {
    this.expect(WIRE.bytes);
    const start = this.take(this.count());
    return this.data.subarray(start, this.at);
  }

  string(): string {
    return TEXT.decode(this.bytes());
  }

  int64(): bigint {
    this.expect(WIRE.varint);
    return BigInt.asIntN(64, this.varint());
  }

  /** An enum, a size or another small integer; values beyond 2^53 are refused. */
  integer(): number {
    const value = Number(this.int64());
    if (!Number.isSafeInteger(value)) throw this.broken(`number ${value}`);
    return value;
  }

  float(): number {
    this.expect(WIRE.fixed32);
    return this.view.getFloat32(this.take(4), true);
  }

  /** Appends a repeated int64, packed or not; no more than `limit` elements are kept, all are checked. */
  int64s(into: bigint[], limit: number): void {
    if (this.wire !== WIRE.bytes) {
      const value = this.int64();
      if (into.length < limit) into.push(value);
      return;
    }
    const inner = new WireReader(this.bytes(), this.what);
    while (inner.at < inner.data.length && into.length < limit) into.push(BigInt.asIntN(64, inner.varint()));
  }

  /** Hands over a repeated integer of up to 64 bits, signed, packed or not, one after another. */
  eachInt64(visit: (value: bigint) => void): void {
    if (this.wire !== WIRE.bytes) {
      visit(this.int64());
      return;
    }
    const inner = new WireReader(this.bytes(), this.what);
    while (inner.at < inner.data.length) visit(BigInt.asIntN(64, inner.varint()));
  }

  /** The bytes of a repeated float or double, packed or not: little-endian, as they lie in the file. */
  fixed(wire: typeof WIRE.fixed32 | typeof WIRE.fixed64): Uint8Array {
    const size = wire === WIRE.fixed32 ? 4 : 8;
    if (this.wire === WIRE.bytes) {
      const packed = this.bytes();
      if (packed.length % size !== 0) throw this.broken(`${packed.length} bytes of packed numbers of ${size} bytes`);
      return packed;
    }
    this.expect(wire);
    const start = this.take(size);
    return this.data.subarray(start, this.at);
  }

  /** Appends a repeated float, packed or not; no more than `limit` elements are kept. */
  floats(into: number[], limit: number): void {
    if (this.wire !== WIRE.bytes) {
      const value = this.float();
      if (into.length < limit) into.push(value);
      return;
    }
    const packed = this.bytes();
    if (packed.length % 4 !== 0) throw this.broken(`${packed.length} bytes of packed floats`);
    const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    for (let offset = 0; offset < packed.length && into.length < limit; offset += 4) into.push(view.getFloat32(offset, true));
  }

  private expect(wire: number): void {
    if (this.wire !== wire) throw this.broken(`field ${this.field} with wire type ${this.wire} in place of ${wire}`);
  }

  /** A varint that counts bytes or names a field. */
  private count(): number {
    const value = this.varint();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.broken(`length ${value}`);
    return Number(value);
  }

  /** Returns where the bytes begin, and moves past them. */
  private take(length: number): number {
    const start = this.at;
    if (length > this.data.length - start) throw this.broken(`${length} bytes announced, ${this.data.length - start} left`);
    this.at = start + length;
    return start;
  }

  private varint(): bigint {
    let small = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      small |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(small);
    }
    let value = BigInt(small);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw this.broken('a number of more than ten bytes');
  }

  private byte(): number {
    const byte = this.data[this.at];
    if (byte === undefined) throw this.broken('the end inside a number');
    this.at += 1;
    return byte;
  }

  private broken(found: string): OnnxFormatError {
    return new OnnxFormatError(`Not an ONNX file: ${found} at byte ${this.fieldStart} of ${this.what}; give the file as the exporter wrote it`);
  }
}
