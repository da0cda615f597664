/** ONNX's tensor types against the protocol's datatypes and JavaScript's memory. */
import type { Datatype } from '../core/datatype.js';

export type ViewConstructor = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
};

interface NativeType {
  /** Name in ONNX Runtime's Node binding. */
  readonly name: string;
  /** Number in onnx.TensorProto.DataType. */
  readonly onnx: number;
  /** Undefined for strings. */
  readonly view: ViewConstructor | undefined;
}

/** FP16 travels as Uint16Array: its bits, never its values. */
export const NATIVE_TYPES: Readonly<Record<Datatype, NativeType>> = {
  BOOL: { name: 'bool', onnx: 9, view: Uint8Array },
  UINT8: { name: 'uint8', onnx: 2, view: Uint8Array },
  UINT16: { name: 'uint16', onnx: 4, view: Uint16Array },
  UINT32: { name: 'uint32', onnx: 12, view: Uint32Array },
  UINT64: { name: 'uint64', onnx: 13, view: BigUint64Array },
  INT8: { name: 'int8', onnx: 3, view: Int8Array },
  INT16: { name: 'int16', onnx: 5, view: Int16Array },
  INT32: { name: 'int32', onnx: 6, view: Int32Array },
  INT64: { name: 'int64', onnx: 7, view: BigInt64Array },
  FP16: { name: 'float16', onnx: 10, view: Uint16Array },
  FP32: { name: 'float32', onnx: 1, view: Float32Array },
  FP64: { name: 'float64', onnx: 11, view: Float64Array },
  BYTES: { name: 'string', onnx: 8, view: undefined },
};

/** Names of the ONNX types that the binding does not take, for the message that refuses them. */
const UNSUPPORTED: Readonly<Record<number, string>> = {
  14: 'COMPLEX64',
  15: 'COMPLEX128',
  16: 'BF16',
  17: 'FLOAT8E4M3FN',
  18: 'FLOAT8E4M3FNUZ',
  19: 'FLOAT8E5M2',
  20: 'FLOAT8E5M2FNUZ',
  21: 'UINT4',
  22: 'INT4',
  23: 'FLOAT4E2M1',
};

export function findDatatype(onnx: number): Datatype | undefined {
  const names = Object.keys(NATIVE_TYPES) as Datatype[];
  return names.find((name) => NATIVE_TYPES[name].onnx === onnx);
}

export function findDatatypeByNativeName(native: string): Datatype | undefined {
  const names = Object.keys(NATIVE_TYPES) as Datatype[];
  return names.find((name) => NATIVE_TYPES[name].name === native);
}

export function describeOnnxType(onnx: number): string {
  return findDatatype(onnx) ?? UNSUPPORTED[onnx] ?? `ONNX type ${onnx}`;
}
