/** A field that many blocks carry, and the bytes of it that any connection needs, made once. */
import { Buffer } from 'node:buffer';
import { FIELD_OVERHEAD_BYTES } from './header-list.js';
import { staticFieldIndex, staticNameIndex } from './static-table.js';
import { type LiteralKind, maxLiteralBytes, WITH_INDEXING, WITHOUT_INDEXING, writeLiteral } from './write-literal.js';

export class SharedField {
  /** Of name and value in the static table; 0 when they are not there. */
  readonly staticIndex: number;
  /** What it takes in a dynamic table. */
  readonly tableBytes: number;
  /** Puts it into the dynamic table. */
  readonly indexingLiteral: Buffer;
  /** Leaves the dynamic table as it is. As long as indexingLiteral, or longer. */
  readonly plainLiteral: Buffer;

  constructor(
    readonly name: string,
    readonly value: string,
  ) {
    const nameIndex = staticNameIndex(name);
    this.staticIndex = staticFieldIndex(nameIndex, value);
    this.tableBytes = name.length + value.length + FIELD_OVERHEAD_BYTES;
    this.indexingLiteral = literalOf(WITH_INDEXING, nameIndex, name, value);
    this.plainLiteral = literalOf(WITHOUT_INDEXING, nameIndex, name, value);
  }
}

function literalOf(kind: LiteralKind, nameIndex: number, name: string, value: string): Buffer {
  const target = Buffer.alloc(maxLiteralBytes(name, value));
  return target.subarray(0, writeLiteral(target, 0, kind, nameIndex, [name, value]));
}
