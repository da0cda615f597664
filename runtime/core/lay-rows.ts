/**
 * Lays the rows of several requests one after another into one tensor: the single copy between the wire and the model, so
 * it writes straight into the memory that the model reads. Example: [[1,2]] and [[3,4],[5,6]] along axis 0 are
 * [[1,2],[3,4],[5,6]]; along axis 1, [[1],[2]] and [[3],[4]] are [[1,3],[2,4]].
 */
import { DATATYPES, type Datatype } from './datatype.js';
import { countElements, formatShape, type Tensor } from './tensor.js';

export interface LaidTensor {
  readonly datatype: Datatype;
  /** Of the whole. */
  readonly shape: readonly number[];
  /** Along which the rows of the parts follow one another. */
  readonly axis: number;
}

/** Bytes that `layRows` writes. BYTES elements have lengths of their own: there it is the sum over the parts. */
export function countLaidBytes({ datatype, shape }: LaidTensor, parts: readonly Tensor[]): number {
  const { size } = DATATYPES[datatype];
  return size === undefined ? parts.reduce((sum, part) => sum + part.data.byteLength, 0) : countElements(shape) * size;
}

/**
 * Fills the first `countLaidBytes` bytes of `target`, which may hold anything before: what no part covers becomes zero, be it
 * because a part is smaller along another axis or because the parts have fewer rows. Throws RangeError for parts that do not
 * fit, and for BYTES along another axis than 0 or with padding.
 */
export function layRows(target: Uint8Array, laid: LaidTensor, parts: readonly Tensor[]): void {
  const { size } = DATATYPES[laid.datatype];
  const rows = checkParts(laid, parts);
  if (size === undefined) {
    layBytes(target, laid, parts);
    return;
  }
  const isPadded = rows < (laid.shape[laid.axis] ?? 0) || parts.some((part) => part.shape.some((dim, i) => i !== laid.axis && dim !== laid.shape[i]));
  if (!isPadded && laid.axis === 0) {
    layInOrder(target, parts);
    return;
  }
  if (isPadded) target.fill(0, 0, countLaidBytes(laid, parts));
  const strides = computeStrides(laid.shape, size);
  let offset = 0;
  for (const part of parts) {
    if (part.data.byteLength > 0) copyBlock({ target, part, shape: laid.shape, strides, own: computeStrides(part.shape, size) }, 0, [0, offset]);
    offset += (part.shape[laid.axis] ?? 0) * (strides[laid.axis] ?? 0);
  }
}

interface Copy {
  readonly target: Uint8Array;
  readonly part: Tensor;
  readonly shape: readonly number[];
  /** Bytes from one index to the next, per axis, in the target. */
  readonly strides: readonly number[];
  /** The same in the part. */
  readonly own: readonly number[];
}

/** Copies what lies under one index of the axes before `axis`: in one piece where both sides are contiguous from here on. */
function copyBlock(copy: Copy, axis: number, [from, to]: readonly [number, number]): void {
  const { target, part, shape, strides, own } = copy;
  const count = part.shape[axis] ?? 1;
  const step = own[axis] ?? part.data.byteLength;
  if (isContiguous(part.shape, shape, axis)) {
    target.set(part.data.subarray(from, from + count * step), to);
    return;
  }
  for (let index = 0; index < count; index++) copyBlock(copy, axis + 1, [from + index * step, to + index * (strides[axis] ?? 0)]);
}

function isContiguous(part: readonly number[], whole: readonly number[], axis: number): boolean {
  for (let inner = axis + 1; inner < part.length; inner++) if (part[inner] !== whole[inner]) return false;
  return true;
}

function computeStrides(shape: readonly number[], size: number): number[] {
  const strides = new Array<number>(shape.length);
  let stride = size;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] ?? 1;
  }
  return strides;
}

/** Rows of all parts together. */
function checkParts({ shape, axis, datatype }: LaidTensor, parts: readonly Tensor[]): number {
  let rows = 0;
  for (const part of parts) {
    const fits =
      part.shape.length === shape.length && part.datatype === datatype && part.shape.every((dim, i) => i === axis || dim <= (shape[i] ?? 0));
    if (!fits)
      throw new RangeError(`Tensor "${part.name}" ${part.datatype} ${formatShape(part.shape)} does not fit into ${datatype} ${formatShape(shape)}`);
    rows += part.shape[axis] ?? 0;
  }
  if (rows > (shape[axis] ?? 0)) throw new RangeError(`${rows} rows do not fit into ${formatShape(shape)} along axis ${axis}`);
  return rows;
}

function layBytes(target: Uint8Array, { shape, axis }: LaidTensor, parts: readonly Tensor[]): void {
  const elements = parts.reduce((sum, part) => sum + countElements(part.shape), 0);
  if (axis !== 0 || elements !== countElements(shape))
    throw new RangeError(`BYTES lie along axis 0 without padding, not ${formatShape(shape)} along ${axis}`);
  layInOrder(target, parts);
}

function layInOrder(target: Uint8Array, parts: readonly Tensor[]): void {
  let offset = 0;
  for (const part of parts) {
    target.set(part.data, offset);
    offset += part.data.byteLength;
  }
}
