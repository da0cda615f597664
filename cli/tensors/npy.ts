/**
 * NumPy's .npy files → tensors, and back.
 * Source: numpy.lib.format, versions 1.0 to 3.0: magic, version, length of the header, a Python dict literal, the elements.
 */
import { joinBytesElements } from '../../runtime/core/bytes-elements.js';
import type { Datatype } from '../../runtime/core/datatype.js';

export interface NpyArray {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const MAGIC = '\u0093NUMPY';
const DESCRIPTIONS: Readonly<Record<string, Datatype>> = {
  '|b1': 'BOOL',
  '|u1': 'UINT8',
  '<u2': 'UINT16',
  '<u4': 'UINT32',
  '<u8': 'UINT64',
  '|i1': 'INT8',
  '<i2': 'INT16',
  '<i4': 'INT32',
  '<i8': 'INT64',
  '<f2': 'FP16',
  '<f4': 'FP32',
  '<f8': 'FP64',
};

/** Throws Error that says what is wrong with the file, and the line of Python that mends it. */
export function parseNpy(bytes: Buffer): NpyArray {
  if (bytes.length < 10 || bytes.toString('latin1', 0, 6) !== MAGIC) throw new Error('is no .npy file: np.save("x.npy", array) writes one');
  const isLong = (bytes[6] ?? 0) >= 2;
  const start = isLong ? 12 : 10;
  const end = start + (isLong && bytes.length >= 12 ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  if (end > bytes.length) throw new Error('is cut off inside its header');
  const header = bytes.toString('utf8', start, end);
  const description = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const dimensions = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (description === undefined || dimensions === undefined)
    throw new Error('holds no plain array: give it one type and no fields, as array.astype("float32") does');
  const shape = dimensions.split(',').flatMap((text) => (text.trim() === '' ? [] : [Number(text)]));
  if (/'fortran_order':\s*True/.test(header) && shape.length > 1)
    throw new Error('is in Fortran order: np.save("x.npy", np.ascontiguousarray(array)) writes it in C order');
  return { shape, ...readElements(bytes.subarray(end), description, shape) };
}

/** Version 1.0. BYTES have no .npy form without padding; the caller saves those as JSON. */
export function formatNpy({ datatype, shape, data }: NpyArray): Buffer {
  const description = Object.keys(DESCRIPTIONS).find((key) => DESCRIPTIONS[key] === datatype);
  if (description === undefined) throw new Error(`${datatype} has no .npy form`);
  const dict = `{'descr': '${description}', 'fortran_order': False, 'shape': (${shape.map((dimension) => `${dimension},`).join('')}), }`;
  const header = Buffer.from(`${dict}${' '.repeat((64 - ((10 + dict.length + 1) % 64)) % 64)}\n`);
  const head = Buffer.from([...Buffer.from(MAGIC, 'latin1'), 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([head, header, data]);
}

function readElements(data: Buffer, description: string, shape: readonly number[]): { datatype: Datatype; data: Uint8Array } {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  const require = (bytes: number): void => {
    if (data.length !== bytes)
      throw new Error(`has ${data.length} bytes of elements, where its shape (${shape.join(', ')}) of ${description} needs ${bytes}`);
  };
  const [, order, kind, digits] = /^([<>|=])([SU])(\d+)$/.exec(description) ?? [];
  if (kind !== undefined && order !== '>') {
    const size = Number(digits) * (kind === 'U' ? 4 : 1);
    require(count * size);
    const texts = Array.from({ length: count }, (_, index) => decodeText(data.subarray(index * size, (index + 1) * size), kind));
    return { datatype: 'BYTES', data: joinBytesElements(texts) };
  }
  const datatype = DESCRIPTIONS[description];
  if (datatype === undefined)
    throw new Error(`holds elements of ${description}, which no datatype of the protocol is: array.astype("float32") or another type mends that`);
  require(count * Number(description.slice(2)));
  return { datatype, data };
}

/** Fixed widths are filled up with NUL. */
function decodeText(bytes: Buffer, kind: string): Buffer {
  if (kind === 'S') return Buffer.from(bytes.toString('latin1').replace(/\0+$/, ''), 'latin1');
  const codes = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32LE(index * 4)).filter((code) => code !== 0);
  return Buffer.from(String.fromCodePoint(...codes));
}
