/** Raw bytes of an answer → its elements, for people and for JSON. Pure. */
import { splitBytesElements } from '../../runtime/core/bytes-elements.js';
import type { Tensor } from '../../runtime/core/tensor.js';
import { decodeHalfs } from './half-floats.js';

export type Element = number | bigint | boolean | string;

/** BYTES that are no UTF-8 have U+FFFD where they are broken. */
export function readElements({ datatype, data }: Pick<Tensor, 'datatype' | 'data'>): Element[] {
  const { buffer } = new Uint8Array(data); // a copy, as the bytes may lie at any offset
  switch (datatype) {
    case 'BOOL':
      return Array.from(new Uint8Array(buffer), (value) => value !== 0);
    case 'UINT8':
      return Array.from(new Uint8Array(buffer));
    case 'UINT16':
      return Array.from(new Uint16Array(buffer));
    case 'UINT32':
      return Array.from(new Uint32Array(buffer));
    case 'UINT64':
      return Array.from(new BigUint64Array(buffer));
    case 'INT8':
      return Array.from(new Int8Array(buffer));
    case 'INT16':
      return Array.from(new Int16Array(buffer));
    case 'INT32':
      return Array.from(new Int32Array(buffer));
    case 'INT64':
      return Array.from(new BigInt64Array(buffer));
    case 'FP16':
      return decodeHalfs(data);
    case 'FP32':
      return Array.from(new Float32Array(buffer));
    case 'FP64':
      return Array.from(new Float64Array(buffer));
    case 'BYTES':
      return readTexts(data);
  }
}

function readTexts(data: Uint8Array): string[] {
  const elements = splitBytesElements(data);
  if (typeof elements === 'string') throw new Error(`The answer's BYTES are broken: ${elements}`);
  return elements.map((element) => Buffer.from(element).toString());
}

/** Shortest text that reads back to the same FP32 or FP16: 0.1, not 0.10000000149011612. */
export function formatElement(element: Element, datatype: Tensor['datatype'], digits?: number): string {
  if (typeof element !== 'number') return typeof element === 'string' ? JSON.stringify(element) : String(element);
  if (Object.is(element, -0)) return '-0.0';
  if (!Number.isFinite(element)) return String(element);
  if (digits !== undefined && datatype.startsWith('FP')) return String(Number(element.toPrecision(digits)));
  if (datatype !== 'FP32') return String(element);
  for (let precision = 6; precision < 9; precision++) {
    const text = Number(element.toPrecision(precision));
    if (Math.fround(text) === element) return String(text);
  }
  return String(Number(element.toPrecision(9)));
}
