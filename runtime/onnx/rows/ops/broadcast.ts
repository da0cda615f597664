/** Numpy's broadcasting: row axes must land on each other, and what is shared must be 1 or absent there. */
import { type Dim, isNumber, ONE, sameDim } from '../dim.js';
import { known, type NodeContext, refuse, sized } from '../node-context.js';
import { newRows, newShared, type RowAxis, type Rows, type Shared } from '../value.js';

/**
 * `[B, T, H] + [H]` → rows on axis 0; `[B, 1] + [B]` → refused: the batch of the second lies on axis 1, and rows would meet all rows.
 */
export function broadcastAll(c: NodeContext, values: readonly (Shared | Rows)[]): Shared | Rows {
  const rows = values.filter((value) => value.kind === 'rows');
  if (rows.length === 0 && values.some((value) => value.shape === undefined)) return newShared(undefined);
  const shapes = values.map(sized);
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const axis = commonAxis(rows, rank);
  const shape = Array.from({ length: rank }, (_, at) => {
    const dims = shapes.map((one) => one[at - (rank - one.length)] ?? ONE);
    return at === axis?.axis ? rowDim(values, dims, at) : dims.reduce((a, b) => known(c.symbols.broadcast(a, b)));
  });
  return axis === undefined ? newShared(shape) : newRows(shape, axis);
}

function commonAxis(rows: readonly Rows[], rank: number): RowAxis | undefined {
  const [first, ...others] = rows.map((value) => ({ axis: value.rows.axis + rank - value.shape.length, block: value.rows.block }));
  for (const other of others) {
    if (other.axis !== first?.axis) refuse(`meets rows on axis ${first?.axis} with rows on axis ${other.axis}`);
    if (!sameDim(other.block, first.block)) refuse('meets rows of different lengths');
  }
  return first;
}

function rowDim(values: readonly (Shared | Rows)[], dims: readonly Dim[], axis: number): Dim {
  const index = values.findIndex((value) => value.kind === 'rows');
  dims.forEach((dim, at) => {
    if (values[at]?.kind === 'shared' && !isNumber(dim, 1)) refuse(`meets the batch axis ${axis} with a shared value that is not of size 1 there`);
  });
  return dims[index] ?? ONE;
}
