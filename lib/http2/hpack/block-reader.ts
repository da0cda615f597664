/** Integers and strings (RFC 7541 5) of one header block at a time. Nothing is read beyond its end. */
import { Buffer } from 'node:buffer';
import { decodeHuffman, huffmanRoom } from './decode-huffman.js';
import { HpackError } from './hpack-error.js';
import { latin1Of } from './latin1.js';

const NOTHING = Buffer.alloc(0);
/** Decoded strings, all readers' in turn: each is taken before the next is opened. Longer ones get memory of their own. */
const SCRATCH = Buffer.allocUnsafeSlow(16 * 1024);

/** An integer's continuation bytes hold seven bits each; the fifth may add three: 31 bits in all. */
const LAST_SHIFT = 28;
const LAST_BYTE_MAX = 7;

export class BlockReader {
  #block: Buffer = NOTHING;
  #at = 0;
  #end = 0;
  /** Where the bytes of the string lie that was opened last. */
  #text: Buffer = NOTHING;
  #textStart = 0;
  #textEnd = 0;

  open(block: Buffer): void {
    this.#block = block;
    this.#at = 0;
    this.#end = block.length;
  }

  /** Forgets the block, whose memory is somebody else's. */
  close(): void {
    this.#block = NOTHING;
    this.#text = NOTHING;
  }

  get hasMore(): boolean {
    return this.#at < this.#end;
  }

  /** The byte that comes next; it is not taken. */
  peek(): number {
    return this.#block[this.#at] ?? 0;
  }

  byte(): number {
    if (this.#at >= this.#end) throw new HpackError('a header block ends in the middle of a field');
    return this.#block[this.#at++] ?? 0;
  }

  /** What began in the low bits of `first`, which `mask` tells: 0x7f for a prefix of seven. */
  integer(first: number, mask: number): number {
    const prefix = first & mask;
    return prefix < mask ? prefix : this.#continuation(mask);
  }

  #continuation(prefix: number): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      if (shift === LAST_SHIFT && byte > LAST_BYTE_MAX) throw new HpackError('an integer has more than 31 bits or 5 bytes behind its first');
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value + prefix;
    }
  }

  /** Reads a string up to its end; returns how many bytes it has, decoded. */
  openString(): number {
    const first = this.byte();
    const length = this.integer(first, 0x7f);
    const start = this.#at;
    if (length > this.#end - start) throw new HpackError(`a string of ${length} bytes goes beyond the end of its header block`);
    this.#at = start + length;
    if (first >= 0x80) return this.#openHuffman(start, length);
    this.#text = this.#block;
    this.#textStart = start;
    this.#textEnd = start + length;
    return length;
  }

  #openHuffman(start: number, length: number): number {
    const room = huffmanRoom(length);
    this.#text = room <= SCRATCH.length ? SCRATCH : Buffer.allocUnsafe(room);
    this.#textStart = 0;
    this.#textEnd = decodeHuffman(this.#block, start, start + length, this.#text);
    return this.#textEnd;
  }

  /** The string that was opened last. */
  takeString(): string {
    return latin1Of(this.#text, this.#textStart, this.#textEnd);
  }
}
