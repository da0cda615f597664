/** Shape arithmetic on more than one axis: exporters write the pads of a Pad as a matrix, reverse it and lay it flat again. */
import { constant, type Dim, numberOf } from './dim.js';
import type { NodeContext } from './node-context.js';
import { newElements, type Shared, type Sizes, type Value } from './value.js';

type Folded = Shared | Sizes | undefined;

/** Elements with numbers for dimensions. */
interface Grid {
  readonly shape: readonly number[];
  readonly elements: readonly Dim[];
  readonly elemType: number | undefined;
}

function gridOf(value: Value | undefined): Grid | undefined {
  if (value === undefined || value.kind === 'bad' || value.kind === 'rows' || value.elements === undefined) return undefined;
  const shape = (value.shape ?? []).map(numberOf);
  return shape.every((dim) => dim !== undefined) ? { shape, elements: value.elements, elemType: value.elemType } : undefined;
}

/** Picks, for each place of the new shape, the element at a place of the old one. */
function rearrange(grid: Grid, shape: readonly number[], place: (at: readonly number[]) => readonly number[]): Folded {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const elements = Array.from({ length: count }, (_, index) => {
    const from = place(unravel(index, shape)).reduce((offset, at, axis) => offset * (grid.shape[axis] ?? 1) + at, 0);
    return grid.elements[from];
  });
  return elements.every((dim) => dim !== undefined) ? newElements(shape.map(constant), elements, grid.elemType) : undefined;
}

function unravel(index: number, shape: readonly number[]): readonly number[] {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, dim) => product * dim, 1));
  return shape.map((dim, axis) => Math.floor(index / (strides[axis] ?? 1)) % dim);
}

export function foldReshape(c: NodeContext): Folded {
  const grid = gridOf(c.inputs[0]);
  const wanted = c.numbers(1);
  if (grid === undefined || wanted === undefined || wanted.includes(0)) return undefined;
  const others = wanted.filter((dim) => dim !== -1).reduce((product, dim) => product * dim, 1);
  const shape = wanted.map((dim) => (dim === -1 ? grid.elements.length / others : dim));
  const fits = shape.every((dim) => Number.isInteger(dim) && dim >= 0) && shape.reduce((product, dim) => product * dim, 1) === grid.elements.length;
  return fits ? newElements(shape.map(constant), grid.elements, grid.elemType) : undefined;
}

export function foldTranspose(c: NodeContext): Folded {
  const grid = gridOf(c.inputs[0]);
  if (grid === undefined) return undefined;
  const order = c.intList('perm') ?? grid.shape.map((_, axis) => grid.shape.length - 1 - axis);
  const shape = order.map((axis) => grid.shape[axis] ?? 0);
  return rearrange(grid, shape, (at) => grid.shape.map((_, axis) => at[order.indexOf(axis)] ?? 0));
}

export function foldSlice(c: NodeContext): Folded {
  const grid = gridOf(c.inputs[0]);
  const starts = c.numbers(1) ?? c.intList('starts');
  const ends = c.numbers(2) ?? c.intList('ends');
  if (grid === undefined || starts === undefined || ends === undefined) return undefined;
  const axes = c.axes('axes', 3, grid.shape.length) ?? starts.map((_, at) => at);
  const steps = c.has(4) ? c.numbers(4) : starts.map(() => 1);
  if (steps === undefined || steps.includes(0)) return undefined;
  const picked = grid.shape.map((dim, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? range(0, dim, 1) : range(...bounds(dim, starts[at] ?? 0, ends[at] ?? 0, steps[at] ?? 1), steps[at] ?? 1);
  });
  return rearrange(
    grid,
    picked.map(({ length }) => length),
    (at) => at.map((index, axis) => picked[axis]?.[index] ?? 0),
  );
}

function bounds(dim: number, start: number, end: number, step: number): [number, number] {
  const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
  const clamp = (value: number, least: number) => Math.min(Math.max(value < 0 ? value + dim : value, least), high);
  return [clamp(start, 0), clamp(end, low)];
}

function range(start: number, end: number, step: number): readonly number[] {
  return Array.from({ length: Math.max(0, Math.ceil((end - start) / step)) }, (_, index) => start + index * step);
}
