/** Raw bytes → InferTensorContents. Packed floats are the raw bytes; integers become varints from the last to the first. */
import { splitBytesElements } from '../core/bytes-elements.js';
import { DATATYPES, type Datatype } from '../core/datatype.js';
import { findContentsField } from './contents-fields.js';
import type { WireWriter } from './wire-writer.js';

/** What has no typed form travels raw. */
export function hasContents(datatype: Datatype): boolean {
  return DATATYPES[datatype].contents !== undefined;
}

/** The inside of the message: the caller wraps it. `data` holds whole elements; throws Error otherwise, as the caller made them. */
export function writeContents(writer: WireWriter, datatype: Datatype, data: Uint8Array): void {
  const { contents } = DATATYPES[datatype];
  if (contents === undefined) throw new Error(`${datatype} has no field in contents`);
  const field = findContentsField(contents);
  if (datatype === 'BYTES') {
    writeElements(writer, field.number, data);
    return;
  }
  if (data.byteLength === 0) return;
  const since = writer.byteLength;
  if (field.fixedSize > 0) writer.writeBytes(data);
  else writeVarints(writer, datatype, data);
  writer.wrap(field.number, since);
}

function writeElements(writer: WireWriter, field: number, data: Uint8Array): void {
  const elements = splitBytesElements(data);
  if (typeof elements === 'string') throw new Error(`BYTES to encode are broken: ${elements}`);
  for (const element of elements.reverse()) {
    const since = writer.byteLength;
    writer.writeBytes(element);
    writer.wrap(field, since);
  }
}

function writeVarints(writer: WireWriter, datatype: Datatype, data: Uint8Array): void {
  switch (datatype) {
    case 'BOOL':
      writeBools(writer, data);
      return;
    case 'INT64':
    case 'UINT64':
      write64(writer, new Int32Array(align(data, 4)));
      return;
    case 'INT8':
      writeSigned(writer, new Int8Array(align(data, 1)));
      return;
    case 'INT16':
      writeSigned(writer, new Int16Array(align(data, 2)));
      return;
    case 'INT32':
      writeSigned(writer, new Int32Array(align(data, 4)));
      return;
    case 'UINT8':
      writeUnsigned(writer, data);
      return;
    case 'UINT16':
      writeUnsigned(writer, new Uint16Array(align(data, 2)));
      return;
    case 'UINT32':
      writeUnsigned(writer, new Uint32Array(align(data, 4)));
      return;
    default:
      throw new Error(`${datatype} is not made of varints`);
  }
}

function writeBools(writer: WireWriter, data: Uint8Array): void {
  for (let index = data.length - 1; index >= 0; index--) writer.writeVarint(data[index] === 0 ? 0 : 1);
}

function write64(writer: WireWriter, halves: Int32Array): void {
  for (let index = halves.length - 2; index >= 0; index -= 2) writer.writeVarint64(halves[index] ?? 0, halves[index + 1] ?? 0);
}

/** A negative int32 takes 10 bytes: it is extended to 64 bits. */
function writeSigned(writer: WireWriter, values: Int8Array | Int16Array | Int32Array): void {
  for (let index = values.length - 1; index >= 0; index--) {
    const value = values[index] ?? 0;
    writer.writeVarint64(value, value >> 31);
  }
}

function writeUnsigned(writer: WireWriter, values: Uint8Array | Uint16Array | Uint32Array): void {
  for (let index = values.length - 1; index >= 0; index--) writer.writeVarint64(values[index] ?? 0, 0);
}

/** A copy of the bytes at offset 0: typed arrays must begin at a multiple of their element, and views of a message rarely do. */
function align(data: Uint8Array, size: number): ArrayBuffer {
  if (data.byteLength % size !== 0) throw new Error(`${data.byteLength} bytes are no whole number of elements`);
  const copy = new ArrayBuffer(data.byteLength);
  new Uint8Array(copy).set(data);
  return copy;
}
