/** Literal fields (RFC 7541 6.2) whose name is in the static table or spelt out, without Huffman's code. */
import type { Buffer } from 'node:buffer';
import { writeLatin1 } from './latin1.js';

/** How a literal begins, and which bits of its first byte begin the index of its name. */
export interface LiteralKind {
  readonly pattern: number;
  readonly mask: number;
}
export const WITHOUT_INDEXING: LiteralKind = { pattern: 0x00, mask: 0x0f };
export const WITH_INDEXING: LiteralKind = { pattern: 0x40, mask: 0x3f };

/** The first byte, and the lengths of two strings of at most 2^29 bytes, V8's longest. */
const OVERHEAD_BYTES = 1 + 2 * 6;
const STRING_MASK = 0x7f;

/** What writeLiteral takes at most. */
export function maxLiteralBytes(name: string, value: string): number {
  return OVERHEAD_BYTES + name.length + value.length;
}

/** `nameIndex` is the name's in the static table, 0 when it is not there. Returns where it ended. */
export function writeLiteral(
  target: Buffer,
  at: number,
  kind: LiteralKind,
  nameIndex: number,
  field: readonly [name: string, value: string],
): number {
  let end = writeInteger(target, at, kind, nameIndex);
  if (nameIndex === 0) end = writeString(target, end, field[0]);
  return writeString(target, end, field[1]);
}

function writeString(target: Buffer, at: number, text: string): number {
  return writeLatin1(target, writeInteger(target, at, STRING, text.length), text);
}
const STRING: LiteralKind = { pattern: 0x00, mask: STRING_MASK };

function writeInteger(target: Buffer, at: number, { pattern, mask }: LiteralKind, value: number): number {
  if (value < mask) {
    target[at] = pattern | value;
    return at + 1;
  }
  target[at] = pattern | mask;
  let end = at + 1;
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) target[end++] = 0x80 | (rest & 0x7f);
  target[end] = rest;
  return end + 1;
}
