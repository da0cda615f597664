/** Operators that look along axes: sums, means, softmax, sorting. None of these axes may be the batch's. */
import { constant, type Dim, ONE } from '../dim.js';
import { known, type NodeContext, normalAxis, numbersToDims, refuse, sized } from '../node-context.js';
import { newRows, newShared, type Rows, type Shared, type Value } from '../value.js';
import { forAll, type TransferTable } from './transfer.js';

// biome-ignore format: a list to be scanned, not read
const REDUCE = ['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSum', 'ReduceSumSquare'];

export const REDUCTION: TransferTable = {
  ...forAll(REDUCE, reduce),
  ...forAll(['ArgMax', 'ArgMin'], (c) => [without(c.data(0), [c.int('axis', 0)], c.int('keepdims', 1) === 1)]),
  ...forAll(['Softmax', 'LogSoftmax', 'Hardmax'], softmax),
  ...forAll(['LayerNormalization', 'RMSNormalization', 'SimplifiedLayerNormalization'], layerNorm),
  LpNormalization: (c) => [awayFrom(c.data(0), [c.int('axis', -1)])],
  MeanVarianceNormalization: (c) => [awayFrom(c.data(0), c.intList('axes') ?? [0, 2, 3])],
  CumSum: cumSum,
  TopK: topK,
};

/** Same shape; refused when one of the axes is the batch's. */
export function awayFrom(data: Shared | Rows, axes: readonly number[]): Shared | Rows {
  if (data.kind === 'shared') return newShared(data.shape);
  for (const axis of axes) if (normalAxis(axis, data.shape.length) === data.rows.axis) refuse(`computes along the batch axis ${data.rows.axis}`);
  return newRows(data.shape, data.rows);
}

function without(data: Shared | Rows, axes: readonly number[], keep: boolean): Shared | Rows {
  if (data.shape === undefined) return newShared(undefined);
  const shape = data.shape;
  awayFrom(data, axes);
  const gone = new Set(axes.map((axis) => normalAxis(axis, shape.length)));
  const left = shape.flatMap((dim, axis) => (gone.has(axis) ? (keep ? [ONE] : []) : [dim]));
  if (data.kind === 'shared') return newShared(left);
  const before = keep ? 0 : [...gone].filter((axis) => axis < data.rows.axis).length;
  return newRows(left, { axis: data.rows.axis - before, block: data.rows.block });
}

/** No axes means all of them, unless the node says that it means none. */
function reduce(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  if (data.shape === undefined) return [newShared(undefined)];
  const axes = c.axes('axes', 1, data.shape.length);
  if (axes === undefined || axes.length === 0) {
    if (c.int('noop_with_empty_axes', 0) === 1) return [data.kind === 'rows' ? newRows(data.shape, data.rows) : newShared(data.shape)];
    if (data.kind === 'rows') refuse(`reduces over all axes, the batch axis ${data.rows.axis} among them`);
    return [newShared(undefined)];
  }
  return [without(data, axes, c.int('keepdims', 1) === 1)];
}

/** Before opset 13 all dimensions from `axis` on are one: the batch must lie before it. */
function softmax(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  if (data.kind === 'shared') return [newShared(data.shape)];
  if (c.opset >= 13) return [awayFrom(data, [c.int('axis', -1)])];
  const axis = normalAxis(c.int('axis', 1), data.shape.length);
  return [fromAxisOn(data, axis)];
}

function fromAxisOn(data: Rows, axis: number): Rows {
  if (data.rows.axis >= axis) refuse(`computes over all axes from ${axis} on, the batch axis ${data.rows.axis} among them`);
  return newRows(data.shape, data.rows);
}

/** Scale and bias are broadcast to x and never the other way round. */
export function layerNorm(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  for (const index of [1, 2]) if (c.has(index)) c.shared(index);
  if (data.kind === 'shared') return [newShared(data.shape)];
  const axis = normalAxis(c.int('axis', -1), data.shape.length);
  const normal = fromAxisOn(data, axis);
  const statistics = newRows(
    data.shape.map((dim, at) => (at < axis ? dim : ONE)),
    data.rows,
  );
  return [normal, statistics, statistics];
}

function cumSum(c: NodeContext): readonly Value[] {
  const axis = c.numbers(1)?.[0] ?? refuse('has an axis that is not known before the run');
  return [awayFrom(c.data(0), [axis])];
}

/** k is an attribute before opset 10. */
function topK(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  const shape = sized(data);
  const axis = normalAxis(c.int('axis', -1), shape.length);
  awayFrom(data, [axis]);
  const k: Dim = c.has(1) ? known(c.sizes(1)?.[0]) : (numbersToDims([c.int('k', 1)])[0] ?? constant(1));
  const kept = shape.map((dim, at) => (at === axis ? k : dim));
  const top = data.kind === 'rows' ? newRows(kept, data.rows) : newShared(kept);
  return [top, top];
}
