/** Gives each request of a batch its own rows of an output: as views along axis 0, which is how nearly every model has them, else as copies. */
import { DATATYPES } from './datatype.js';
import { formatShape, type Tensor } from './tensor.js';

/**
 * `rows[i]` rows for request i, in order. Views share the memory of `tensor`, so that memory lives as long as any of them.
 * Returns a sentence instead when the tensor does not have exactly that many rows: then no row can be told from another.
 */
export function splitRows(tensor: Tensor, axis: number, rows: readonly number[]): Tensor[] | string {
  const { shape, datatype, name } = tensor;
  let total = 0;
  for (const count of rows) total += count;
  if (shape[axis] !== total) return `output "${name}" has shape ${formatShape(shape)} for a batch of ${total} rows along axis ${axis}`;
  const { size } = DATATYPES[datatype];
  if (size === undefined) return axis === 0 ? splitBytes(tensor, rows) : `output "${name}" of BYTES has its rows along axis ${axis}`;
  return axis === 0 ? splitViews(tensor, rows, size) : splitCopies(tensor, { axis, size }, rows);
}

/** The first `length` indices along `axis`, copied; `tensor` itself when it has no more. */
export function cutAxis(tensor: Tensor, axis: number, length: number): Tensor {
  const { size } = DATATYPES[tensor.datatype];
  const dimension = tensor.shape[axis];
  if (size === undefined || dimension === undefined || dimension <= length) return tensor;
  return copyRange(tensor, { axis, size }, [0, length]);
}

interface Along {
  readonly axis: number;
  readonly size: number;
}

function splitViews(tensor: Tensor, rows: readonly number[], size: number): Tensor[] {
  const { name, datatype, shape, data } = tensor;
  const parts: Tensor[] = [];
  const rowBytes = countFrom(shape, 1) * size;
  let offset = 0;
  let last: readonly number[] = shape;
  for (const count of rows) {
    if (last[0] !== count) last = withDimension(shape, 0, count); // requests mostly have as many rows as the one before
    const end = offset + count * rowBytes;
    parts.push({ name, datatype, shape: last, data: data.subarray(offset, end) });
    offset = end;
  }
  return parts;
}

function splitCopies(tensor: Tensor, along: Along, rows: readonly number[]): Tensor[] {
  let start = 0;
  return rows.map((count) => {
    const part = copyRange(tensor, along, [start, count]);
    start += count;
    return part;
  });
}

function copyRange(tensor: Tensor, { axis, size }: Along, [start, count]: readonly [number, number]): Tensor {
  const { name, datatype, data } = tensor;
  const shape = withDimension(tensor.shape, axis, count);
  const inner = countFrom(shape, axis + 1) * size;
  const block = count * inner;
  const stride = (tensor.shape[axis] ?? 0) * inner;
  const copy = new Uint8Array(countFrom(shape, 0) * size);
  for (let to = 0, from = start * inner; to < copy.byteLength; to += block, from += stride) copy.set(data.subarray(from, from + block), to);
  return { name, datatype, shape, data: copy };
}

/** Their lengths are read once, from the first element to the last. */
function splitBytes(tensor: Tensor, rows: readonly number[]): Tensor[] | string {
  const { name, datatype, shape, data } = tensor;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const perRow = countFrom(shape, 1);
  const parts: Tensor[] = [];
  let offset = 0;
  for (const count of rows) {
    const start = offset;
    for (let element = 0; element < count * perRow; element++) {
      if (offset + 4 > data.byteLength) return `output "${name}" ends inside an element`;
      offset += 4 + view.getUint32(offset, true);
    }
    parts.push({ name, datatype, shape: withDimension(shape, 0, count), data: data.subarray(start, offset) });
  }
  return offset === data.byteLength ? parts : `output "${name}" has ${data.byteLength} bytes where its elements have ${offset}`;
}

function withDimension(shape: readonly number[], axis: number, dimension: number): number[] {
  const changed = shape.slice();
  changed[axis] = dimension;
  return changed;
}

function countFrom(shape: readonly number[], axis: number): number {
  let count = 1;
  for (let i = axis; i < shape.length; i++) count *= shape[i] ?? 1;
  return count;
}
