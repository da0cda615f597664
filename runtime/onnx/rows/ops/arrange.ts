/** Operators that move, cut, join, repeat or make elements, axis by axis. */
import { add, constant, type Dim, hasRows, isNumber, multiply, numberOf, ONE, ROW_COUNT, sameDim } from '../dim.js';
import { known, type NodeContext, normalAxis, refuse, rowFree, sized } from '../node-context.js';
import { isWholeSlice } from '../symbols.js';
import { newRows, newShared, type Rows, rowAxisOf, type Shared, type Value } from '../value.js';
import { broadcastAll } from './broadcast.js';
import type { TransferTable } from './transfer.js';

export const ARRANGE: TransferTable = {
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Tile: tile,
  Expand: expand,
  ConstantOfShape: constantOfShape,
  Range: range,
  Resize: resize,
  Upsample: resize,
  Trilu: trilu,
};

function transpose(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  if (data.shape === undefined) return [newShared(undefined)];
  const shape = data.shape;
  const order = c.intList('perm') ?? shape.map((_, axis) => shape.length - 1 - axis);
  const moved = order.map((axis) => shape[axis] ?? refuse(`has ${axis} in perm for ${shape.length} dimensions`));
  if (data.kind === 'shared') return [newShared(moved)];
  return [newRows(moved, { axis: order.indexOf(data.rows.axis), block: data.rows.block })];
}

/** All parts have the rows on the same axis, and are joined along another. */
function concat(c: NodeContext): readonly Value[] {
  const values = c.inputs.map((_, index) => c.data(index));
  if (values.every((value) => value.kind === 'shared') && values.some((value) => value.shape === undefined)) return [newShared(undefined)];
  const [first] = values;
  if (first === undefined) return refuse('has no input');
  const axis = normalAxis(c.int('axis', c.opset < 4 ? 1 : 0), sized(first).length);
  const whole = values.map((value) => sized(value)[axis] ?? ONE).reduce((a, b) => known(add(a, b)));
  const shape = sized(first).map((dim, at) => (at === axis ? whole : dim));
  const rows = values.find((value) => value.kind === 'rows');
  if (rows === undefined) return [newShared(shape)];
  for (const value of values) {
    if (value.kind !== 'rows') refuse('joins rows with a value that all rows share');
    else if (value.rows.axis !== rows.rows.axis || !sameDim(value.rows.block, rows.rows.block)) refuse('joins rows on different axes');
  }
  if (axis === rows.rows.axis) refuse(`joins along the batch axis ${axis}`);
  return [
    newRows(
      shape.map((dim, at) => (at === rows.rows.axis ? (rows.shape[at] ?? dim) : dim)),
      rows.rows,
    ),
  ];
}

function split(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  const shape = sized(data);
  const axis = normalAxis(c.int('axis', 0), shape.length);
  if (data.kind === 'rows' && axis === data.rows.axis) refuse(`splits the batch axis ${axis}`);
  const sizes = c.has(1) ? c.sizes(1) : c.intList('split')?.map(constant);
  const count = c.node.outputs.length;
  const whole = numberOf(shape[axis] ?? ONE);
  return Array.from({ length: count }, (_, part) => {
    const even = whole !== undefined && whole % count === 0 ? constant(whole / count) : c.symbols.unknown();
    const dim = rowFree(sizes?.[part] ?? even);
    const cut = shape.map((old, at) => (at === axis ? dim : old));
    return data.kind === 'rows' ? newRows(cut, data.rows) : newShared(cut);
  });
}

/** Starts, ends, axes and steps are attributes before opset 10. The batch axis may only be taken whole. */
function slice(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  const shape = [...sized(data)];
  const starts = c.sizes(1) ?? c.intList('starts')?.map(constant) ?? refuse('has no starts');
  const ends = c.sizes(2) ?? c.intList('ends')?.map(constant) ?? refuse('has no ends');
  const axes = c.axes('axes', 3, shape.length) ?? starts.map((_, at) => at);
  const steps = c.sizes(4) ?? starts.map(() => ONE);
  axes.forEach((axis, at) => {
    const bounds = { start: starts[at] ?? constant(0), end: ends[at] ?? constant(0), step: steps[at] ?? ONE };
    const dim = shape[axis] ?? ONE;
    if (data.kind === 'rows' && axis === data.rows.axis) {
      if (!isWholeSlice(dim, bounds)) refuse(`cuts the batch axis ${axis}`);
    } else shape[axis] = known(c.symbols.slice(dim, bounds));
  });
  return [data.kind === 'rows' ? newRows(shape, data.rows) : newShared(shape)];
}

