/** Messages between the serving thread and the thread that owns an ONNX Runtime session. */

/** Tensor type as ONNX Runtime numbers it (onnx.TensorProto.DataType). */
export interface RawMetadata {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type: number;
  readonly shape: readonly number[];
  readonly symbolicDimensions: readonly string[];
}

/** Strings for BYTES; else the elements' memory, which is moved and not copied. */
export interface WireTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: ArrayBuffer | readonly string[];
}

export interface WorkerData {
  readonly path: string;
  readonly threads: number;
  /** Execution providers in order of preference. */
  readonly providers: readonly string[];
}

export interface RunMessage {
  readonly id: number;
  readonly inputs: readonly WireTensor[];
  readonly outputs: readonly string[];
}

export type WorkerReply =
  | { readonly kind: 'loaded'; readonly inputs: readonly RawMetadata[]; readonly outputs: readonly RawMetadata[] }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'ran'; readonly id: number; readonly outputs: readonly WireTensor[]; readonly inferenceSeconds: number }
  | { readonly kind: 'failed'; readonly id: number; readonly text: string };
