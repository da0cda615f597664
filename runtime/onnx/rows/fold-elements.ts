/**
 * Arithmetic on shapes: Shape, Gather, Concat, Mul and their like over small tensors of whole numbers, with B as a symbol. Exporters
 * compute the target of a Reshape this way. Each function gives the elements, or undefined where it cannot follow them.
 */
import { ELEM } from '../onnx-model.js';
import { add, compare, constant, type Dim, divideExactly, isNumber, multiply, multiplyAll, negate, numberOf, ONE, subtract } from './dim.js';
import { foldReshape, foldSlice, foldTranspose } from './fold-arrange.js';
import type { NodeContext } from './node-context.js';
import { newElements, type Shared, type Sizes, type Value } from './value.js';

type Folded = Shared | Sizes | undefined;
const MAX_ELEMENTS = 64;

export function foldElements(context: NodeContext): Folded {
  const { domain, opType } = context.node;
  return domain === '' ? FOLDS[opType]?.(context) : undefined;
}

const FOLDS: Readonly<Record<string, (context: NodeContext) => Folded>> = {
  Shape: foldShape,
  Size: (c) => {
    const count = shapeOf(c.any(0)) && multiplyAll(shapeOf(c.any(0)) ?? []);
    return count && newElements([], [count], ELEM.INT64);
  },
  Identity: (c) => reshaped(c, (shape) => shape),
  Squeeze: foldSqueeze,
  Unsqueeze: foldUnsqueeze,
  Reshape: foldReshape,
  Transpose: foldTranspose,
  Cast: foldCast,
  Floor: (c) => reshaped(c, (shape) => shape),
  Ceil: (c) => reshaped(c, (shape) => shape),
  Gather: foldGather,
  Concat: foldConcat,
  Slice: foldSlice,
  Neg: (c) => elementwise(c, 1, ([a]) => a && negate(a)),
  Add: (c) => elementwise(c, 2, ([a, b]) => a && b && add(a, b)),
  Sub: (c) => elementwise(c, 2, ([a, b]) => a && b && subtract(a, b)),
  Mul: (c) => elementwise(c, 2, ([a, b]) => a && b && multiply(a, b)),
  Div: (c) => elementwise(c, 2, ([a, b]) => a && b && divide(c, a, b)),
  Min: (c) => elementwise(c, c.inputs.length, (parts) => extreme(parts, -1)),
  Max: (c) => elementwise(c, c.inputs.length, (parts) => extreme(parts, 1)),
  Equal: (c) => compared(c, (order) => order === 0),
  Less: (c) => compared(c, (order) => order === -1),
  Greater: (c) => compared(c, (order) => order === 1),
  LessOrEqual: (c) => compared(c, (order) => order !== 1),
  GreaterOrEqual: (c) => compared(c, (order) => order !== -1),
  Not: (c) => truth(c, 1, ([a]) => (a === undefined ? undefined : !a)),
  And: (c) => truth(c, 2, ([a, b]) => (a === false || b === false ? false : a === undefined || b === undefined ? undefined : true)),
  Or: (c) => truth(c, 2, ([a, b]) => (a === true || b === true ? true : a === undefined || b === undefined ? undefined : false)),
  Where: (c) => elementwise(c, 3, ([test, a, b]) => (truthOf(test) === undefined ? undefined : truthOf(test) ? a : b), c.inputs[1]),
  ConstantOfShape: foldConstantOfShape,
  Range: foldRange,
  ReduceProd: (c) => reduced(c, (all) => multiplyAll(all)),
  ReduceSum: (c) => reduced(c, (all) => all.reduce<Dim | undefined>((sum, dim) => sum && add(sum, dim), constant(0))),
};

function shapeOf(value: Value | undefined): readonly Dim[] | undefined {
  return value === undefined || value.kind === 'bad' ? undefined : value.shape;
}

function elementsOf(value: Value | undefined): readonly Dim[] | undefined {
  return value === undefined || value.kind === 'bad' || value.kind === 'rows' ? undefined : value.elements;
}

