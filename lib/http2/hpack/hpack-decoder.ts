/**
 * Header blocks of one direction of a connection, in their order (RFC 7541). A list is cut at `maxListBytes`, but decoded to its
 * end, for the table must stay the one that the peer has. A client that repeats itself gets the list it got before.
 */
import { Buffer } from 'node:buffer';
import { BlockCache } from './block-cache.js';
import { BlockReader } from './block-reader.js';
import { DynamicTable } from './dynamic-table.js';
import { FIELD_OVERHEAD_BYTES, HeaderList } from './header-list.js';
import { HpackError } from './hpack-error.js';
import { STATIC_FIELDS, STATIC_NAMES, STATIC_VALUES } from './static-table.js';

/** The first byte of a field, and which of its bits begin an integer (RFC 7541 6). */
const INDEXED = { from: 0x80, mask: 0x7f } as const;
const INDEXING = { from: 0x40, mask: 0x3f } as const;
const SIZE_UPDATE = { from: 0x20, mask: 0x1f } as const;
/** Literals without indexing, and those that must never be indexed. */
const LITERAL = { mask: 0x0f } as const;

/** The lowest size and the last (RFC 7541 4.2). */
const MAX_SIZE_UPDATES = 2;

/** The list that is being read, all decoders' in turn. A slice is made sooner than an array that grows, and is no larger than its list. */
const NAMES: string[] = [];
const VALUES: string[] = [];

export interface HpackDecoderOptions {
  /** What we told the peer that its table may have at most. It begins with 4096 bytes, before it has heard of this. */
  readonly maxTableBytes: number;
  readonly maxListBytes: number;
}

export class HpackDecoder {
  readonly #maxTableBytes: number;
  readonly #maxListBytes: number;
  readonly #table = new DynamicTable();
  readonly #cache = new BlockCache();
  readonly #reader = new BlockReader();
  /** Of the list that is being read: fields that are not left out, bytes of all. */
  #fields = 0;
  #bytes = 0;
  #isCut = false;

  constructor(options: HpackDecoderOptions) {
    this.#maxTableBytes = options.maxTableBytes;
    this.#maxListBytes = options.maxListBytes;
  }

  /** A whole block: HEADERS and its CONTINUATIONs. Throws HpackError. Does not keep `block`. */
  decode(block: Uint8Array): HeaderList {
    const { changes } = this.#table;
    const known = this.#cache.find(block, changes);
    if (known !== undefined) return known;
    const list = this.#read(asBuffer(block));
    if (this.#table.changes === changes) this.#cache.keep(block, list);
    return list;
  }

  #read(block: Buffer): HeaderList {
    this.#fields = 0;
    this.#bytes = 0;
    this.#isCut = false;
    this.#reader.open(block);
    try {
      this.#readSizeUpdates();
      while (this.#reader.hasMore) this.#readField();
    } finally {
      this.#reader.close();
    }
    return new HeaderList(NAMES.slice(0, this.#fields), VALUES.slice(0, this.#fields), this.#bytes, this.#isCut);
  }

  #readSizeUpdates(): void {
    for (let updates = 0; this.#reader.hasMore && isSizeUpdate(this.#reader.peek()); updates++) {
      if (updates === MAX_SIZE_UPDATES) throw new HpackError('a header block begins with more than 2 changes of the table size');
      const bytes = this.#reader.integer(this.#reader.byte(), SIZE_UPDATE.mask);
      if (bytes > this.#maxTableBytes) throw new HpackError(`a table size of ${bytes} bytes is above the limit of ${this.#maxTableBytes}`);
      this.#table.resize(bytes);
    }
  }

  #readField(): void {
    const first = this.#reader.byte();
    if (first >= INDEXED.from) {
      const index = this.#reader.integer(first, INDEXED.mask);
      this.#add(this.#nameAt(index), this.#valueAt(index));
    } else if (first >= INDEXING.from) {
      const name = this.#readName(this.#reader.integer(first, INDEXING.mask));
      const value = this.#readValue();
      this.#table.add(name, value);
      this.#add(name, value);
    } else if (isSizeUpdate(first)) {
      throw new HpackError('a change of the table size comes after a field');
    } else if (this.#isCut) {
      this.#skipLiteral(this.#reader.integer(first, LITERAL.mask));
    } else {
      this.#add(this.#readName(this.#reader.integer(first, LITERAL.mask)), this.#readValue());
    }
  }

  #add(name: string, value: string): void {
    this.#count(name.length + value.length);
    if (this.#isCut) return;
    NAMES[this.#fields] = name;
    VALUES[this.#fields++] = value;
  }

  #count(bytes: number): void {
    this.#bytes += bytes + FIELD_OVERHEAD_BYTES;
    if (this.#bytes > this.#maxListBytes) this.#isCut = true;
  }

  /** Of a list that is full: the field is read and counted, and no string is made of it. */
  #skipLiteral(index: number): void {
    const nameBytes = index === 0 ? this.#reader.openString() : this.#nameAt(index).length;
    this.#count(nameBytes + this.#reader.openString());
  }

  #readName(index: number): string {
    return index === 0 ? this.#readValue() : this.#nameAt(index);
  }

  #readValue(): string {
    this.#reader.openString();
    return this.#reader.takeString();
  }

  #nameAt(index: number): string {
    const name = index > STATIC_FIELDS ? this.#table.nameAt(index - STATIC_FIELDS - 1) : STATIC_NAMES[index];
    if (name === undefined || index === 0) throw new HpackError(`no field has the index ${index}`);
    return name;
  }

  #valueAt(index: number): string {
    return (index > STATIC_FIELDS ? this.#table.valueAt(index - STATIC_FIELDS - 1) : STATIC_VALUES[index]) ?? '';
  }
}

function isSizeUpdate(first: number): boolean {
  return first >= SIZE_UPDATE.from && first < INDEXING.from;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
