/**
 * The k classes with the highest scores in place of an output's numbers (Triton's extension classification): BYTES of
 * "score:index" or "score:index:label", highest first; on equal scores the lower index first. With a batch axis the
 * classes are taken of each row, else of the whole tensor.
 * Example: scores [0.1, 0.7, 0.2], k 2, labels cat dog cow → ["0.700000:1:dog", "0.200000:2:cow"].
 * Source: triton server docs/protocol/extension_classification.md; the number is written as C++ std::to_string does.
 */
import { joinBytesElements } from './bytes-elements.js';
import { DATATYPES, type Datatype } from './datatype.js';
import { InferenceError, invalidArgument } from './inference-error.js';
import type { Tensor } from './tensor.js';

export interface ClassificationOptions {
  readonly classes: number;
  readonly labels: readonly string[];
  /** Rows lie on axis 0. */
  readonly hasBatch: boolean;
}

const UNSUPPORTED: readonly Datatype[] = ['BYTES', 'FP16', 'BOOL'];

/** Throws InferenceError(INVALID_ARGUMENT) when the output has no numbers to rank. */
export function classify(output: Tensor, options: ClassificationOptions): Tensor {
  const { name, datatype, shape } = output;
  if (UNSUPPORTED.includes(datatype)) throw invalidArgument(`output '${name}' is ${datatype}, which classification cannot rank`);
  const [first, ...rest] = shape;
  const rows = options.hasBatch ? (first ?? 1) : 1;
  const scores = readScores(output);
  const perRow = rows === 0 ? rest.reduce((product, size) => product * size, 1) : scores.length / rows;
  const classes = Math.min(options.classes, perRow);
  const texts: Buffer[] = [];
  for (let row = 0; row < rows; row++) {
    const all = scores.slice(row * perRow, (row + 1) * perRow);
    for (const index of pickLargest(all, classes)) texts.push(Buffer.from(describe(all[index], index, options.labels)));
  }
  return { name, datatype: 'BYTES', shape: options.hasBatch ? [rows, classes] : [classes], data: joinBytesElements(texts) };
}

export function readClassification(output: string, value: boolean | bigint | number | string | undefined): number {
  if (value === undefined) return 0;
  const classes = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(classes) && classes > 0) return classes;
  throw invalidArgument(`parameter 'classification' of output '${output}' is ${String(value).slice(0, 64)}: give an integer above 0`);
}

function describe(score: number | bigint | undefined, index: number, labels: readonly string[]): string {
  const label = labels[index];
  const text = typeof score === 'number' && !Number.isInteger(score) ? score.toFixed(6) : formatWhole(score);
  return label === undefined ? `${text}:${index}` : `${text}:${index}:${label}`;
}

function formatWhole(score: number | bigint | undefined): string {
  return typeof score === 'number' ? score.toFixed(6) : String(score ?? 0);
}

/** Indices of the `count` largest, NaN last. */
function pickLargest(scores: readonly (number | bigint)[], count: number): number[] {
  const rank = (score: number | bigint | undefined): number | bigint =>
    score === undefined || Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score;
  const order = scores.map((_, index) => index);
  order.sort((a, b) => {
    const x = rank(scores[a]);
    const y = rank(scores[b]);
    if (x === y) return a - b;
    return x > y ? -1 : 1;
  });
  return order.slice(0, count);
}

function readScores({ datatype, data }: Tensor): (number | bigint)[] {
  const size = DATATYPES[datatype].size;
  if (size === undefined) throw new InferenceError('INTERNAL', `${datatype} has no numbers`);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const read = READERS[datatype];
  if (read === undefined) throw new InferenceError('INTERNAL', `${datatype} has no reader`);
  return Array.from({ length: data.byteLength / size }, (_, index) => read(bytes, index * size));
}

const READERS: Partial<Record<Datatype, (bytes: Buffer, at: number) => number | bigint>> = {
  UINT8: (bytes, at) => BigInt(bytes.readUInt8(at)),
  UINT16: (bytes, at) => BigInt(bytes.readUInt16LE(at)),
  UINT32: (bytes, at) => BigInt(bytes.readUInt32LE(at)),
  UINT64: (bytes, at) => bytes.readBigUInt64LE(at),
  INT8: (bytes, at) => BigInt(bytes.readInt8(at)),
  INT16: (bytes, at) => BigInt(bytes.readInt16LE(at)),
  INT32: (bytes, at) => BigInt(bytes.readInt32LE(at)),
  INT64: (bytes, at) => bytes.readBigInt64LE(at),
  FP32: (bytes, at) => bytes.readFloatLE(at),
  FP64: (bytes, at) => bytes.readDoubleLE(at),
};
