/** For tests: header blocks part by part, as any peer might write them, and a decoder so plain that it can be seen to be right. */
import { Buffer } from 'node:buffer';
import type { HpackDecoder } from './hpack-decoder.js';
import { HpackError } from './hpack-error.js';
import { EOS, huffmanCodes } from './huffman-code.js';
import { STATIC_NAMES, STATIC_VALUES } from './static-table.js';

export type Pair = [name: string, value: string];

const CODES = new Map(huffmanCodes().map(({ symbol, code, bits }) => [symbol, code.toString(2).padStart(bits, '0')]));
const SYMBOLS = new Map([...CODES].map(([symbol, code]) => [code, symbol]));

/** `pattern` stands above a prefix of `bits` bits. */
export function integer(value: number, bits: number, pattern = 0): number[] {
  const mask = 2 ** bits - 1;
  if (value < mask) return [pattern | value];
  const bytes = [pattern | mask];
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128));
  return [...bytes, rest];
}

export function plainString(text: string): number[] {
  return [...integer(text.length, 7), ...Buffer.from(text, 'latin1')];
}

export function huffmanString(text: string): number[] {
  const code = Array.from(text, (char) => CODES.get(char.charCodeAt(0))).join('');
  const bytes = (code + '1'.repeat(-code.length & 7)).match(/.{8}/g) ?? [];
  return [...integer(bytes.length, 7, 0x80), ...bytes.map((byte) => Number.parseInt(byte, 2))];
}

export const indexed = (index: number): number[] => integer(index, 7, 0x80);
export const sizeUpdate = (bytes: number): number[] => integer(bytes, 5, 0x20);
export const indexing = (name: string | number, value: string, write = plainString): number[] => literal(0x40, 6, name, value, write);
export const withoutIndexing = (name: string | number, value: string, write = plainString): number[] => literal(0x00, 4, name, value, write);
export const neverIndexed = (name: string | number, value: string, write = plainString): number[] => literal(0x10, 4, name, value, write);

function literal(pattern: number, bits: number, name: string | number, value: string, write: (text: string) => number[]): number[] {
  const start = typeof name === 'number' ? integer(name, bits, pattern) : [pattern, ...write(name)];
  return [...start, ...write(value)];
}

export function pairsOf({ names, values }: { names: readonly string[]; values: readonly string[] }): Pair[] {
  return names.map((name, index) => [name, values[index] ?? '']);
}

/** What is in a decoder's dynamic table, the newest first; asked for without changing it. */
export function tableOf(decoder: HpackDecoder): Pair[] {
  const table: Pair[] = [];
  try {
    for (let index = 62; ; index++) table.push(...pairsOf(decoder.decode(Buffer.from(indexed(index)))));
  } catch (error) {
    if (!(error instanceof HpackError)) throw error;
  }
  return table;
}

/** RFC 7541 read aloud: bits as text, a table that is shifted, nothing remembered but the table. Lists are not cut. */
export class PlainDecoder {
  #table: Pair[] = [];
  #tableBytes = 4096;
  #rest: number[] = [];

  constructor(readonly maxTableBytes: number) {}

  decode(block: Uint8Array): Pair[] {
    this.#rest = [...block];
    for (let count = 0; ((this.#rest[0] ?? 0) & 0xe0) === 0x20; count++) {
      this.#tableBytes = this.#integer(5);
      if (count === 2 || this.#tableBytes > this.maxTableBytes) throw new HpackError('size update');
      this.#evict();
    }
    const fields: Pair[] = [];
    while (this.#rest.length > 0) fields.push(this.#field());
    return fields;
  }

  #field(): Pair {
    const first = this.#rest[0] ?? 0;
    if (first & 0x80) return this.#entry(this.#integer(7));
    if ((first & 0xe0) === 0x20) throw new HpackError('late size update');
    const index = this.#integer(first & 0x40 ? 6 : 4);
    const field: Pair = [index === 0 ? this.#string() : this.#entry(index)[0], this.#string()];
    if (first & 0x40) {
      this.#table.unshift(field);
      this.#evict();
    }
    return field;
  }

  #entry(index: number): Pair {
    const entry: Pair | undefined = index < 62 ? [STATIC_NAMES[index] ?? '', STATIC_VALUES[index] ?? ''] : this.#table[index - 62];
    if (index === 0 || entry === undefined) throw new HpackError('index');
    return entry;
  }

  #evict(): void {
    const bytes = () => this.#table.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
    while (bytes() > this.#tableBytes) this.#table.pop();
  }

  #byte(): number {
    const byte = this.#rest.shift();
    if (byte === undefined) throw new HpackError('end');
    return byte;
  }

  #integer(bits: number): number {
    const mask = 2 ** bits - 1;
    const prefix = this.#byte() & mask;
    if (prefix < mask) return prefix;
    let value = 0;
    for (let count = 0; count < 5; count++) {
      const byte = this.#byte();
      value += (byte % 128) * 128 ** count;
      if (byte < 128 && value < 2 ** 31) return value + mask;
    }
    throw new HpackError('integer');
  }

  #string(): string {
    const isHuffman = (this.#rest[0] ?? 0) >= 128;
    const length = this.#integer(7);
    if (length > this.#rest.length) throw new HpackError('string');
    const bytes = Buffer.from(this.#rest.splice(0, length));
    return isHuffman ? huffmanText(bytes) : bytes.toString('latin1');
  }
}

function huffmanText(bytes: Buffer): string {
  let code = '';
  let text = '';
  for (const bit of Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')) {
    code += bit;
    const symbol = SYMBOLS.get(code);
    if (symbol === undefined) continue;
    if (symbol === EOS) throw new HpackError('EOS');
    text += String.fromCharCode(symbol);
    code = '';
  }
  if (!/^1{0,7}$/.test(code)) throw new HpackError('padding');
  return text;
}
