/** Convolution, pooling and normalisation over images: [N, C, ...], rows on axis 0 only. */
import { add, constant, type Dim, divideExactly, multiply, numberOf, ONE } from '../dim.js';
import { known, type NodeContext, refuse, sized } from '../node-context.js';
import { newRows, newShared, type Rows, type Value } from '../value.js';
import { isSingle } from './elementwise.js';
import { forAll, type TransferTable } from './transfer.js';

export const CONVOLUTION: TransferTable = {
  Conv: (c) => conv(c, 1, []),
  ConvInteger: (c) => conv(c, 1, [2]),
  QLinearConv: (c) => conv(c, 3, [1, 2, 6, 7]),
  ConvTranspose: convTranspose,
  MaxPool: (c) => pool(c),
  AveragePool: (c) => pool(c),
  LpPool: (c) => pool(c),
  ...forAll(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'], globalPool),
  LRN: (c) => [onAxisZero(c)],
  InstanceNormalization: (c) => normalise(c, [1, 2]),
  GroupNormalization: (c) => normalise(c, [1, 2]),
  BatchNormalization: batchNorm,
  DepthToSpace: (c) => blocks(c, 1),
  SpaceToDepth: (c) => blocks(c, -1),
};

export const CONVOLUTION_FUSED: TransferTable = {
  FusedConv: (c) => {
    const sum = c.has(3) ? c.data(3) : undefined;
    if (sum?.kind === 'shared' || (sum?.kind === 'rows' && sum.rows.axis !== 0)) refuse('adds a value whose rows are not on axis 0');
    return conv(c, 1, []);
  },
};

/** Rows must be on axis 0; channels and space would mix them. */
export function onAxisZero(c: NodeContext, input = 0): Rows {
  const data = c.data(input);
  if (data.kind === 'shared') return refuse('has no rows');
  return data.rows.axis === 0 ? data : refuse(`has the batch on axis ${data.rows.axis}, where only axis 0 keeps rows apart`);
}

/** Everything shared: the shapes of such values are seldom needed, and then followed no further. */
function sharedOnly(c: NodeContext): readonly Value[] | undefined {
  return c.inputs.every((value) => value === undefined || value.kind === 'shared') ? [newShared(undefined)] : undefined;
}

function conv(c: NodeContext, weights: number, single: readonly number[]): readonly Value[] {
  if (sharedOnly(c) !== undefined) return [newShared(undefined)];
  for (const index of single) if (c.has(index) && !isSingle(c.shared(index))) refuse('has a scale per row');
  for (let index = 1; index < c.inputs.length; index += 1) if (c.has(index) && !(c.node.opType === 'FusedConv' && index === 3)) c.shared(index);
  const x = onAxisZero(c);
  const w = sized(c.shared(weights));
  const kernel = c.intList('kernel_shape')?.map(constant) ?? w.slice(2);
  return [newRows([x.shape[0] ?? ONE, w[0] ?? c.symbols.unknown(), ...space(c, x.shape.slice(2), kernel)], x.rows)];
}

function convTranspose(c: NodeContext): readonly Value[] {
  if (sharedOnly(c) !== undefined) return [newShared(undefined)];
  for (let index = 1; index < c.inputs.length; index += 1) if (c.has(index)) c.shared(index);
  const x = onAxisZero(c);
  const channels = multiply(sized(c.shared(1))[1] ?? ONE, constant(c.int('group', 1)));
  return [newRows([x.shape[0] ?? ONE, known(channels), ...x.shape.slice(2).map(() => c.symbols.unknown())], x.rows)];
}

/** The indices that MaxPool can give count over the whole batch. */
function pool(c: NodeContext): readonly Value[] {
  if (sharedOnly(c) !== undefined) return [newShared(undefined)];
  const x = onAxisZero(c);
  const kernel = (c.intList('kernel_shape') ?? refuse('has no kernel_shape')).map(constant);
  const pooled = newRows([...x.shape.slice(0, 2), ...space(c, x.shape.slice(2), kernel)], x.rows);
  if (c.uses(1)) refuse('gives indices that count over the whole batch');
  return [pooled];
}

/** Spatial sizes after a window: exact for stride 1 and for known sizes, else a symbol per axis. */
function space(c: NodeContext, dims: readonly Dim[], kernel: readonly Dim[]): readonly Dim[] {
  const auto = c.text('auto_pad', 'NOTSET');
  const pads = c.intList('pads') ?? [];
  return dims.map((dim, axis) => {
    const stride = c.intList('strides')?.[axis] ?? 1;
    const dilation = c.intList('dilations')?.[axis] ?? 1;
    if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') return stride === 1 ? dim : c.symbols.unknown();
    if (stride !== 1 && (c.int('ceil_mode', 0) === 1 || auto !== 'NOTSET')) return c.symbols.unknown();
    const size = numberOf(kernel[axis] ?? ONE);
    if (size === undefined) return c.symbols.unknown();
    const padding = auto === 'VALID' ? 0 : (pads[axis] ?? 0) + (pads[axis + dims.length] ?? 0);
    const span = add(dim, constant(padding - dilation * (size - 1) - 1));
    return span === undefined ? c.symbols.unknown() : known(c.symbols.floorDivide(span, constant(stride), 1));
  });
}

function globalPool(c: NodeContext): readonly Value[] {
  if (sharedOnly(c) !== undefined) return [newShared(undefined)];
  const x = onAxisZero(c);
  return [
    newRows(
      x.shape.map((dim, axis) => (axis < 2 ? dim : ONE)),
      x.rows,
    ),
  ];
}

function normalise(c: NodeContext, shared: readonly number[]): readonly Value[] {
  for (const index of shared) if (c.has(index)) c.shared(index);
  const x = onAxisZero(c);
  return [newRows(x.shape, x.rows)];
}

/** With running statistics it is elementwise; in training mode it takes mean and variance of the batch. */
function batchNorm(c: NodeContext): readonly Value[] {
  if (c.int('training_mode', 0) !== 0 || (c.opset < 7 && c.int('is_test', 0) !== 1) || c.uses(1))
    refuse('is in training mode: it averages over the batch');
  return normalise(c, [1, 2, 3, 4]);
}

/** direction 1: channels become space; -1: space becomes channels. */
function blocks(c: NodeContext, direction: 1 | -1): readonly Value[] {
  if (sharedOnly(c) !== undefined) return [newShared(undefined)];
  const x = onAxisZero(c);
  const side = constant(c.int('blocksize', 1));
  const area = known(multiply(side, side));
  const [rows, channels, ...rest] = x.shape;
  const grow = (dim: Dim, by: Dim) => known(multiply(dim, by));
  const shrink = (dim: Dim, by: Dim) => divideExactly(dim, by) ?? known(c.symbols.size('quotient', dim, by));
  const [widen, thin] = direction === 1 ? [grow, shrink] : [shrink, grow];
  return [newRows([rows ?? ONE, thin(channels ?? ONE, area), ...rest.map((dim) => widen(dim, side))], x.rows)];
}
