/** How far two tensors are apart, element by element, relative to max(1, |wanted|). NaN equals NaN. */
import { DATATYPES, type Datatype } from './datatype.js';
import { formatShape, type Tensor } from './tensor.js';

const READERS: Partial<Record<Datatype, (view: DataView, at: number) => number>> = {
  FP32: (view, at) => view.getFloat32(at, true),
  FP64: (view, at) => view.getFloat64(at, true),
  FP16: (view, at) => readHalf(view.getUint16(at, true)),
};

/** 0: the same bits. Infinity for another shape or datatype, and for integers and texts that differ at all. */
export function computeDistance(wanted: Tensor, got: Tensor): number {
  if (wanted.datatype !== got.datatype || formatShape(wanted.shape) !== formatShape(got.shape)) return Number.POSITIVE_INFINITY;
  if (wanted.data.byteLength !== got.data.byteLength) return Number.POSITIVE_INFINITY;
  if (Buffer.compare(wanted.data, got.data) === 0) return 0;
  const read = READERS[wanted.datatype];
  const size = DATATYPES[wanted.datatype].size;
  if (read === undefined || size === undefined) return Number.POSITIVE_INFINITY;
  const [a, b] = [wanted, got].map(({ data }) => new DataView(data.buffer, data.byteOffset, data.byteLength));
  if (a === undefined || b === undefined) return Number.POSITIVE_INFINITY;
  let farthest = 0;
  for (let at = 0; at < a.byteLength; at += size) farthest = Math.max(farthest, distanceOf(read(a, at), read(b, at)));
  return farthest;
}

function distanceOf(wanted: number, got: number): number {
  if (Object.is(wanted, got) || wanted === got) return 0;
  const distance = Math.abs(wanted - got) / Math.max(1, Math.abs(wanted));
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
}

/** IEEE 754 binary16. */
function readHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
