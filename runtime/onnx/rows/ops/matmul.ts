/** Products of matrices: rows may lie on the batch dimensions or on the outer dimension of one side, never on the summed one. */
import { type Dim, isNumber, ONE, sameDim } from '../dim.js';
import { known, type NodeContext, refuse, sized } from '../node-context.js';
import { newRows, newShared, type RowAxis, type Rows, type Shared, type Value } from '../value.js';
import { broadcastAll } from './broadcast.js';
import { isSingle } from './elementwise.js';
import type { TransferTable } from './transfer.js';

type Data = Shared | Rows;

export const MATMUL: TransferTable = {
  MatMul: (c) => [matmul(c, c.data(0), c.data(1))],
  Gemm: gemm,
  MatMulInteger: (c) => [integerProduct(c, 2, 3)],
  QLinearMatMul: (c) => [qLinear(c)],
};

export const MATMUL_FUSED: TransferTable = {
  FusedMatMul: fused,
  FusedGemm: gemm,
  MatMulNBits: (c) => [nBits(c)],
};

export function matmul(c: NodeContext, a: Data, b: Data): Data {
  if (a.kind === 'shared' && b.kind === 'shared' && (a.shape === undefined || b.shape === undefined)) return newShared(undefined);
  const [left, right] = [sized(a), sized(b)];
  if (left.length === 0 || right.length === 0) refuse('multiplies a scalar');
  const vectors = { left: left.length === 1, right: right.length === 1 };
  if ((vectors.left && a.kind === 'rows') || (vectors.right && b.kind === 'rows')) refuse('sums over the batch axis 0');
  const x = vectors.left ? widen(a, 0) : a;
  const y = vectors.right ? widen(b, 1) : b;
  const product = matrices(c, x, y);
  return narrow(product, [...(vectors.left ? [sized(product).length - 2] : []), ...(vectors.right ? [sized(product).length - 1] : [])]);
}

/** Both have at least two dimensions: [..., M, K] · [..., K, N]. */
function matrices(c: NodeContext, a: Data, b: Data): Data {
  const [left, right] = [sized(a), sized(b)];
  const rank = Math.max(left.length, right.length);
  if (a.kind === 'rows' && a.rows.axis === left.length - 1) refuse(`sums over the batch axis ${a.rows.axis}`);
  if (b.kind === 'rows' && b.rows.axis === right.length - 2) refuse(`sums over the batch axis ${b.rows.axis}`);
  const outer: readonly [Dim, Dim] = [left.at(-2) ?? ONE, right.at(-1) ?? ONE];
  const x = placed(a, rank, left.length - 2);
  const y = placed(b, rank, right.length - 1);
  const rows = agree(x, y);
  const shape = Array.from({ length: rank - 2 }, (_, at) => {
    const p = left[at - (rank - left.length)] ?? ONE;
    const q = right[at - (rank - right.length)] ?? ONE;
    if (rows?.axis !== at) return known(c.symbols.broadcast(p, q));
    if ((x === undefined && !isNumber(p, 1)) || (y === undefined && !isNumber(q, 1))) refuse(`meets the batch axis ${at} with a shared value`);
    return x === undefined ? q : p;
  });
  return rows === undefined ? newShared([...shape, ...outer]) : newRows([...shape, ...outer], rows);
}

/** Where this side's rows lie in the product, and whether that is a batch dimension. */
function placed(value: Data, rank: number, outerAxis: number): (RowAxis & { readonly isOuter: boolean }) | undefined {
  if (value.kind === 'shared') return undefined;
  return { axis: value.rows.axis + rank - value.shape.length, block: value.rows.block, isOuter: value.rows.axis === outerAxis };
}

function agree(x: ReturnType<typeof placed>, y: ReturnType<typeof placed>): RowAxis | undefined {
  if (x === undefined || y === undefined) {
    const one = x ?? y;
    return one && { axis: one.axis, block: one.block };
  }
  if (x.isOuter || y.isOuter || x.axis !== y.axis) return refuse('multiplies rows with other rows');
  return sameDim(x.block, y.block) ? { axis: x.axis, block: x.block } : refuse('meets rows of different lengths');
}

function widen(value: Data, at: 0 | 1): Data {
  const [dim] = sized(value);
  return newShared(at === 0 ? [ONE, dim ?? ONE] : [dim ?? ONE, ONE]);
}

function narrow(value: Data, drop: readonly number[]): Data {
  if (drop.length === 0) return value;
  const shape = sized(value).filter((_, axis) => !drop.includes(axis));
  if (value.kind === 'shared') return newShared(shape);
  return newRows(shape, { axis: value.rows.axis - drop.filter((axis) => axis < value.rows.axis).length, block: value.rows.block });
}

function swapped(value: Data): Data {
  const shape = [...sized(value)];
  const [rank, last, other] = [shape.length, shape.at(-1), shape.at(-2)];
  if (rank < 2 || last === undefined || other === undefined) return refuse('transposes a vector');
  shape.splice(rank - 2, 2, last, other);
  if (value.kind === 'shared') return newShared(shape);
  const { axis, block } = value.rows;
  return newRows(shape, { axis: axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis, block });
}

function gemm(c: NodeContext): readonly Value[] {
  const a = c.data(0);
  const b = c.data(1);
  if (a.kind === 'shared' && b.kind === 'shared' && (!c.has(2) || c.data(2).kind === 'shared')) return [newShared(undefined)];
  const x = c.int('transA', 0) === 1 ? swapped(a) : a;
  const product = matmul(c, x, c.int('transB', 0) === 1 ? swapped(b) : b);
  return [c.has(2) ? broadcastAll(c, [product, c.data(2)]) : product];
}

function fused(c: NodeContext): readonly Value[] {
  if (c.int('transBatchA', 0) !== 0 || c.int('transBatchB', 0) !== 0) refuse('transposes its batch dimensions');
  const a = c.int('transA', 0) === 1 ? swapped(c.data(0)) : c.data(0);
  return [matmul(c, a, c.int('transB', 0) === 1 ? swapped(c.data(1)) : c.data(1))];
}

/** Zero points per row would belong to rows: only single ones are understood on a side that has rows. */
function integerProduct(c: NodeContext, aZero: number, bZero: number): Data {
  const sides = [
    { value: c.data(0), zero: aZero },
    { value: c.data(1), zero: bZero },
  ];
  for (const { value, zero } of sides) {
    if (c.has(zero) && !isSingle(c.shared(zero)) && value.kind === 'rows') refuse('has a zero point per row or column');
  }
  return matmul(c, c.data(0), c.data(1));
}

function qLinear(c: NodeContext): Data {
  const [a, b] = [c.data(0), c.data(3)];
  for (const index of [1, 2, 6, 7]) if (!isSingle(c.shared(index))) refuse('has a scale per row');
  for (const index of [4, 5]) if (!isSingle(c.shared(index)) && b.kind === 'rows') refuse('has a scale per column');
  return matmul(c, a, b);
}

/** [..., M, K] times a packed shared matrix of N columns. */
function nBits(c: NodeContext): Data {
  const a = c.data(0);
  for (let index = 1; index < c.inputs.length; index += 1) if (c.has(index)) c.shared(index);
  if (a.kind === 'shared') return newShared(undefined);
  if (a.rows.axis === a.shape.length - 1) refuse(`sums over the batch axis ${a.rows.axis}`);
  return newRows([...a.shape.slice(0, -1), new Map([['', c.int('N', 0)]])], a.rows);
}
