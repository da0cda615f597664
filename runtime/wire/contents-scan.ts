/**
 * First pass over InferTensorContents: that all of it is well-formed protobuf, how many elements each field has, and where they
 * lie. The elements are converted in a second pass (contents-convert.ts), because `datatype` may follow `contents` in the message.
 */
import { BYTES_CONTENTS, CONTENTS_FIELDS, type ContentsFieldInfo } from './contents-fields.js';
import { WIRE_LIMITS } from './limits.js';
import { WIRE, type WireReader } from './wire-reader.js';

/** Elements of one field of the contents of one tensor: packed or single, of one occurrence of `contents` or of several. */
export class FieldElements {
  /** Elements. */
  count = 0;
  /** Bytes of the elements of bytes_contents, without their lengths. */
  byteLength = 0;
  /** Packed runs and single elements. With one, `start` to `end` is all there is. */
  runs = 0;
  start = 0;
  end = 0;
  constructor(readonly field: ContentsFieldInfo) {}
}

export class ContentsScan {
  /** Where the occurrences of `contents` lie: start and end in turns. */
  readonly pieces: number[] = [];
  /** Fields that have elements, in no order. */
  readonly fields: FieldElements[] = [];

  /** The elements of the field with that number. */
  find(number: number): FieldElements | undefined {
    return this.fields.find((elements) => elements.field.number === number);
  }
}

/** Reads one occurrence of `contents` into the scan. */
export function scanContents(reader: WireReader, scan: ContentsScan, depth: number): void {
  const outer = reader.enter();
  if (reader.end > reader.pos) {
    if (scan.pieces.length >= 2 * WIRE_LIMITS.contentsPieces)
      throw reader.malformed(`contents of one tensor come in more than ${WIRE_LIMITS.contentsPieces} pieces`);
    scan.pieces.push(reader.pos, reader.end);
  }
  while (reader.pos < reader.end) {
    const tag = reader.readTag();
    const field = CONTENTS_FIELDS[tag >>> 3];
    const wireType = tag & 7;
    if (field === undefined) reader.skip(tag, depth);
    else if (wireType === field.wireType) scanElement(reader, elementsOf(scan, field));
    else if (wireType === WIRE.bytes) scanPacked(reader, scan, field);
    else reader.skip(tag, depth);
  }
  reader.leave(outer);
}

function elementsOf(scan: ContentsScan, field: ContentsFieldInfo): FieldElements {
  for (const elements of scan.fields) if (elements.field === field) return elements;
  const elements = new FieldElements(field);
  scan.fields.push(elements);
  return elements;
}

function scanElement(reader: WireReader, elements: FieldElements): void {
  const { field } = elements;
  if (field.number === BYTES_CONTENTS) {
    const length = reader.readLength();
    elements.start = reader.pos;
    elements.byteLength += length;
    reader.pos += length;
  } else {
    elements.start = reader.pos;
    if (field.fixedSize === 0) reader.readVarint64();
    else reader.jump(field.fixedSize, reader.pos);
  }
  elements.end = reader.pos;
  elements.count++;
  elements.runs++;
}

function scanPacked(reader: WireReader, scan: ContentsScan, field: ContentsFieldInfo): void {
  const length = reader.readLength();
  const start = reader.pos;
  const end = start + length;
  if (length === 0) return; // no elements: the field is not filled
  const elements = elementsOf(scan, field);
  if (field.fixedSize === 0) elements.count += countVarints(reader, start, end);
  else if (length % field.fixedSize === 0) elements.count += length / field.fixedSize;
  else throw reader.malformed(`${length} bytes of ${field.name} are no whole number of ${field.fixedSize}-byte elements`, start);
  reader.pos = end;
  elements.start = start;
  elements.end = end;
  elements.runs++;
}

function countVarints(reader: WireReader, start: number, end: number): number {
  const { bytes } = reader;
  let count = 0;
  let first = start;
  for (let at = start; at < end; at++) {
    if ((bytes[at] ?? 0) >= 0x80) continue;
    if (at - first >= 10) throw reader.malformed('a varint is longer than 10 bytes', first);
    count++;
    first = at + 1;
  }
  if (first < end) throw reader.malformed(end - first >= 10 ? 'a varint is longer than 10 bytes' : 'a packed varint is cut off', first);
  return count;
}
