/** Messages between the serving thread and whoever owns an ONNX Runtime session: a thread or a process. */
import process from 'node:process';
import type { Datatype } from '../core/datatype.js';

/** Tensor type as ONNX Runtime numbers it (onnx.TensorProto.DataType). */
export interface RawMetadata {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type: number;
  readonly shape: readonly number[];
  readonly symbolicDimensions: readonly string[];
}

/** An input as it lies in memory, in the protocol's raw form. */
export interface LaidInput {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly bytes: number;
}

/** An output in the protocol's raw form. */
export interface WireOutput {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Uint8Array<ArrayBuffer>;
}

export interface HostData {
  /** External data lies beside it. */
  readonly path: string;
  /** The model itself, when it is not what the file holds. */
  readonly bytes?: Uint8Array;
  readonly threads: number;
  /** Execution providers in order of preference. */
  readonly providers: readonly string[];
}

export interface RunMessage {
  readonly kind: 'run';
  readonly id: number;
  /** Number of the slab that the inputs lie in, or their memory itself where none is shared. */
  readonly memory: number | Uint8Array;
  readonly inputs: readonly LaidInput[];
  readonly outputs: readonly string[];
}

export type HostMessage =
  | { readonly kind: 'load'; readonly data: HostData }
  | { readonly kind: 'slab'; readonly slab: number; readonly memory: SharedArrayBuffer }
  | RunMessage
  /** Nothing came for a while: give memory back. */
  | { readonly kind: 'trim' }
  | { readonly kind: 'close' };

export interface RanReply {
  readonly kind: 'ran';
  readonly id: number;
  readonly outputs: readonly WireOutput[];
  /** When the model began and ended, on the clock that all threads and processes of the machine share. */
  readonly startedSeconds: number;
  readonly endedSeconds: number;
}

export type HostReply =
  | { readonly kind: 'loaded'; readonly inputs: readonly RawMetadata[]; readonly outputs: readonly RawMetadata[] }
  | { readonly kind: 'refused'; readonly text: string }
  | RanReply
  | { readonly kind: 'failed'; readonly id: number; readonly text: string };

/** Seconds that only grow, the same in every thread. */
export function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}
