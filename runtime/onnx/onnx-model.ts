/** What the rest of this folder knows of an ONNX file; weights stay where they are, as views. Field meanings: onnx/onnx.proto. */

/** A number, a symbol ("batch"), or undefined: any size, unnamed. */
export type OnnxDim = number | string | undefined;

export type OnnxType =
  | { readonly kind: 'tensor' | 'sparse_tensor'; readonly elemType: number; readonly shape: readonly OnnxDim[] | undefined }
  | { readonly kind: 'sequence' | 'optional'; readonly element: OnnxType | undefined }
  | { readonly kind: 'map'; readonly keyType: number; readonly value: OnnxType | undefined }
  | { readonly kind: 'opaque' };

export interface OnnxValueInfo {
  readonly name: string;
  readonly type: OnnxType | undefined;
}

export interface OnnxTensor {
  readonly name: string;
  readonly dataType: number;
  readonly dims: readonly number[];
  /** Elements of small int32, int64, bool, float and string tensors; undefined for all others. */
  readonly values: readonly number[] | readonly bigint[] | readonly string[] | undefined;
  /** Where the bytes lie when they are not in this file: keys location, offset, length, checksum. */
  readonly external: ReadonlyMap<string, string> | undefined;
}

export interface OnnxAttribute {
  readonly name: string;
  readonly float: number | undefined;
  readonly int: bigint | undefined;
  readonly string: string | undefined;
  readonly tensor: OnnxTensor | undefined;
  readonly floats: readonly number[];
  /** Repeated values beyond MAX_KEPT are dropped; `count` is then larger than the list. */
  readonly ints: readonly bigint[];
  readonly strings: readonly string[];
  readonly isSparse: boolean;
  /** In a local function: the attribute of the calling node that this one stands for. */
  readonly refersTo: string | undefined;
  /** Subgraphs, parsed when first asked for; always the same objects. */
  readonly graphs: () => readonly OnnxGraph[];
}

export interface OnnxNode {
  readonly opType: string;
  /** "" for ai.onnx. */
  readonly domain: string;
  readonly name: string;
  /** "" stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly sparseInitializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly valueInfo: readonly OnnxValueInfo[];
}

export interface OnnxFunction {
  readonly name: string;
  readonly domain: string;
  readonly nodes: readonly OnnxNode[];
}

export interface OnnxModel {
  readonly irVersion: number;
  /** Version by domain; "" is ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly producer: string;
  readonly graph: OnnxGraph;
  readonly functions: readonly OnnxFunction[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** Numbers of TensorProto.DataType that this folder tells apart. */
export const ELEM = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  BFLOAT16: 16,
} as const;

/** Bounds against files made to exhaust memory: real models have some 10^4 nodes and a nesting of five. */
export const MAX_ITEMS = 1 << 20;
export const MAX_DEPTH = 24;
/** Elements of a small tensor, and of a list attribute, that are decoded. */
export const MAX_VALUES = 64;
export const MAX_KEPT = 4096;
