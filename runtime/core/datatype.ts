/** Datatypes of the Open Inference Protocol that ONNX Runtime's Node binding takes, and how each travels. */

/** Field of InferTensorContents that carries typed elements; FP16 has none and travels raw. */
export type ContentsField =
  | 'bool_contents'
  | 'int_contents'
  | 'int64_contents'
  | 'uint_contents'
  | 'uint64_contents'
  | 'fp32_contents'
  | 'fp64_contents'
  | 'bytes_contents';

export interface DatatypeInfo {
  /** Bytes per element; undefined for BYTES, whose elements carry their length. */
  readonly size: number | undefined;
  readonly contents: ContentsField | undefined;
}

export const DATATYPES = {
  BOOL: { size: 1, contents: 'bool_contents' },
  UINT8: { size: 1, contents: 'uint_contents' },
  UINT16: { size: 2, contents: 'uint_contents' },
  UINT32: { size: 4, contents: 'uint_contents' },
  UINT64: { size: 8, contents: 'uint64_contents' },
  INT8: { size: 1, contents: 'int_contents' },
  INT16: { size: 2, contents: 'int_contents' },
  INT32: { size: 4, contents: 'int_contents' },
  INT64: { size: 8, contents: 'int64_contents' },
  FP16: { size: 2, contents: undefined },
  FP32: { size: 4, contents: 'fp32_contents' },
  FP64: { size: 8, contents: 'fp64_contents' },
  BYTES: { size: undefined, contents: 'bytes_contents' },
} as const satisfies Record<string, DatatypeInfo>;

export type Datatype = keyof typeof DATATYPES;

export function isDatatype(value: string): value is Datatype {
  return Object.hasOwn(DATATYPES, value);
}
