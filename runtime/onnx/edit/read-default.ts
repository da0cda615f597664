/**
 * A TensorProto as the Open Inference Protocol has tensors. Unlike read-tensor.ts, which decodes small tensors to reason about them, this
 * gives every element of every datatype that a client could send, and a copy: a view would keep the whole file in memory.
 */
import { joinBytesElements } from '../../core/bytes-elements.js';
import { DATATYPES, type Datatype } from '../../core/datatype.js';
import { countElements, type Tensor } from '../../core/tensor.js';
import { readTensor } from '../read-tensor.js';
import { WIRE, WireReader } from '../wire-reader.js';

/** Larger ones stay in the model: every request without the input carries its default to ONNX Runtime. */
export const MAX_DEFAULT_BYTES = 16 * 1024 * 1024;

/** By number of onnx.TensorProto.DataType; types that no client can send have none. */
const DATATYPE_OF: Readonly<Record<number, Datatype>> = {
  1: 'FP32',
  2: 'UINT8',
  3: 'INT8',
  4: 'UINT16',
  5: 'INT16',
  6: 'INT32',
  7: 'INT64',
  8: 'BYTES',
  9: 'BOOL',
  10: 'FP16',
  11: 'FP64',
  12: 'UINT32',
  13: 'UINT64',
};

export function datatypeOf(elemType: number): Datatype | undefined {
  return DATATYPE_OF[elemType];
}

/** Fields of TensorProto that carry elements. */
const FIELD = { float: 4, int32: 5, string: 6, int64: 7, raw: 9, double: 10, uint64: 11, segment: 3 } as const;

/** Which field carries elements of a datatype, besides raw_data. */
const TYPED_FIELD: Readonly<Record<Datatype, number>> = {
  FP32: FIELD.float,
  FP64: FIELD.double,
  INT64: FIELD.int64,
  UINT64: FIELD.uint64,
  UINT32: FIELD.uint64,
  BYTES: FIELD.string,
  INT32: FIELD.int32,
  INT16: FIELD.int32,
  INT8: FIELD.int32,
  UINT16: FIELD.int32,
  UINT8: FIELD.int32,
  BOOL: FIELD.int32,
  FP16: FIELD.int32,
};

/**
 * The tensor, its data row-major and little-endian (BYTES with lengths); or why it cannot be had, as the end of a sentence about it.
 * Throws OnnxFormatError when the bytes are no TensorProto.
 */
export function readDefault(data: Uint8Array): Tensor | string {
  const { name, dataType, dims, external } = readTensor(data);
  const datatype = datatypeOf(dataType);
  if (datatype === undefined) return `is of ONNX type ${dataType}, which no client can send`;
  if (external !== undefined) return 'lies in another file';
  const count = countElements(dims);
  const { size } = DATATYPES[datatype];
  if (!Number.isSafeInteger(count)) return `has the shape [${dims.join(',')}], which is no tensor's`;
  // A string takes four bytes at least, those of its length.
  if (count * (size ?? 4) > MAX_DEFAULT_BYTES) return `has ${count} elements, more than ${MAX_DEFAULT_BYTES} bytes`;
  const elements = size === undefined ? readStrings(data, count) : readNumbers(data, { datatype, size, count });
  return typeof elements === 'string' ? elements : { name, datatype, shape: dims, data: elements };
}

function readStrings(data: Uint8Array, count: number): Uint8Array | string {
  const reader = new WireReader(data, 'a tensor');
  const elements: Uint8Array[] = [];
  let bytes = 4 * count;
  while (reader.next()) {
    if (reader.field !== FIELD.string) {
      reader.skip();
      continue;
    }
    const element = reader.bytes();
    bytes += element.length;
    elements.push(element);
    if (elements.length > count) return `has more than the ${count} elements that its dims say`;
    if (bytes > MAX_DEFAULT_BYTES) return `has more than ${MAX_DEFAULT_BYTES} bytes`;
  }
  if (elements.length < count) return `has ${elements.length} of the ${count} elements that its dims say`;
  return elements.every(isText)
    ? joinBytesElements(elements)
    : "holds what is no UTF-8 text without NUL, which ONNX Runtime's Node binding cannot take";
}

function isText(element: Uint8Array): boolean {
  if (element.includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(element);
    return true;
  } catch {
    return false;
  }
}

interface Layout {
  readonly datatype: Datatype;
  /** Bytes per element. */
  readonly size: number;
  readonly count: number;
}

function readNumbers(data: Uint8Array, layout: Layout): Uint8Array | string {
  const reader = new WireReader(data, 'a tensor');
  const typed = new Elements(layout);
  let raw: Uint8Array | undefined;
  while (reader.next()) {
    if (reader.field === FIELD.raw) raw = reader.bytes();
    else if (reader.field === FIELD.segment) return 'is cut into segments';
    else if (reader.field !== TYPED_FIELD[layout.datatype]) reader.skip();
    else if (layout.datatype === 'FP32') typed.append(reader.fixed(WIRE.fixed32));
    else if (layout.datatype === 'FP64') typed.append(reader.fixed(WIRE.fixed64));
    else reader.eachInt64((value) => typed.push(value));
  }
  if (raw === undefined) return typed.finish();
  const want = layout.count * layout.size;
  // Not slice(), which is a view where the file is a Buffer.
  return raw.length === want ? new Uint8Array(raw) : `has ${raw.length} bytes in place of the ${want} of its dims`;
}

/** Room for as many elements as the dims say; what is too many is counted and not kept. */
class Elements {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;
  private misfit: bigint | undefined;

  constructor(private readonly layout: Layout) {
    this.bytes = new Uint8Array(layout.count * layout.size);
    this.view = new DataView(this.bytes.buffer);
  }

  append(packed: Uint8Array): void {
    if (this.at + packed.length <= this.bytes.length) this.bytes.set(packed, this.at);
    this.at += packed.length;
  }

  push(value: bigint): void {
    const { datatype, size } = this.layout;
    const unsigned = BigInt.asUintN(8 * size, value);
    // Exporters write the bits of 32 of them and fewer with and without a sign.
    if (unsigned !== value && BigInt.asIntN(8 * size, value) !== value) this.misfit ??= value;
    if (this.at + size <= this.bytes.length) this.write(datatype === 'BOOL' && value !== 0n ? 1n : unsigned);
    this.at += size;
  }

  finish(): Uint8Array | string {
    const { datatype, size, count } = this.layout;
    if (this.misfit !== undefined) return `holds ${this.misfit}, which is no ${datatype}`;
    return this.at === this.bytes.length ? this.bytes : `has ${this.at / size} elements in place of the ${count} of its dims`;
  }

  private write(value: bigint): void {
    const { size } = this.layout;
    if (size === 1) this.view.setUint8(this.at, Number(value));
    else if (size === 2) this.view.setUint16(this.at, Number(value), true);
    else if (size === 4) this.view.setUint32(this.at, Number(value), true);
    else this.view.setBigUint64(this.at, value, true);
  }
}
