/**
 * Header blocks of one direction of a connection (RFC 7541). What is written must be sent, in the order of writing. Only SharedFields
 * go into the peer's table, each at its first use, eight at most and none ever leaves it: a field's index is thus known for good,
 * and the table is a short array. A peer that wants less than the usual table gets none. Fields come checked: names in lower case, no
 * character beyond U+00FF.
 */
import type { Buffer } from 'node:buffer';
import { INITIAL_TABLE_BYTES } from './dynamic-table.js';
import { SharedField } from './shared-field.js';
import { STATIC_FIELDS, staticFieldIndex, staticNameIndex } from './static-table.js';
import { maxLiteralBytes, WITHOUT_INDEXING, writeLiteral } from './write-literal.js';

export type Field = SharedField | readonly [name: string, value: string];

const MAX_ENTRIES = 8;
const INDEXED = 0x80;
/** A change of the table size, to 0 (RFC 7541 6.3). */
const SIZE_UPDATE_TO_0 = 0x20;

export class HpackEncoder {
  /** What is in the peer's table, the oldest first. */
  readonly #entries: SharedField[] = [];
  #entriesBytes = 0;
  #limitBytes = INITIAL_TABLE_BYTES;
  #usesTable = true;
  #owesSizeUpdate = false;

  /**
   * The peer's SETTINGS_HEADER_TABLE_SIZE, said before the first block that follows the acknowledgement. One that is lower than the
   * last ends the use of the table for good.
   */
  limitTable(bytes: number): void {
    if (bytes < this.#limitBytes) {
      this.#usesTable = false;
      this.#owesSizeUpdate = true;
    }
    this.#limitBytes = bytes;
  }

  /** Upper bound of what write takes for these. */
  maxBytes(fields: readonly Field[]): number {
    let bytes = 1; // a change of the table size
    for (const field of fields) bytes += field instanceof SharedField ? field.plainLiteral.length : maxLiteralBytes(field[0], field[1]);
    return bytes;
  }

  /** Writes a whole block; returns where it ended. */
  write(fields: readonly Field[], target: Buffer, at: number): number {
    let end = at;
    if (this.#owesSizeUpdate) {
      this.#owesSizeUpdate = false;
      target[end++] = SIZE_UPDATE_TO_0;
    }
    for (const field of fields) end = field instanceof SharedField ? this.#writeShared(field, target, end) : writePair(field, target, end);
    return end;
  }

  #writeShared(field: SharedField, target: Buffer, at: number): number {
    if (field.staticIndex !== 0) return writeIndex(field.staticIndex, target, at);
    if (!this.#usesTable) return copy(field.plainLiteral, target, at);
    const position = this.#entries.indexOf(field);
    if (position >= 0) return writeIndex(STATIC_FIELDS + this.#entries.length - position, target, at);
    if (!this.#hasRoomFor(field)) return copy(field.plainLiteral, target, at);
    this.#entries.push(field);
    this.#entriesBytes += field.tableBytes;
    return copy(field.indexingLiteral, target, at);
  }

  #hasRoomFor(field: SharedField): boolean {
    return this.#entries.length < MAX_ENTRIES && this.#entriesBytes + field.tableBytes <= INITIAL_TABLE_BYTES;
  }
}

/** One byte: no index that an encoder of this kind uses is above 61 + 8. */
function writeIndex(index: number, target: Buffer, at: number): number {
  target[at] = INDEXED | index;
  return at + 1;
}

function copy(bytes: Buffer, target: Buffer, at: number): number {
  target.set(bytes, at);
  return at + bytes.length;
}

function writePair(field: readonly [name: string, value: string], target: Buffer, at: number): number {
  const nameIndex = staticNameIndex(field[0]);
  const index = staticFieldIndex(nameIndex, field[1]);
  return index === 0 ? writeLiteral(target, at, WITHOUT_INDEXING, nameIndex, field) : writeIndex(index, target, at);
}
