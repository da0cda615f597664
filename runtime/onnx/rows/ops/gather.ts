/** Look-ups: rows may be the indices into a shared table, or the data that shared indices pick from within each row. */
import { constant, type Dim, ONE, sameDim } from '../dim.js';
import { known, type NodeContext, normalAxis, refuse, sized } from '../node-context.js';
import { newRows, newShared, type Rows, type Value } from '../value.js';
import type { TransferTable } from './transfer.js';

export const GATHER: TransferTable = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  ScatterElements: scatterElements,
  Scatter: scatterElements,
  OneHot: oneHot,
};

function gather(c: NodeContext): readonly Value[] {
  const [data, indices] = [c.data(0), c.data(1)];
  if (data.kind === 'shared' && indices.kind === 'shared' && (data.shape === undefined || indices.shape === undefined)) return [newShared(undefined)];
  const [from, by] = [sized(data), sized(indices)];
  const axis = normalAxis(c.int('axis', 0), from.length);
  const shape = [...from.slice(0, axis), ...by, ...from.slice(axis + 1)];
  if (data.kind === 'rows') {
    if (indices.kind === 'rows') return refuse('looks rows up in other rows');
    if (axis === data.rows.axis) return refuse(`picks along the batch axis ${axis}`);
    return [newRows(shape, { axis: data.rows.axis + (axis < data.rows.axis ? by.length - 1 : 0), block: data.rows.block })];
  }
  return [indices.kind === 'rows' ? newRows(shape, { axis: axis + indices.rows.axis, block: indices.rows.block }) : newShared(shape)];
}

/** The same place in data and indices except along `axis`. */
function gatherElements(c: NodeContext): readonly Value[] {
  const [data, indices] = [c.data(0), c.data(1)];
  if (data.kind === 'shared' && indices.kind === 'shared') return [newShared(indices.shape)];
  const axis = normalAxis(c.int('axis', 0), sized(indices).length);
  if (indices.kind === 'shared') return refuse('picks by indices that all rows share');
  if (data.kind === 'rows') {
    sameRows(data, indices);
    if (axis === data.rows.axis) return refuse(`picks along the batch axis ${axis}`);
  } else if (axis !== indices.rows.axis) return refuse('looks rows up at their place in a shared table');
  return [newRows(indices.shape, indices.rows)];
}

/** Rows as indices into a shared table, or, with batch_dims, each row's indices into its own data. */
function gatherNd(c: NodeContext): readonly Value[] {
  const [data, indices] = [c.data(0), c.data(1)];
  if (data.kind === 'shared' && indices.kind === 'shared') return [newShared(undefined)];
  const [from, by] = [sized(data), sized(indices)];
  const batchDims = c.int('batch_dims', 0);
  const depth = [...(by.at(-1) ?? ONE)];
  const width = depth.length === 1 && depth[0]?.[0] === '' ? depth[0][1] : refuse('has indices of unknown depth');
  if (indices.kind === 'shared') return refuse('picks rows by indices that all rows share');
  if (indices.rows.axis === by.length - 1) return refuse('has the batch on the axis of its indices');
  if (data.kind === 'rows') {
    sameRows(data, indices);
    if (data.rows.axis >= batchDims) return refuse(`picks along the batch axis ${data.rows.axis}`);
  } else if (indices.rows.axis < batchDims) return refuse('looks rows up at their place in a shared table');
  return [newRows([...by.slice(0, -1), ...from.slice(batchDims + width)], indices.rows)];
}

function scatterElements(c: NodeContext): readonly Value[] {
  const [data, indices, updates] = [c.data(0), c.data(1), c.data(2)];
  if (data.kind === 'shared' && indices.kind === 'shared' && updates.kind === 'shared') return [newShared(data.shape)];
  if (data.kind !== 'rows' || indices.kind !== 'rows' || updates.kind !== 'rows') return refuse('scatters between rows and shared values');
  sameRows(data, indices);
  sameRows(data, updates);
  if (normalAxis(c.int('axis', 0), data.shape.length) === data.rows.axis) return refuse(`scatters along the batch axis ${data.rows.axis}`);
  return [newRows(data.shape, data.rows)];
}

function sameRows(a: Rows, b: Rows): void {
  if (a.rows.axis !== b.rows.axis || !sameDim(a.rows.block, b.rows.block) || a.shape.length !== b.shape.length)
    refuse('meets rows on different axes');
}

function oneHot(c: NodeContext): readonly Value[] {
  const indices = c.data(0);
  c.shared(2);
  const depth: Dim = known(c.sizes(1)?.[0] ?? constant(0));
  const shape = sized(indices);
  const axis = normalAxis(c.int('axis', -1), shape.length + 1);
  const wide = [...shape.slice(0, axis), depth, ...shape.slice(axis)];
  if (indices.kind === 'shared') return [newShared(wide)];
  return [newRows(wide, { axis: indices.rows.axis + (axis <= indices.rows.axis ? 1 : 0), block: indices.rows.block })];
}
