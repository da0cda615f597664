/**
 * What the proof knows of one value, for every number of rows at once:
 * - `shared`: does not depend on the rows at all, neither on their contents nor on their number;
 * - `rows`: one axis is a row of equal blocks, block b depends on row b alone; nothing else depends on the rows' number;
 * - `sizes`: a small tensor of whole numbers that depends on the number of rows in a known way (what Shape gives);
 * - `bad`: rows mix, or nobody can tell; `why` names the first operator where that began.
 */
import { type Dim, divideExactly, hasRows, multiply, ROW_COUNT, sameDim } from './dim.js';

export interface Refused {
  readonly why: string;
  readonly node: string;
  readonly op: string;
}

/** Where the rows lie: dimension `axis` is B·block, and row b owns indices [b·block, (b+1)·block). */
export interface RowAxis {
  readonly axis: number;
  readonly block: Dim;
}

export interface Shared {
  readonly kind: 'shared';
  /** undefined: not even the rank is known. */
  readonly shape: readonly Dim[] | undefined;
  readonly elemType: number | undefined;
  /** Elements in row-major order, when they are few and whole numbers. Free of B. */
  readonly elements: readonly Dim[] | undefined;
}

export interface Sizes {
  readonly kind: 'sizes';
  readonly shape: readonly Dim[];
  readonly elemType: number | undefined;
  readonly elements: readonly Dim[];
}

export interface Rows {
  readonly kind: 'rows';
  readonly shape: readonly Dim[];
  readonly elemType: number | undefined;
  readonly rows: RowAxis;
}

export interface Bad {
  readonly kind: 'bad';
  readonly refused: Refused;
}

export type Value = Shared | Sizes | Rows | Bad;

export const UNKNOWN: Shared = { kind: 'shared', shape: undefined, elemType: undefined, elements: undefined };

export function newShared(shape: readonly Dim[] | undefined, elemType?: number): Shared {
  return { kind: 'shared', shape, elemType, elements: undefined };
}

export function newRows(shape: readonly Dim[], rows: RowAxis, elemType?: number): Rows {
  return { kind: 'rows', shape, rows, elemType };
}

/** Shared or sizes, as the elements say. */
export function newElements(shape: readonly Dim[], elements: readonly Dim[], elemType: number | undefined): Shared | Sizes {
  return { kind: elements.some(hasRows) ? 'sizes' : 'shared', shape, elemType, elements };
}

/** The block when dim is B·block with a block free of B. */
export function blockOf(dim: Dim): Dim | undefined {
  const block = divideExactly(dim, ROW_COUNT);
  return block === undefined || block.size === 0 || hasRows(block) ? undefined : block;
}

/** A value of this shape in which each row's block depends on its row alone; undefined unless exactly one axis is B·block. */
export function rowAxisOf(shape: readonly Dim[]): RowAxis | undefined {
  const axes = shape.flatMap((dim, axis) => (hasRows(dim) ? [axis] : []));
  const [axis] = axes;
  const block = axis === undefined ? undefined : blockOf(shape[axis] ?? new Map());
  return axis === undefined || axes.length > 1 || block === undefined ? undefined : { axis, block };
}

/** The invariant that every transfer function must keep: B stands on the row axis and nowhere else. */
export function isSound(value: Value): boolean {
  if (value.kind === 'bad') return true;
  if (value.kind !== 'rows') return !(value.shape ?? []).some(hasRows) && (value.kind === 'sizes' || !(value.elements ?? []).some(hasRows));
  const whole = multiply(ROW_COUNT, value.rows.block);
  return value.shape.every((dim, axis) => (axis === value.rows.axis ? whole !== undefined && sameDim(dim, whole) : !hasRows(dim)));
}
