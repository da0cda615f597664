/** The fields of InferTensorContents, in the order of their numbers, and how their elements lie on the wire. */
import type { ContentsField } from '../core/datatype.js';
import { WIRE } from './wire-reader.js';

export interface ContentsFieldInfo {
  readonly name: ContentsField;
  readonly number: number;
  /** Of one element that is not packed. */
  readonly wireType: number;
  /** Bytes of a fixed-size element, 0 for varints and bytes. */
  readonly fixedSize: number;
}

/** Index 0 is no field. */
export const CONTENTS_FIELDS: readonly (ContentsFieldInfo | undefined)[] = [
  undefined,
  { name: 'bool_contents', number: 1, wireType: WIRE.varint, fixedSize: 0 },
  { name: 'int_contents', number: 2, wireType: WIRE.varint, fixedSize: 0 },
  { name: 'int64_contents', number: 3, wireType: WIRE.varint, fixedSize: 0 },
  { name: 'uint_contents', number: 4, wireType: WIRE.varint, fixedSize: 0 },
  { name: 'uint64_contents', number: 5, wireType: WIRE.varint, fixedSize: 0 },
  { name: 'fp32_contents', number: 6, wireType: WIRE.fixed32, fixedSize: 4 },
  { name: 'fp64_contents', number: 7, wireType: WIRE.fixed64, fixedSize: 8 },
  { name: 'bytes_contents', number: 8, wireType: WIRE.bytes, fixedSize: 0 },
];

export const BYTES_CONTENTS = 8;

const BY_NAME: ReadonlyMap<ContentsField, ContentsFieldInfo> = new Map(
  CONTENTS_FIELDS.flatMap((field) => (field === undefined ? [] : [[field.name, field] as const])),
);

export function findContentsField(name: ContentsField): ContentsFieldInfo {
  const field = BY_NAME.get(name);
  if (field === undefined) throw new Error(`InferTensorContents has no field ${name}`);
  return field;
}
