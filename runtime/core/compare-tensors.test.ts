import { describe, expect, test } from '@jest/globals';
import { computeDistance } from './compare-tensors.js';
import type { Datatype } from './datatype.js';
import type { Tensor } from './tensor.js';

const tensor = (datatype: Datatype, view: ArrayBufferView, shape?: number[]): Tensor => {
  const data = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return { name: 'y', datatype, shape: shape ?? [data.byteLength], data };
};
const fp32 = (...values: number[]): Tensor => tensor('FP32', Float32Array.from(values));

describe('computeDistance', () => {
  test.each<{ name: string; wanted: Tensor; got: Tensor; want: number }>([
    { name: 'the same', wanted: fp32(1, Number.NaN), got: fp32(1, Number.NaN), want: 0 },
    { name: 'relative where large', wanted: fp32(100), got: fp32(101), want: 0.01 },
    { name: 'absolute where small', wanted: fp32(0.25), got: fp32(0.5), want: 0.25 },
    { name: 'NaN for a number', wanted: fp32(1), got: fp32(Number.NaN), want: Number.POSITIVE_INFINITY },
    { name: 'minus zero', wanted: fp32(0), got: fp32(-0), want: 0 },
    { name: 'FP16', wanted: tensor('FP16', Uint16Array.of(0x3c00)), got: tensor('FP16', Uint16Array.of(0x3c01)), want: 1 / 1024 },
    { name: 'integers', wanted: tensor('INT32', Int32Array.of(5)), got: tensor('INT32', Int32Array.of(6)), want: Number.POSITIVE_INFINITY },
    { name: 'another shape', wanted: fp32(1), got: tensor('FP32', Float32Array.of(1), [4, 1]), want: Number.POSITIVE_INFINITY },
  ])('$name', ({ wanted, got, want }) => {
    expect(computeDistance(wanted, got)).toBeCloseTo(want, 6);
  });
});
