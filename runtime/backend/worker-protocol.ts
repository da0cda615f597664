/** Messages between the serving thread and the thread that owns an ONNX Runtime session. */
import process from 'node:process';

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

export interface RanReply {
  readonly kind: 'ran';
  readonly id: number;
  readonly outputs: readonly WireTensor[];
  /** When the model began and ended, on the clock that all threads of the process share. */
  readonly startedSeconds: number;
  readonly endedSeconds: number;
}

/** Seconds that only grow, the same in every thread. */
export function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

export type WorkerReply =
  | { readonly kind: 'loaded'; readonly inputs: readonly RawMetadata[]; readonly outputs: readonly RawMetadata[] }
  | { readonly kind: 'refused'; readonly text: string }
  | RanReply
  | { readonly kind: 'failed'; readonly id: number; readonly text: string };
