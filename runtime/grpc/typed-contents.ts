/** InferTensorContents ↔ raw bytes: typed clients get the same tensors as raw ones. */

import type { InferTensorContents, InferTensorContents__Output } from '../../proto/gen/inference/InferTensorContents.js';
import { joinBytesElements, splitBytesElements } from '../core/bytes-elements.js';
import { DATATYPES, type Datatype } from '../core/datatype.js';
import { invalidArgument } from '../core/inference-error.js';

/** Smallest and largest value where the field on the wire is wider than the datatype. */
const RANGES: Partial<Record<Datatype, readonly [number, number]>> = {
  INT8: [-128, 127],
  INT16: [-32768, 32767],
  UINT8: [0, 255],
  UINT16: [0, 65535],
};

/** Raw bytes of typed elements. Throws InferenceError when they are in the wrong field or do not fit the datatype. */
export function encodeContents(name: string, datatype: Datatype, contents: InferTensorContents__Output): Uint8Array {
  const field = DATATYPES[datatype].contents;
  if (field === undefined)
    throw invalidArgument(`input '${name}' has datatype ${datatype}, which has no field in contents: send it in raw_input_contents`);
  const filled = Object.entries(contents).find(([key, values]) => key !== field && Array.isArray(values) && values.length > 0);
  if (filled !== undefined)
    throw invalidArgument(`input '${name}' has datatype ${datatype}, whose elements belong in ${field}, but contents carry ${filled[0]}`);
  const range = RANGES[datatype];
  if (range !== undefined) checkRange(name, datatype, datatype.startsWith('U') ? contents.uint_contents : contents.int_contents, range);
  return bytesOf(build(datatype, contents));
}

/** Typed elements of raw bytes. FP16 has none: the caller answers raw. */
export function decodeContents(datatype: Exclude<Datatype, 'FP16'>, data: Uint8Array): InferTensorContents {
  const buffer = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
  switch (datatype) {
    case 'BOOL':
      return { bool_contents: Array.from(new Uint8Array(buffer), (value) => value !== 0) };
    case 'UINT8':
      return { uint_contents: Array.from(new Uint8Array(buffer)) };
    case 'UINT16':
      return { uint_contents: Array.from(new Uint16Array(buffer)) };
    case 'UINT32':
      return { uint_contents: Array.from(new Uint32Array(buffer)) };
    case 'UINT64':
      return { uint64_contents: Array.from(new BigUint64Array(buffer), String) };
    case 'INT8':
      return { int_contents: Array.from(new Int8Array(buffer)) };
    case 'INT16':
      return { int_contents: Array.from(new Int16Array(buffer)) };
    case 'INT32':
      return { int_contents: Array.from(new Int32Array(buffer)) };
    case 'INT64':
      return { int64_contents: Array.from(new BigInt64Array(buffer), String) };
    case 'FP32':
      return { fp32_contents: Array.from(new Float32Array(buffer)) };
    case 'FP64':
      return { fp64_contents: Array.from(new Float64Array(buffer)) };
    case 'BYTES':
      return { bytes_contents: splitOwn(data) };
  }
}

function build(datatype: Datatype, contents: InferTensorContents__Output): ArrayBufferView {
  switch (datatype) {
    case 'BOOL':
      return Uint8Array.from(contents.bool_contents, Number);
    case 'UINT8':
      return Uint8Array.from(contents.uint_contents);
    case 'UINT16':
      return Uint16Array.from(contents.uint_contents);
    case 'UINT32':
      return Uint32Array.from(contents.uint_contents);
    case 'UINT64':
      return BigUint64Array.from(contents.uint64_contents, BigInt);
    case 'INT8':
      return Int8Array.from(contents.int_contents);
    case 'INT16':
      return Int16Array.from(contents.int_contents);
    case 'INT32':
      return Int32Array.from(contents.int_contents);
    case 'INT64':
      return BigInt64Array.from(contents.int64_contents, BigInt);
    case 'FP32':
      return Float32Array.from(contents.fp32_contents);
    case 'FP64':
      return Float64Array.from(contents.fp64_contents);
    case 'BYTES':
      return joinBytesElements(contents.bytes_contents);
    case 'FP16':
      return new Uint8Array();
  }
}

function checkRange(name: string, datatype: Datatype, values: readonly number[], [lowest, highest]: readonly [number, number]): void {
  const bad = values.findIndex((value) => value < lowest || value > highest);
  if (bad >= 0) throw invalidArgument(`element ${bad} of input '${name}' does not fit ${datatype}, which holds ${lowest} to ${highest}`);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** The backend wrote these bytes itself: they cannot be broken. */
function splitOwn(data: Uint8Array): Uint8Array[] {
  const elements = splitBytesElements(data);
  if (typeof elements === 'string') throw new Error(`BYTES from the backend are broken: ${elements}`);
  return elements;
}
