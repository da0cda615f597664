/** Einsum: the batch has one letter, in every operand with rows and in the result, and in no operand without rows. */
import { type Dim, ONE, sameDim } from '../dim.js';
import { type NodeContext, refuse, sized } from '../node-context.js';
import { newRows, newShared, type Value } from '../value.js';
import type { TransferTable } from './transfer.js';

export const EINSUM: TransferTable = { Einsum: einsum };

function einsum(c: NodeContext): readonly Value[] {
  const values = c.inputs.map((_, index) => c.data(index));
  if (values.every((value) => value.kind === 'shared')) return [newShared(undefined)];
  const [left = '', right] = c.text('equation', '').replaceAll(' ', '').split('->');
  if (right === undefined || left.includes('.')) return refuse('has an equation with "..." or without "->"');
  const operands = left.split(',');
  const sizes = new Map<string, Dim>();
  const [rows, ...others] = values.filter((value) => value.kind === 'rows').map(({ rows: at }) => at);
  if (rows === undefined || others.some((other) => !sameDim(other.block, rows.block))) return refuse('meets rows of different lengths');
  const letters = new Set(
    values.map((value, index) => (value.kind === 'rows' ? operands[index]?.[value.rows.axis] : undefined)).filter((letter) => letter !== undefined),
  );
  const [letter] = letters;
  if (letter === undefined || letters.size !== 1) return refuse('gives the batch different letters');
  values.forEach((value, index) => {
    const word = operands[index] ?? '';
    if (word.length !== sized(value).length) refuse('has an operand whose rank is not that of the equation');
    if (word.split(letter).length - 1 !== (value.kind === 'rows' ? 1 : 0)) refuse('uses the letter of the batch elsewhere too');
    [...word].forEach((name, axis) => {
      sizes.set(name, sized(value)[axis] ?? ONE);
    });
  });
  const axis = right.indexOf(letter);
  if (axis < 0) return refuse('sums over the batch');
  return [
    newRows(
      [...right].map((name) => sizes.get(name) ?? ONE),
      { axis, block: rows.block },
    ),
  ];
}