/** Pads are an attribute before opset 11; negative ones cut. */
function pad(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  const shape = sized(data);
  const pads = c.sizes(1) ?? (c.intList('pads') ?? c.intList('paddings'))?.map(constant) ?? refuse('has no pads');
  if (c.has(2)) c.shared(2);
  const axes = c.axes('axes', 3, shape.length) ?? shape.map((_, axis) => axis);
  const padded = [...shape];
  axes.forEach((axis, at) => {
    const [before, after] = [pads[at] ?? refuse('has too few pads'), pads[at + axes.length] ?? refuse('has too few pads')];
    if (data.kind !== 'rows' || axis !== data.rows.axis) padded[axis] = padSize(c, shape[axis] ?? ONE, before, after);
    else if (!isNumber(before, 0) || !isNumber(after, 0)) refuse(`pads the batch axis ${axis}`);
  });
  return [data.kind === 'rows' ? newRows(padded, data.rows) : newShared(padded)];
}

function padSize(c: NodeContext, dim: Dim, before: Dim, after: Dim): Dim {
  const sum = add(before, after);
  return rowFree((sum && add(dim, sum)) ?? c.symbols.unknown());
}

/** Repeating what is shared B times along one axis gives B equal rows. */
function tile(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  const repeats = c.sizes(1) ?? refuse('has no repeats');
  const shape = sized(data).map((dim, axis) => known(multiply(dim, repeats[axis] ?? ONE)));
  if (data.kind === 'shared') return [made(shape)];
  if (!isNumber(repeats[data.rows.axis] ?? ONE, 1)) refuse(`repeats the batch axis ${data.rows.axis}`);
  return [
    newRows(
      shape.map((dim, axis) => (axis === data.rows.axis ? dim : rowFree(dim))),
      data.rows,
    ),
  ];
}

/** A value that is the same in each row; refused when B is in two of its dimensions. */
function made(shape: readonly Dim[]): Shared | Rows {
  if (!shape.some(hasRows)) return newShared(shape);
  const rows = rowAxisOf(shape);
  return rows === undefined ? refuse('makes a value whose size does not grow by one block per row') : newRows(shape, rows);
}

function expand(c: NodeContext): readonly Value[] {
  const wanted = c.sizes(1) ?? refuse('has no shape');
  return [broadcastAll(c, [c.data(0), made(wanted)])];
}

function constantOfShape(c: NodeContext): readonly Value[] {
  return [made(c.sizes(0) ?? refuse('has no shape'))];
}

/** 0, 1, … B-1 numbers the rows, so a row's value depends on its place in the batch. */
function range(c: NodeContext): readonly Value[] {
  const bounds = [0, 1, 2].map((index) => c.sizes(index)?.[0] ?? refuse('has no bounds'));
  if (bounds.some(hasRows)) refuse('counts the rows');
  const [start, limit, step] = bounds;
  const simple = start && step && isNumber(start, 0) && isNumber(step, 1) ? limit : undefined;
  return [newShared([simple !== undefined && ![...simple.keys()].some((term) => term.includes('~')) ? simple : c.symbols.unknown()])];
}

/** The batch axis must keep its size: scale 1, or its own size given. */
function resize(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  if (data.kind === 'shared') return [newShared(undefined)];
  if (c.text('coordinate_transformation_mode', '') === 'tf_crop_and_resize') refuse('crops by a region of interest');
  if (c.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch') refuse('keeps the aspect ratio, which the batch axis would take part in');
  const old = c.node.opType === 'Upsample' || c.opset < 11;
  if (!old && c.has(1)) c.shared(1);
  const axes = c.intList('axes')?.map((axis) => normalAxis(axis, data.shape.length)) ?? data.shape.map((_, axis) => axis);
  const at = axes.indexOf(data.rows.axis);
  const scales = old ? (c.sizes(1) ?? scaleAttribute(c)) : c.sizes(2);
  const sizes = c.has(3) ? c.sizes(3) : undefined;
  const factor = sizes === undefined || sizes.length === 0 ? scales?.[at] : undefined;
  const keeps = at < 0 || (factor !== undefined ? isNumber(factor, 1) : sameDim(sizes?.[at] ?? ONE, data.shape[data.rows.axis] ?? ROW_COUNT));
  if (!keeps) refuse(`resizes the batch axis ${data.rows.axis}`);
  const shape = data.shape.map((dim, axis) => {
    const index = axes.indexOf(axis);
    if (index < 0 || axis === data.rows.axis) return dim;
    const scale = numberOf(scales?.[index] ?? constant(0));
    if (sizes !== undefined && sizes.length > 0) return rowFree(sizes[index] ?? c.symbols.unknown());
    return scale !== undefined && scale > 0 ? known(multiply(dim, constant(scale))) : c.symbols.unknown();
  });
  return [newRows(shape, data.rows)];
}

function scaleAttribute(c: NodeContext): readonly Dim[] | undefined {
  return c.node.attributes.get('scales')?.floats.map((scale) => (Number.isInteger(scale) ? constant(scale) : c.symbols.unknownNumber()));
}

function trilu(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  if (c.has(1)) c.shared(1);
  if (data.kind === 'shared') return [newShared(data.shape)];
  if (data.rows.axis >= data.shape.length - 2) refuse(`cuts a triangle across the batch axis ${data.rows.axis}`);
  return [newRows(data.shape, data.rows)];
}