function typeOf(value: Value | undefined): number | undefined {
  return value === undefined || value.kind === 'bad' ? undefined : value.elemType;
}

function foldShape(c: NodeContext): Folded {
  const shape = shapeOf(c.any(0));
  if (shape === undefined) return undefined;
  const clamp = (axis: number) => Math.min(Math.max(axis < 0 ? axis + shape.length : axis, 0), shape.length);
  const part = shape.slice(clamp(c.int('start', 0)), clamp(c.int('end', shape.length)));
  return newElements([constant(part.length)], part, ELEM.INT64);
}

/** The same elements in another shape. */
function reshaped(c: NodeContext, to: (shape: readonly Dim[], count: number) => readonly Dim[] | undefined): Folded {
  const elements = elementsOf(c.inputs[0]);
  const shape = to(shapeOf(c.inputs[0]) ?? [], elements?.length ?? 0);
  return elements && shape && newElements(shape, elements, typeOf(c.inputs[0]));
}

function foldSqueeze(c: NodeContext): Folded {
  return reshaped(c, (shape) => {
    const axes = c.axes('axes', 1, shape.length);
    return shape.filter((dim, axis) => (axes === undefined ? !isNumber(dim, 1) : !axes.includes(axis)));
  });
}

function foldUnsqueeze(c: NodeContext): Folded {
  return reshaped(c, (shape) => {
    const rank = shape.length + (c.numbers(1) ?? c.intList('axes') ?? []).length;
    const axes = c.axes('axes', 1, rank) ?? [];
    const rest = [...shape];
    return Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? ONE : (rest.shift() ?? ONE)));
  });
}

/** Types that hold every size there is; smaller ones would wrap or round. */
const WIDE = new Set<number>([ELEM.INT64, ELEM.INT32, ELEM.FLOAT, ELEM.DOUBLE]);

function foldCast(c: NodeContext): Folded {
  const elements = elementsOf(c.inputs[0]);
  const to = c.int('to', 0);
  if (to === ELEM.BOOL) return truth(c, 1, ([a]) => a);
  const fits = elements?.every((dim) => Math.abs(numberOf(dim) ?? 0) <= 2 ** 24 || to === ELEM.INT64);
  return elements && fits && WIDE.has(to) ? newElements(shapeOf(c.inputs[0]) ?? [], elements, to) : undefined;
}

function foldGather(c: NodeContext): Folded {
  const elements = elementsOf(c.inputs[0]);
  const indices = c.numbers(1);
  const shape = shapeOf(c.inputs[1]);
  if (elements === undefined || indices === undefined || shape === undefined || shapeOf(c.inputs[0])?.length !== 1) return undefined;
  const picked = indices.flatMap((index) => elements.at(index) ?? []);
  return picked.length === indices.length ? newElements(shape, picked, typeOf(c.inputs[0])) : undefined;
}

function foldConcat(c: NodeContext): Folded {
  if (c.inputs.some((value) => shapeOf(value)?.length !== 1)) return undefined;
  const parts = c.inputs.map((value) => (value === undefined ? undefined : c.elementsOf(value)));
  const whole = parts.flatMap((part) => part ?? []);
  if (parts.includes(undefined) || whole.length > MAX_ELEMENTS) return undefined;
  return newElements([constant(whole.length)], whole, typeOf(c.inputs[0]));
}

function elementwise(c: NodeContext, count: number, combine: (parts: readonly Dim[]) => Dim | undefined, typed?: Value): Folded {
  const inputs = c.inputs.slice(0, count).map(elementsOf);
  const length = Math.max(...inputs.map((part) => part?.length ?? 0));
  const shapes = c.inputs.slice(0, count).map(shapeOf);
  if (inputs.some((part) => part === undefined || (part.length !== length && part.length !== 1))) return undefined;
  if (shapes.some((shape) => shape === undefined || shape.length > 1)) return undefined;
  const combined = Array.from({ length }, (_, index) => combine(inputs.flatMap((part) => part?.[part.length === 1 ? 0 : index] ?? [])));
  if (combined.includes(undefined)) return undefined;
  const shape = shapes.find((one) => one?.length === 1) === undefined ? [] : [constant(length)];
  return newElements(
    shape,
    combined.flatMap((dim) => dim ?? []),
    typeOf(typed ?? c.inputs[0]),
  );
}

