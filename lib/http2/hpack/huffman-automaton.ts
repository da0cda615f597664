/**
 * Huffman's tree as an automaton that takes four bits a step. A state is an inner node of the tree: what the bits since the last
 * symbol say. The nodes on the path of ones come first, numbered by their depth, so that a string may end in states 0 to 7 and in
 * no other: padding is at most seven bits, all ones (RFC 7541 5.2).
 *
 * A step gives a symbol or none, since no code is shorter than five bits. Its entry holds the row of the next state in bits 0 to 12,
 * whether there is a symbol in bit 13, and the symbol from bit 16 on.
 */
import { EOS, huffmanCodes } from './huffman-code.js';

const STEP_BITS = 4;
const NODES = 256;
/** Reached by the code of EOS, and never left. */
const REFUSED = NODES;

export const ROW_MASK = 0x1fff;
export const HAS_SYMBOL_SHIFT = 13;
export const SYMBOL_SHIFT = 16;
export const REFUSED_ROW = REFUSED << STEP_BITS;
/** Of the states in which a string may end, the last. */
export const LAST_END_ROW = 7 << STEP_BITS;

/** By row + the next four bits. 16 KiB. */
export const HUFFMAN_STEPS = buildSteps(buildTree());

/** At 2 × node + bit: the child node, or -1 - symbol. */
function buildTree(): Int16Array {
  const tree = new Int16Array(2 * NODES);
  const codes = huffmanCodes();
  let nodes = 1;
  // EOS is the last, and the longest path of ones
  for (const { symbol, code, bits } of codes.reverse()) {
    let node = 0;
    for (let bit = bits - 1; bit > 0; bit--) {
      const edge = 2 * node + ((code >>> bit) & 1);
      if (tree[edge] === 0) tree[edge] = nodes++;
      node = tree[edge] ?? 0;
    }
    tree[2 * node + (code & 1)] = -1 - symbol;
  }
  return tree;
}

function buildSteps(tree: Int16Array): Int32Array {
  const steps = new Int32Array((NODES + 1) << STEP_BITS).fill(REFUSED_ROW);
  for (let row = 0; row < REFUSED_ROW; row++) steps[row] = stepOf(tree, row >>> STEP_BITS, row & ((1 << STEP_BITS) - 1));
  return steps;
}

function stepOf(tree: Int16Array, start: number, bits: number): number {
  let node = start;
  let found = 0;
  for (let bit = STEP_BITS - 1; bit >= 0; bit--) {
    node = tree[2 * node + ((bits >>> bit) & 1)] ?? 0;
    if (node >= 0) continue;
    const symbol = -1 - node;
    if (symbol === EOS) return REFUSED_ROW;
    found = (symbol << SYMBOL_SHIFT) | (1 << HAS_SYMBOL_SHIFT);
    node = 0;
  }
  return found | (node << STEP_BITS);
}
