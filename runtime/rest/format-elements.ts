/** Raw bytes of a tensor → its elements as JSON text, without brackets. Every value reads back to the same bits. */
import { isUtf8 } from 'node:buffer';
import { splitBytesElements } from '../core/bytes-elements.js';
import { invalidArgument } from '../core/inference-error.js';
import type { Tensor } from '../core/tensor.js';

/** Elements that become text before the length is looked at again. */
const CHUNK = 16 * 1024;

/** Throws InferenceError(INVALID_ARGUMENT) for what JSON cannot carry, and for text longer than `limitBytes`. */
export function formatElements(output: Tensor, limitBytes: number): string {
  const texts: string[] = [];
  let length = 0;
  for (const text of formatChunks(output)) {
    length += text.length + 1;
    if (length > limitBytes) throw refuse(output, `makes an answer larger than the limit of ${limitBytes} bytes`);
    texts.push(text);
  }
  return texts.join(',');
}

function* formatChunks(output: Tensor): Generator<string> {
  if (output.datatype === 'BYTES') {
    const elements = splitBytesElements(output.data);
    if (typeof elements === 'string') throw new Error(`BYTES from the backend are broken: ${elements}`);
    for (const element of elements) yield formatText(output, element);
    return;
  }
  const values = viewOf(output);
  for (let start = 0; start < values.length; start += CHUNK) yield formatNumbers(output, values.subarray(start, start + CHUNK));
}

function formatText(output: Tensor, element: Uint8Array): string {
  if (!isUtf8(element)) throw refuse(output, 'holds bytes that are no UTF-8 text, which JSON cannot carry');
  return JSON.stringify(Buffer.from(element.buffer, element.byteOffset, element.byteLength).toString());
}

type Values =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

function formatNumbers(output: Tensor, values: Values): string {
  if (!(values instanceof Float32Array || values instanceof Float64Array)) {
    return output.datatype === 'BOOL' ? values.join(',').replaceAll(/\d+/g, (value) => String(value !== '0')) : values.join(',');
  }
  if (!values.every(Number.isFinite)) throw refuse(output, 'holds NaN or Infinity, which JSON cannot carry');
  // "-0" would be an integer to Python, and lose its sign
  return Array.from(values, (value) => (Object.is(value, -0) ? '-0.0' : String(value))).join(',');
}

/** A copy, as the bytes may lie at any offset. */
function viewOf(output: Tensor): Values {
  const { data } = output;
  const buffer = new Uint8Array(data).buffer;
  switch (output.datatype) {
    case 'BOOL':
    case 'UINT8':
      return new Uint8Array(buffer);
    case 'UINT16':
      return new Uint16Array(buffer);
    case 'UINT32':
      return new Uint32Array(buffer);
    case 'UINT64':
      return new BigUint64Array(buffer);
    case 'INT8':
      return new Int8Array(buffer);
    case 'INT16':
      return new Int16Array(buffer);
    case 'INT32':
      return new Int32Array(buffer);
    case 'INT64':
      return new BigInt64Array(buffer);
    case 'FP32':
      return new Float32Array(buffer);
    case 'FP64':
      return new Float64Array(buffer);
    case 'FP16':
    case 'BYTES':
      throw refuse(output, `has datatype ${output.datatype}, which JSON cannot carry`);
  }
}

function refuse(output: Tensor, why: string): Error {
  return invalidArgument(`output '${output.name}' ${why}: ask for it as binary data, with "binary_data": true in its parameters`);
}
