/** What --input gives and what the model takes → a tensor. Pure: files were read before. */
import { joinBytesElements } from '../../runtime/core/bytes-elements.js';
import { DATATYPES, type Datatype, isDatatype } from '../../runtime/core/datatype.js';
import { InferenceError } from '../../runtime/core/inference-error.js';
import { countElements, type Tensor } from '../../runtime/core/tensor.js';
import { encodeElements } from '../../runtime/rest/encode-elements.js';
import { parseJson, readDigits } from '../../runtime/rest/parse-json.js';
import type { TensorMetadata } from '../client/inference-client.js';
import { UsageError } from '../usage-error.js';
import { type Filling, fillTensor, isFilling } from './fill-tensor.js';
import { fitShape } from './fit-shape.js';
import { encodeHalfs } from './half-floats.js';
import { parseNpy } from './npy.js';

/** What stands behind the `=` of --input. */
export type InputSource = { readonly text: string } | { readonly filling: Filling } | { readonly path: string; readonly bytes: Buffer };

/** 64 MiB of FP32. */
const MOST_FILLED = 2 ** 24;

interface Elements {
  readonly data: Uint8Array;
  readonly count: number;
  readonly found: readonly number[] | undefined;
}

/** `given`: of --shape. Throws UsageError. */
export function buildTensor(input: TensorMetadata, source: InputSource, given: readonly number[] | undefined): Tensor {
  const { name, datatype } = input;
  if (!isDatatype(datatype)) throw new UsageError(`Input ${name} is ${datatype}, which this command cannot make`);
  const filling = findFilling(source, datatype);
  if (filling !== undefined) {
    const shape = (given ?? input.shape).map((dimension) => (dimension === -1 ? 1 : dimension));
    const count = countElements(shape);
    if (count > MOST_FILLED)
      throw new UsageError(`--shape ${name} asks for ${count} elements, more than any server takes: at most ${MOST_FILLED} are made`);
    return { name, datatype, shape, data: fillTensor(datatype, count, filling) };
  }
  if ('filling' in source) throw new Error('A filling was not applied');
  const { data, count, found } = 'text' in source ? readText(name, datatype, source.text) : readFile(name, datatype, source);
  return { name, datatype, shape: fitShape({ name, want: input.shape, found, count, given }), data };
}

/** The words are words of a text where the model takes texts. */
function findFilling(source: InputSource, datatype: Datatype): Filling | undefined {
  if ('filling' in source) return source.filling;
  return 'text' in source && datatype !== 'BYTES' && isFilling(source.text) ? source.text : undefined;
}

/** For BYTES, a text that is neither a JSON string nor a list is the one element itself. */
function readText(name: string, datatype: Datatype, text: string): Elements {
  if (datatype === 'BYTES' && !/^\s*["[]/.test(text)) return { data: joinBytesElements([Buffer.from(text)]), count: 1, found: [] };
  return readJson(`--input ${name}`, { name, datatype }, text);
}

function readFile(name: string, datatype: Datatype, { path, bytes }: { path: string; bytes: Buffer }): Elements {
  const flag = `--input ${name}=@${path}`;
  const extension = /\.[^./\\]*$/.exec(path)?.[0]?.toLowerCase();
  if (extension === '.json') return readJson(flag, { name, datatype }, bytes.toString());
  if (extension === '.npy') return readNpy(flag, datatype, bytes);
  if (datatype === 'BYTES') {
    const text = bytes.toString();
    const elements = extension === '.txt' ? text.replace(/\r?\n$/, '').split(/\r?\n/) : [text];
    return { data: joinBytesElements(elements.map((line) => Buffer.from(line))), count: elements.length, found: [elements.length] };
  }
  if (extension === '.txt') throw new UsageError(`${flag} is text, and the model takes ${datatype}: give a .json, .npy or raw .bin file`);
  const size = DATATYPES[datatype].size;
  if (bytes.length % size !== 0)
    throw new UsageError(
      `${flag} has ${bytes.length} bytes, no multiple of the ${size} of a ${datatype}: raw files hold elements alone, little-endian`,
    );
  return { data: bytes, count: bytes.length / size, found: undefined };
}

function readNpy(flag: string, datatype: Datatype, bytes: Buffer): Elements {
  const array = explain(flag, () => parseNpy(bytes));
  if (array.datatype !== datatype)
    throw new UsageError(
      `${flag} holds ${array.datatype}, and the model takes ${datatype}: convert it, as with array.astype("${numpyName(datatype)}")`,
    );
  return { data: array.data, count: countElements(array.shape), found: array.shape };
}

function readJson(flag: string, { name, datatype }: { name: string; datatype: Datatype }, text: string): Elements {
  const value = explain(flag, () => parseJson(text), ' (a file is given as @FILE)');
  const found = shapeOf(value);
  if (!isRegular(value, found)) throw new UsageError(`${flag} is ragged: its lists have different lengths`);
  const flat: readonly unknown[] = Array.isArray(value) ? value.flat(found.length) : [value];
  return { data: explain(flag, () => encode(name, datatype, flat)), count: flat.length, found };
}

function encode(name: string, datatype: Datatype, values: readonly unknown[]): Uint8Array {
  if (datatype !== 'FP16') return encodeElements(name, datatype, values);
  return encodeHalfs(
    values.map((value, index) => {
      const number = typeof value === 'number' ? value : Number(readDigits(value) ?? Number.NaN);
      if (Math.abs(number) < 65520) return number; // what rounds to 65504
      throw new Error(`element ${index} is no FP16: give a number from -65504 to 65504`);
    }),
  );
}

/** Along the first members. */
function shapeOf(value: unknown): number[] {
  if (!Array.isArray(value)) return [];
  const members: readonly unknown[] = value;
  return [members.length, ...shapeOf(members[0])];
}

function isRegular(value: unknown, [size, ...rest]: readonly number[]): boolean {
  if (size === undefined || !Array.isArray(value)) return size === undefined && !Array.isArray(value);
  return value.length === size && value.every((member) => isRegular(member, rest));
}

function explain<Result>(flag: string, read: () => Result, hint = ''): Result {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const words = cause instanceof InferenceError ? cause.message.replace(/^the request/, 'it') : cause.message;
    throw new UsageError(`${flag}: ${words}${flag.includes('=@') ? '' : hint}`, { cause });
  }
}

function numpyName(datatype: Datatype): string {
  if (datatype === 'BYTES') return 'str';
  return datatype.toLowerCase().replace(/^fp/, 'float');
}
