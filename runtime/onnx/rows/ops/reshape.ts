/**
 * Operators that keep the row-major order of elements. Rows stay apart when the sizes before the row axis have the same product as
 * before: then row b still is the b-th of B equal runs in each of these outer steps.
 *
 * `[B, T, 384] → [B, T, 12, 32]`: outer 1 = 1, B = B·1. `[B, T, 384] → [B·T, 384]`: block T. `[B, 4] → [2, -1]`: refused.
 */
import { constant, type Dim, divideExactly, hasRows, isNumber, multiplyAll, ONE, sameDim } from '../dim.js';
import { known, type NodeContext, normalAxis, refuse, rowFree, sized } from '../node-context.js';
import { blockOf, newRows, newShared, type Rows, type Shared, type Value } from '../value.js';
import type { TransferTable } from './transfer.js';

export const RESHAPE: TransferTable = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
};

function reshape(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  const wanted = c.has(1) ? c.sizes(1) : c.intList('shape')?.map(constant);
  if (wanted === undefined) return refuse('has no target shape');
  const copiesZero = c.int('allowzero', 0) === 0;
  if (data.kind === 'shared') return [newShared(sharedShape(c, data, wanted, copiesZero))];
  const target = wanted.map((dim, axis) => (copiesZero && isNumber(dim, 0) ? (data.shape[axis] ?? ONE) : dim));
  return [toShape(c, data, target)];
}

/** -1 becomes what is left; unknown numbers can be -1 or 0 too and become unknown sizes. */
function sharedShape(c: NodeContext, data: Shared, wanted: readonly Dim[], copiesZero: boolean): readonly Dim[] {
  if (wanted.some(hasRows)) refuse('gives a shape that depends on the number of rows to a value that does not');
  const total = data.shape && multiplyAll(data.shape);
  const copied = wanted.map((dim, axis) => (copiesZero && isNumber(dim, 0) ? (data.shape?.[axis] ?? c.symbols.unknown()) : dim));
  const others = multiplyAll(copied.filter((dim) => !isNumber(dim, -1)));
  const inferred = total && others && !copied.some(isUncertain) ? divideExactly(total, others) : undefined;
  return copied.map((dim) => (isNumber(dim, -1) ? (inferred ?? c.symbols.unknown()) : isUncertain(dim) ? c.symbols.unknown() : dim));
}

/** It may be negative, so it may stand for -1. */
function isUncertain(dim: Dim): boolean {
  return [...dim].some(([term, coefficient]) => term.includes('~') || (coefficient < 0 && !isNumber(dim, -1)));
}

/** target: sizes, at most one of them -1. */
export function toShape(c: NodeContext, data: Rows, target: readonly Dim[]): Rows {
  const outer = multiplyAll(data.shape.slice(0, data.rows.axis));
  const total = multiplyAll(data.shape);
  if (outer === undefined || total === undefined) return refuse('has dimensions that cannot be followed');
  const others = multiplyAll(target.filter((dim) => !isNumber(dim, -1)));
  const inferred = others && divideExactly(total, others);
  const sizes = target.map((dim) => (isNumber(dim, -1) ? (inferred ?? dim) : dim));
  const axis = sizes.findIndex((dim, at) => hasRows(dim) && isSameProduct(sizes.slice(0, at), outer));
  const block = axis < 0 ? undefined : blockOf(sizes[axis] ?? ONE);
  if (block === undefined) return refuse('reshapes rows into each other, or to a shape that cannot be followed');
  if (sizes.slice(0, axis + 1).some(isUncertain)) refuse('reshapes to a shape that is not known before the run');
  const shape = sizes.map((dim, at) => (at === axis ? dim : isUncertain(dim) || isNumber(dim, -1) ? c.symbols.unknown() : rowFree(dim)));
  return newRows(shape, { axis, block });
}

function isSameProduct(dims: readonly Dim[], outer: Dim): boolean {
  const product = multiplyAll(dims);
  return product !== undefined && sameDim(product, outer);
}

function flatten(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  const shape = sized(data);
  const axis = normalAxis(c.int('axis', 1), shape.length);
  const flat = [known(multiplyAll(shape.slice(0, axis))), known(multiplyAll(shape.slice(axis)))];
  return [data.kind === 'rows' ? toShape(c, data, flat) : newShared(flat)];
}

/** Without axes, every dimension of size 1 goes, and a batch can have one row. */
function squeeze(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  const shape = sized(data);
  const axes = c.axes('axes', 1, shape.length);
  if (data.kind === 'shared') {
    if (axes === undefined)
      return [
        newShared(shape.every((dim) => dim.size <= 1 && (dim.size === 0 || dim.has(''))) ? shape.filter((dim) => !isNumber(dim, 1)) : undefined),
      ];
    return [newShared(shape.filter((_, axis) => !axes.includes(axis)))];
  }
  if (axes === undefined) return refuse('drops every dimension of size 1, which the batch axis has for one row: give it axes');
  if (axes.includes(data.rows.axis)) return refuse(`drops the batch axis ${data.rows.axis}`);
  const before = axes.filter((axis) => axis < data.rows.axis).length;
  return [
    newRows(
      shape.filter((_, axis) => !axes.includes(axis)),
      { axis: data.rows.axis - before, block: data.rows.block },
    ),
  ];
}

function unsqueeze(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  const rest = [...sized(data)];
  const count = (c.has(1) ? c.numbers(1) : c.intList('axes'))?.length ?? refuse('has axes that are not known before the run');
  const rank = rest.length + count;
  const axes = c.axes('axes', 1, rank) ?? [];
  const from = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
  const shape = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? ONE : (rest.shift() ?? ONE)));
  if (data.kind === 'shared') return [newShared(shape)];
  return [newRows(shape, { axis: from[data.rows.axis] ?? refuse('has axes out of range'), block: data.rows.block })];
}
