/** Elements of a tensor in JSON → its raw bytes. What would lose a bit is refused. */
import { joinBytesElements } from '../core/bytes-elements.js';
import { type Datatype, isDatatype } from '../core/datatype.js';
import { invalidArgument } from '../core/inference-error.js';
import { readDigits } from './parse-json.js';

/** The protocol has no 16-bit floats in JSON: they travel as binary data alone. */
export type JsonDatatype = Exclude<Datatype, 'FP16'>;

export function isJsonDatatype(datatype: string): datatype is JsonDatatype {
  return isDatatype(datatype) && datatype !== 'FP16';
}

type Read<Element> = (value: unknown) => Element | undefined;

/** Throws InferenceError(INVALID_ARGUMENT) that names the element. */
export function encodeElements(name: string, datatype: JsonDatatype, values: readonly unknown[]): Uint8Array {
  const refuse = (index: number, want: string): Error => invalidArgument(`element ${index} of input '${name}' is no ${datatype}: ${want}`);
  const size = values.length;
  const fill = <Element>(target: ArrayBufferView & { [index: number]: Element }, read: Read<Element>, want: string): Uint8Array => {
    for (let index = 0; index < size; index += 1) {
      const element = read(values[index]);
      if (element === undefined) throw refuse(index, want);
      target[index] = element;
    }
    return new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  };
  const integers = (target: ArrayBufferView & { [index: number]: number }, least: number, most: number): Uint8Array =>
    fill(target, (value) => readInteger(value, least, most), `give a whole number from ${least} to ${most}`);
  const longs = (target: ArrayBufferView & { [index: number]: bigint }, least: bigint, most: bigint): Uint8Array =>
    fill(target, (value) => readLong(value, least, most), `give a whole number from ${least} to ${most}, in digits`);
  const finite = `give a number that it can hold; NaN and Infinity travel as binary data`;
  switch (datatype) {
    case 'BOOL':
      return fill(new Uint8Array(size), (value) => (typeof value === 'boolean' ? Number(value) : undefined), 'give true or false');
    case 'UINT8':
      return integers(new Uint8Array(size), 0, 255);
    case 'UINT16':
      return integers(new Uint16Array(size), 0, 65535);
    case 'UINT32':
      return integers(new Uint32Array(size), 0, 2 ** 32 - 1);
    case 'UINT64':
      return longs(new BigUint64Array(size), 0n, 2n ** 64n - 1n);
    case 'INT8':
      return integers(new Int8Array(size), -128, 127);
    case 'INT16':
      return integers(new Int16Array(size), -32768, 32767);
    case 'INT32':
      return integers(new Int32Array(size), -(2 ** 31), 2 ** 31 - 1);
    case 'INT64':
      return longs(new BigInt64Array(size), -(2n ** 63n), 2n ** 63n - 1n);
    case 'FP32':
      return fill(new Float32Array(size), (value) => readFloat(value, Math.fround), finite);
    case 'FP64':
      return fill(new Float64Array(size), (value) => readFloat(value, Number), finite);
    case 'BYTES':
      return joinBytesElements(
        values.map((value, index) => {
          if (typeof value === 'string' && value.isWellFormed() && readDigits(value) === undefined) return Buffer.from(value);
          throw refuse(index, 'give a string of whole characters');
        }),
      );
  }
}

function readInteger(value: unknown, least: number, most: number): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}

/** An integer beyond 2^53 has its digits when they stood in the text; 1e19 has lost them. */
function readLong(value: unknown, least: bigint, most: bigint): bigint | undefined {
  const long = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : readDigits(value);
  return long !== undefined && long >= least && long <= most ? long : undefined;
}

function readFloat(value: unknown, round: (value: number) => number): number | undefined {
  const number = typeof value === 'number' ? value : readDigits(value);
  if (number === undefined) return undefined;
  const float = round(Number(number));
  return Number.isFinite(float) ? float : undefined;
}
