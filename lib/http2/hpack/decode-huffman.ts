/** Strings in Huffman's code (RFC 7541 5.2). */
import type { Buffer } from 'node:buffer';
import { HpackError } from './hpack-error.js';
import { HAS_SYMBOL_SHIFT, HUFFMAN_STEPS, LAST_END_ROW, REFUSED_ROW, ROW_MASK, SYMBOL_SHIFT } from './huffman-automaton.js';

/** Of the shortest code. */
const MIN_CODE_BITS = 5;

/** Decoded bytes that `bytes` of code can stand for at most, and one that decodeHuffman may write behind them. */
export function huffmanRoom(bytes: number): number {
  return Math.floor((bytes * 8) / MIN_CODE_BITS) + 1;
}

/** Decodes block[start, end) into `target`, which has huffmanRoom for it; returns how many bytes there are. */
export function decodeHuffman(block: Buffer, start: number, end: number, target: Buffer): number {
  let row = 0;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = block[at] ?? 0;
    // without a branch: what is no symbol is overwritten by the next
    const high = HUFFMAN_STEPS[row | (byte >>> 4)] ?? 0;
    target[length] = high >>> SYMBOL_SHIFT;
    length += (high >>> HAS_SYMBOL_SHIFT) & 1;
    const low = HUFFMAN_STEPS[(high & ROW_MASK) | (byte & 15)] ?? 0;
    target[length] = low >>> SYMBOL_SHIFT;
    length += (low >>> HAS_SYMBOL_SHIFT) & 1;
    row = low & ROW_MASK;
  }
  if (row === REFUSED_ROW) throw new HpackError('a string contains the Huffman code of EOS');
  if (row > LAST_END_ROW) throw new HpackError('a string in Huffman code does not end in at most 7 bits that are all ones');
  return length;
}
