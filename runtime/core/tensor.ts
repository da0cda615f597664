/**
 * A tensor between the wire and the backend. Whatever the protocol, `data` is the raw form of the Open Inference
 * Protocol (row-major, little-endian; BYTES as uint32 length + bytes per element), so a raw request is never rewritten.
 */
import type { Datatype } from './datatype.js';

export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** What a request says of a tensor, before any of it is believed. */
export interface UncheckedTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Number of elements; a scalar (shape []) has one. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(',')}]`;
}

/** Bytes of all of them. */
export function countBytes(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, { data }) => sum + data.byteLength, 0);
}
