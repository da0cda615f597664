/** Fields that ModelInferRequest and ModelInferResponse share, written backwards: last field first. */

import type { Parameters, ParameterValue } from '../core/parameters.js';
import type { Tensor } from '../core/tensor.js';
import { WIRE } from './wire-reader.js';
import { VIEW_BYTES, type WireWriter } from './wire-writer.js';
import { writeContents } from './write-contents.js';

const INT64_MAX = 2n ** 63n - 1n;

export interface WireTensor extends Tensor {
  readonly parameters?: Parameters;
}

/** Upper bound, or near it, of what is copied for the tensors and texts; views are not counted. */
export function expectBytes(tensors: readonly WireTensor[], texts: readonly string[], isTyped: boolean): number {
  let bytes = 0;
  for (const text of texts) bytes += text.length + 6;
  for (const { name, shape, data } of tensors) {
    const size = data.byteLength * (isTyped ? 2 : 1);
    bytes += name.length + 10 * shape.length + 40 + (size < VIEW_BYTES ? size : 0);
  }
  return bytes;
}

/** Raw entries, in the order of the tensors. */
export function writeRaw(writer: WireWriter, field: number, tensors: readonly Tensor[]): void {
  for (let index = tensors.length - 1; index >= 0; index--) {
    const data = tensors[index]?.data ?? new Uint8Array();
    const since = writer.byteLength;
    writer.writeBytes(data);
    writer.wrap(field, since);
  }
}

export function writeTensors(writer: WireWriter, field: number, tensors: readonly WireTensor[], isTyped: boolean): void {
  for (let index = tensors.length - 1; index >= 0; index--) {
    const tensor = tensors[index];
    if (tensor !== undefined) writeTensor(writer, field, tensor, isTyped);
  }
}

function writeTensor(writer: WireWriter, field: number, tensor: WireTensor, isTyped: boolean): void {
  const { name, datatype, shape, data, parameters } = tensor;
  const start = writer.byteLength;
  if (isTyped) {
    writeContents(writer, datatype, data);
    writer.wrap(5, start); // also when it is empty: that the tensor is typed is a fact of its own
  }
  writeParameters(writer, 4, parameters);
  const shapeEnd = writer.byteLength;
  for (let axis = shape.length - 1; axis >= 0; axis--) writeInt64(writer, shape[axis] ?? 0);
  if (shape.length > 0) writer.wrap(3, shapeEnd);
  writeTextField(writer, 2, datatype);
  writeTextField(writer, 1, name);
  writer.wrap(field, start);
}

/** Nothing for '', the default. */
export function writeTextField(writer: WireWriter, field: number, text: string): void {
  if (text === '') return;
  const since = writer.byteLength;
  writer.writeText(text);
  writer.wrap(field, since);
}

/** bigint → int64_param, or uint64_param beyond; number → double_param. KServe's clients know bool, int64 and string only. */
export function writeParameters(writer: WireWriter, field: number, parameters: Parameters | undefined): void {
  if (parameters === undefined || parameters.size === 0) return;
  for (const [name, value] of [...parameters].reverse()) {
    const start = writer.byteLength;
    writeValue(writer, value);
    writer.wrap(2, start);
    writeTextField(writer, 1, name);
    writer.wrap(field, start);
  }
}

function writeValue(writer: WireWriter, value: ParameterValue): void {
  switch (typeof value) {
    case 'boolean':
      writer.writeVarint(value ? 1 : 0);
      writer.writeTag(1, WIRE.varint);
      return;
    case 'bigint':
      writer.writeVarint64(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
      writer.writeTag(value > INT64_MAX ? 5 : 2, WIRE.varint);
      return;
    case 'number':
      writer.writeDouble(value);
      writer.writeTag(4, WIRE.fixed64);
      return;
    case 'string': {
      const since = writer.byteLength;
      writer.writeText(value);
      writer.wrap(3, since); // also when it is empty: that it is a string is a fact of its own
      return;
    }
    case 'undefined':
      return;
  }
}

function writeInt64(writer: WireWriter, value: number): void {
  writer.writeVarint64(value | 0, Math.floor(value / 2 ** 32) | 0);
}
