/** TensorProto: name, type and dims of any; the elements only of small ones, which shapes and axes are made of. */
import { ELEM, MAX_VALUES, type OnnxTensor } from './onnx-model.js';
import { OnnxFormatError, WireReader } from './wire-reader.js';

const MAX_RANK = 64;

interface Elements {
  readonly floats: number[];
  readonly ints: bigint[];
  readonly strings: string[];
  raw: Uint8Array | undefined;
}

export function readTensor(data: Uint8Array): OnnxTensor {
  const reader = new WireReader(data, 'a tensor');
  const elements: Elements = { floats: [], ints: [], strings: [], raw: undefined };
  const dims: bigint[] = [];
  const external = new Map<string, string>();
  let name = '';
  let dataType = 0;
  let isExternal = false;
  while (reader.next()) {
    if (reader.field === 1) reader.int64s(dims, MAX_RANK);
    else if (reader.field === 2) dataType = reader.integer();
    else if (reader.field === 8) name = reader.string();
    else if (reader.field === 13) addEntry(reader.bytes(), external);
    else if (reader.field === 14) isExternal = reader.integer() === 1;
    else readElements(reader, elements);
  }
  const sizes = dims.map(Number);
  const bad = sizes.find((size) => size < 0 || !Number.isSafeInteger(size));
  if (bad !== undefined) throw new OnnxFormatError(`Tensor "${name}" has dimension ${bad}; dimensions are whole numbers from 0 on`);
  const values = isExternal ? undefined : decode(dataType, sizes, elements);
  return { name, dataType, dims: sizes, values, external: isExternal ? external : undefined };
}

/** The tensor of values inside a SparseTensorProto, with the name; its dims are those of the dense tensor. */
export function readSparseTensor(data: Uint8Array): OnnxTensor {
  const reader = new WireReader(data, 'a sparse tensor');
  const dims: bigint[] = [];
  let values: OnnxTensor | undefined;
  while (reader.next()) {
    if (reader.field === 1) values = readTensor(reader.bytes());
    else if (reader.field === 3) reader.int64s(dims, MAX_RANK);
    else reader.skip();
  }
  return { name: values?.name ?? '', dataType: values?.dataType ?? 0, dims: dims.map(Number), values: undefined, external: values?.external };
}

/** StringStringEntryProto. */
export function addEntry(data: Uint8Array, into: Map<string, string>): void {
  const reader = new WireReader(data, 'a key and its value');
  let key = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) value = reader.string();
    else reader.skip();
  }
  into.set(key, value);
}

function readElements(reader: WireReader, into: Elements): void {
  if (reader.field === 4) reader.floats(into.floats, MAX_VALUES + 1);
  else if (reader.field === 5 || reader.field === 7) reader.int64s(into.ints, MAX_VALUES + 1);
  else if (reader.field === 6 && into.strings.length <= MAX_VALUES) into.strings.push(reader.string());
  else if (reader.field === 9) into.raw = reader.bytes();
  else reader.skip();
}

function decode(dataType: number, dims: readonly number[], elements: Elements): OnnxTensor['values'] {
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (count > MAX_VALUES) return undefined;
  const found = elements.raw === undefined ? fromLists(dataType, elements) : fromRaw(dataType, elements.raw);
  return found?.length === count ? found : undefined;
}

function fromLists(dataType: number, elements: Elements): OnnxTensor['values'] {
  if (dataType === ELEM.FLOAT) return elements.floats;
  if (dataType === ELEM.STRING) return elements.strings;
  return dataType === ELEM.INT64 || dataType === ELEM.INT32 || dataType === ELEM.BOOL ? elements.ints : undefined;
}

function fromRaw(dataType: number, raw: Uint8Array): OnnxTensor['values'] {
  if (raw.length > MAX_VALUES * 8) return undefined;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const list = <T>(size: number, read: (offset: number) => T) => Array.from({ length: raw.length / size }, (_, index) => read(index * size));
  if (dataType === ELEM.INT64) return list(8, (offset) => view.getBigInt64(offset, true));
  if (dataType === ELEM.INT32) return list(4, (offset) => BigInt(view.getInt32(offset, true)));
  if (dataType === ELEM.BOOL) return list(1, (offset) => BigInt(view.getUint8(offset)));
  return dataType === ELEM.FLOAT ? list(4, (offset) => view.getFloat32(offset, true)) : undefined;
}