/** Whole numbers of integer type are truncated; a quotient that is not exact is followed no further when B is in it. */
function divide(c: NodeContext, a: Dim, b: Dim): Dim | undefined {
  const exact = divideExactly(a, b);
  const [x, y] = [numberOf(a), numberOf(b)];
  const type = typeOf(c.inputs[0]);
  if (exact !== undefined || x === undefined || y === undefined || y === 0) return exact;
  return type === ELEM.INT64 || type === ELEM.INT32 ? constant(Math.trunc(x / y)) : undefined;
}

function extreme(parts: readonly Dim[], wanted: 1 | -1): Dim | undefined {
  return parts.reduce<Dim | undefined>((best, part) => {
    const order = best && compare(part, best);
    if (order === undefined) return undefined;
    return order === wanted ? part : best;
  }, parts[0]);
}

function compared(c: NodeContext, holds: (order: -1 | 0 | 1) => boolean): Folded {
  const value = elementwise(c, 2, ([a, b]) => {
    const order = a && b && compare(a, b);
    return order === undefined ? undefined : constant(holds(order) ? 1 : 0);
  });
  return value && newElements(value.shape ?? [], value.elements ?? [], ELEM.BOOL);
}

function truthOf(dim: Dim | undefined): boolean | undefined {
  const order = dim && compare(dim, constant(0));
  return order === undefined ? undefined : order !== 0;
}

function truth(c: NodeContext, count: number, combine: (parts: readonly (boolean | undefined)[]) => boolean | undefined): Folded {
  const value = elementwise(c, count, (parts) => {
    const result = combine(parts.map(truthOf));
    return result === undefined ? undefined : constant(result ? 1 : 0);
  });
  return value && newElements(value.shape ?? [], value.elements ?? [], ELEM.BOOL);
}

function foldConstantOfShape(c: NodeContext): Folded {
  const shape = c.numbers(0);
  const count = shape?.reduce((product, dim) => product * dim, 1) ?? MAX_ELEMENTS + 1;
  const value = c.node.attributes.get('value')?.tensor;
  const fill = value === undefined ? 0 : Number(value.values?.[0] ?? Number.NaN);
  if (shape === undefined || count > MAX_ELEMENTS || !Number.isInteger(fill) || Math.abs(fill) > 2 ** 24) return undefined;
  return newElements(
    shape.map(constant),
    Array.from({ length: count }, () => constant(fill)),
    value?.dataType ?? ELEM.FLOAT,
  );
}

function foldRange(c: NodeContext): Folded {
  const [start, limit, step] = [c.numbers(0)?.[0], c.numbers(1)?.[0], c.numbers(2)?.[0]];
  if (start === undefined || limit === undefined || step === undefined || step === 0) return undefined;
  const length = Math.max(0, Math.ceil((limit - start) / step));
  if (length > MAX_ELEMENTS) return undefined;
  return newElements(
    [constant(length)],
    Array.from({ length }, (_, index) => constant(start + index * step)),
    typeOf(c.inputs[0]),
  );
}

function reduced(c: NodeContext, combine: (all: readonly Dim[]) => Dim | undefined): Folded {
  const elements = elementsOf(c.inputs[0]);
  if (elements === undefined || shapeOf(c.inputs[0])?.length !== 1) return undefined;
  const axes = c.axes('axes', 1, 1);
  if (axes?.length === 0 || (axes === undefined && c.int('noop_with_empty_axes', 0) === 1)) return undefined;
  const result = combine(elements);
  return result && newElements(c.int('keepdims', 1) === 1 ? [ONE] : [], [result], typeOf(c.inputs[0]));
}
