/** Operators that compute each element from the elements at the same place. */
import { ELEM } from '../../onnx-model.js';
import { isNumber, multiplyAll } from '../dim.js';
import { type NodeContext, refuse } from '../node-context.js';
import { newRows, type Rows, type Shared, type Value } from '../value.js';
import { broadcastAll } from './broadcast.js';
import { forAll, type TransferTable } from './transfer.js';

// biome-ignore format: a list to be scanned, not read
const OPERATORS = [
  'Abs', 'Acos', 'Acosh', 'Add', 'And', 'Asin', 'Asinh', 'Atan', 'Atanh', 'BitShift', 'BitwiseAnd', 'BitwiseNot', 'BitwiseOr', 'BitwiseXor', 'Ceil', 'Celu',
  'Clip', 'Cos', 'Cosh', 'Div', 'Elu', 'Equal', 'Erf', 'Exp', 'Floor', 'Gelu', 'Greater', 'GreaterOrEqual', 'HardSigmoid', 'HardSwish', 'IsInf', 'IsNaN',
  'LeakyRelu', 'Less', 'LessOrEqual', 'Log', 'Max', 'Mean', 'Min', 'Mish', 'Mod', 'Mul', 'Neg', 'Not', 'Or', 'Pow', 'Reciprocal', 'Relu', 'Round',
  'Selu', 'Shrink', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Softsign', 'Sqrt', 'Sub', 'Sum', 'Swish', 'Tan', 'Tanh', 'ThresholdedRelu', 'Where', 'Xor',
];

/** Of com.microsoft: x and, at most, a bias that is broadcast to it. */
const FUSED = ['BiasGelu', 'FastGelu', 'Gelu', 'QuickGelu'];

/** Of ai.onnx.ml: each element by itself. */
const MAPPED = ['Binarizer', 'CategoryMapper', 'LabelEncoder'];

export const ELEMENTWISE: TransferTable = {
  ...forAll(OPERATORS, elementwise),
  Identity: copy,
  Cast: (c) => [{ ...asData(copy(c)), elemType: c.int('to', 0) }],
  CastLike: (c) => [withoutType(elementwiseFirst(c))],
  PRelu: prelu,
  Dropout: dropout,
  QuantizeLinear: quantize,
  DequantizeLinear: quantize,
};

export const ELEMENTWISE_FUSED: TransferTable = {
  ...forAll(FUSED, elementwise),
  ...forAll(['QLinearAdd', 'QLinearMul'], qLinearBinary),
  ...forAll(['QLinearSigmoid', 'QLinearLeakyRelu'], qLinearUnary),
  QuantizeLinear: quantize,
  DequantizeLinear: quantize,
};

export const ELEMENTWISE_ML: TransferTable = forAll(MAPPED, (c) => [withoutType(c.data(0))]);

/** Before opset 7, `axis` said where a shorter operand begins; then both must have one rank. */
function elementwise(c: NodeContext): readonly Value[] {
  const values = c.inputs.flatMap((value, index) => (value === undefined ? [] : [c.data(index)]));
  const ranks = new Set(values.map((value) => value.shape?.length));
  if (c.opset < 7 && c.node.domain === '' && ranks.size > 1 && c.int('broadcast', 0) === 1) refuse('broadcasts by the rules before opset 7');
  return [broadcastAll(c, values)];
}

function copy(c: NodeContext): readonly Value[] {
  return [c.data(0)];
}

function asData([value]: readonly Value[]): Shared | Rows {
  return value?.kind === 'rows' || value?.kind === 'shared' ? withoutType(value) : refuse('has no input');
}

function withoutType(value: Shared | Rows): Shared | Rows {
  if (value.kind === 'rows') return newRows(value.shape, value.rows);
  return { kind: 'shared', shape: value.shape, elemType: undefined, elements: undefined };
}

/** The second input gives a type only; its contents do not matter. */
function elementwiseFirst(c: NodeContext): Shared | Rows {
  c.any(1);
  return c.data(0);
}

/** The slope is broadcast to x and never the other way round. */
function prelu(c: NodeContext): readonly Value[] {
  return [broadcastAll(c, [c.data(0), c.shared(1)])];
}

/** Training mode draws random numbers: an attribute before opset 7, the third input from opset 12 on. */
function dropout(c: NodeContext): readonly Value[] {
  if (c.opset < 7 && c.int('is_test', 0) !== 1) refuse('is in training mode');
  if (c.has(2) && c.numbers(2)?.[0] !== 0) refuse('may be in training mode');
  if (c.has(1)) c.shared(1);
  const data = withoutType(c.data(0));
  return [data, { ...data, elemType: ELEM.BOOL }];
}

/** One scale, or one per index of `axis`, which then is not the batch axis. */
function quantize(c: NodeContext): readonly Value[] {
  const data = withoutType(c.data(0));
  const scale = c.shared(1);
  if (c.has(2)) c.shared(2);
  if (data.kind === 'shared' || isSingle(scale)) return [data];
  const axis = c.int('axis', 1);
  if ((axis < 0 ? axis + data.shape.length : axis) === data.rows.axis) refuse('has one scale per index of the batch axis');
  if (c.int('block_size', 0) !== 0 && scale.shape?.length !== data.shape.length) refuse('has scales of unknown shape');
  return [data];
}

/** One element, whatever the rank. */
export function isSingle(value: Shared): boolean {
  const count = value.shape === undefined ? undefined : multiplyAll(value.shape);
  return count !== undefined && isNumber(count, 1);
}

/** A, its scale and zero point, B, its scale and zero point, then those of the result: scales are single by definition. */
function qLinearBinary(c: NodeContext): readonly Value[] {
  for (const index of [1, 2, 4, 5, 6, 7]) if (c.has(index)) c.shared(index);
  return [broadcastAll(c, [c.data(0), c.data(3)])];
}

function qLinearUnary(c: NodeContext): readonly Value[] {
  for (const index of [1, 2, 3, 4]) if (c.has(index)) c.shared(index);
  return [withoutType(c.data(0))];
}
