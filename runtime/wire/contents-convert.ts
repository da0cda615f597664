/**
 * Second pass over InferTensorContents: elements → the raw form of the Open Inference Protocol (row-major, little-endian; BYTES after
 * their uint32 lengths). Packed floats are that form already and stay a view of the message. Little-endian machines only, which all
 * that Node and ONNX Runtime ship for are.
 */

import { DATATYPES, type Datatype } from '../core/datatype.js';
import { invalidArgument } from '../core/inference-error.js';
import { byteAt } from './byte-at.js';
import { CONTENTS_FIELDS, findContentsField } from './contents-fields.js';
import type { ContentsScan, FieldElements } from './contents-scan.js';
import { decodeBools, decodeVarint32s, decodeVarint64s } from './decode-varints.js';
import { MAX_DEPTH, WIRE, WireReader } from './wire-reader.js';

/** Whose contents these are, for errors. */
export interface ContentsOwner {
  readonly kind: 'input' | 'output';
  readonly name: string;
}

/** Smallest and largest value where the field on the wire is wider than the datatype. */
const RANGES: Partial<Record<Datatype, readonly [number, number]>> = {
  INT8: [-128, 127],
  INT16: [-32768, 32767],
  UINT8: [0, 255],
  UINT16: [0, 65535],
};

/** Raw bytes of the elements. Throws InferenceError when they are in the wrong field or do not fit the datatype. */
export function convertContents(message: Buffer, scan: ContentsScan, datatype: Datatype, owner: ContentsOwner): Uint8Array {
  const info = DATATYPES[datatype];
  const what = `${owner.kind} '${owner.name}'`;
  if (info.contents === undefined)
    throw invalidArgument(`${what} has datatype ${datatype}, which has no field in contents: send it in raw_input_contents`);
  const wanted = findContentsField(info.contents);
  for (const field of CONTENTS_FIELDS) {
    if (field === undefined || field === wanted || scan.find(field.number) === undefined) continue;
    throw invalidArgument(`${what} has datatype ${datatype}, whose elements belong in ${wanted.name}, but contents carry ${field.name}`);
  }
  const elements = scan.find(wanted.number);
  if (elements === undefined) return new Uint8Array();
  if (datatype === 'BYTES') return joinBytes(message, scan, elements);
  if (wanted.fixedSize > 0) return joinFixed(message, scan, elements);
  return convertVarints(message, scan, elements, { datatype, what });
}

/** Memory that `convertContents` takes; an upper bound where it refuses. */
export function countConvertedBytes(scan: ContentsScan, datatype: Datatype): number {
  const info = DATATYPES[datatype];
  const elements = info.contents === undefined ? undefined : scan.find(findContentsField(info.contents).number);
  if (elements === undefined) return 0;
  const { count, byteLength, field, runs } = elements;
  if (datatype === 'BYTES') return byteLength + 4 * count;
  if (field.fixedSize > 0) return runs === 1 ? 0 : count * field.fixedSize;
  if (datatype === 'BOOL') return count;
  return count * (datatype === 'INT64' || datatype === 'UINT64' ? 8 : 4); // narrower ones are words first
}

function joinFixed(message: Buffer, scan: ContentsScan, elements: FieldElements): Uint8Array {
  if (elements.runs === 1) return message.subarray(elements.start, elements.end);
  const data = new Uint8Array(elements.count * elements.field.fixedSize);
  let at = 0;
  eachRun(message, scan, elements, (start, end) => {
    if (end - start <= 8) for (let from = start; from < end; from++) data[at++] = byteAt(message, from);
    else {
      data.set(message.subarray(start, end), at);
      at += end - start;
    }
  });
  return data;
}

function joinBytes(message: Buffer, scan: ContentsScan, elements: FieldElements): Uint8Array {
  const data = Buffer.allocUnsafe(elements.byteLength + 4 * elements.count);
  let at = 0;
  eachRun(message, scan, elements, (start, end) => {
    at = data.writeUInt32LE(end - start, at);
    at += message.copy(data, at, start, end);
  });
  return data;
}

function convertVarints(message: Buffer, scan: ContentsScan, elements: FieldElements, as: { datatype: Datatype; what: string }): Uint8Array {
  const { datatype, what } = as;
  if (datatype === 'BOOL') {
    const bools = new Uint8Array(elements.count);
    fill(message, scan, elements, (start, end, index) => decodeBools(message, start, end, bools, index));
    return bools;
  }
  if (datatype === 'INT64' || datatype === 'UINT64') {
    const halves = new Int32Array(2 * elements.count);
    fill(message, scan, elements, (start, end, index) => decodeVarint64s(message, start, end, halves, index));
    return bytesOf(halves);
  }
  const words = new Int32Array(elements.count);
  fill(message, scan, elements, (start, end, index) => decodeVarint32s(message, start, end, words, index));
  const range = RANGES[datatype];
  return range === undefined ? bytesOf(words) : narrow(words, datatype, range, what);
}

/** Calls `decode` for each run of varints, which gives the index of the next element. */
function fill(message: Buffer, scan: ContentsScan, elements: FieldElements, decode: (start: number, end: number, index: number) => number): void {
  if (elements.runs === 1) {
    decode(elements.start, elements.end, 0);
    return;
  }
  let index = 0;
  eachRun(message, scan, elements, (start, end) => {
    index = decode(start, end, index);
  });
}

function narrow(words: Int32Array, datatype: Datatype, [lowest, highest]: readonly [number, number], what: string): Uint8Array {
  // Of an unsigned datatype the words are uint32: one above 2^31 is negative here and refused as it must be.
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? 0;
    if (word < lowest || word > highest)
      throw invalidArgument(`element ${index} of ${what} does not fit ${datatype}, which holds ${lowest} to ${highest}`);
  }
  return highest <= 255 ? Uint8Array.from(words) : bytesOf(Uint16Array.from(words));
}

/** The packed runs and single elements of one field, in the order of the message. The scan has found all of it well-formed. */
function eachRun(message: Buffer, scan: ContentsScan, elements: FieldElements, take: (start: number, end: number) => void): void {
  const { field } = elements;
  const reader = new WireReader(message, 'InferTensorContents');
  for (let piece = 0; piece < scan.pieces.length; piece += 2) {
    reader.pos = scan.pieces[piece] ?? 0;
    reader.end = scan.pieces[piece + 1] ?? 0;
    while (reader.pos < reader.end) {
      const tag = reader.readTag();
      const isMine = tag >>> 3 === field.number && ((tag & 7) === field.wireType || (tag & 7) === WIRE.bytes);
      let start = reader.pos;
      if (isMine && (tag & 7) === WIRE.bytes) {
        const length = reader.readLength();
        start = reader.pos;
        reader.pos += length;
      } else reader.skip(tag, MAX_DEPTH);
      if (isMine) take(start, reader.pos);
    }
  }
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
