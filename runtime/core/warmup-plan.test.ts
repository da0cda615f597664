import { describe, expect, test } from '@jest/globals';
import type { TensorSpec } from './signature.js';
import { planWarmup, WARMUP_SIZES } from './warmup-plan.js';

const spec = (shape: readonly number[], symbols: readonly string[] = shape.map(() => '')): TensorSpec => ({
  name: 'x',
  datatype: 'FP32',
  shape,
  symbols,
});
const shapesOf = (...inputs: TensorSpec[]) =>
  planWarmup({ inputs, outputs: [] }).candidates.map((candidate) => candidate.map((tensor) => tensor.shape));

describe('planWarmup', () => {
  test('fixed shapes: one try, and its failure counts', () => {
    const plan = planWarmup({ inputs: [spec([1, 3])], outputs: [] });
    expect([plan.isExact, plan.candidates.length, plan.candidates[0]?.[0]?.data.byteLength]).toEqual([true, 1, 12]);
  });
  test('a free batch is 1, other free dimensions try sizes in turn', () => {
    expect(shapesOf(spec([-1, 3, 48, -1])).slice(0, 2)).toEqual([[[1, 3, 48, 32]], [[1, 3, 48, 1]]]);
  });
  test('the batch keeps its size where its name comes again', () => {
    expect(shapesOf(spec([-1, 5], ['batch', '']), spec([2, -1], ['', 'batch']))[0]).toEqual([
      [1, 5],
      [2, 1],
    ]);
  });
  test("a recurrent model's state has a batch of 1 first, then whatever the size is", () => {
    expect(shapesOf(spec([-1, -1]), spec([2, -1, 128])).slice(0, 2)).toEqual([
      [
        [1, 32],
        [2, 1, 128],
      ],
      [
        [1, 32],
        [2, 32, 128],
      ],
    ]);
  });
  test('a fixed batch with a free length is no state', () => expect(shapesOf(spec([1, -1]))[0]).toEqual([[1, 32]]));
  test('nor are more than three dimensions', () => expect(shapesOf(spec([2, -1, 8, 7]))[0]).toEqual([[2, 32, 8, 7]]));
  test('sizes that would need too much memory are left out', () => {
    const shapes = shapesOf(spec([-1, 1024, -1, -1]));
    expect(shapes.length).toBeLessThan(WARMUP_SIZES.length);
    expect(shapes).not.toContainEqual([[1, 1024, 224, 224]]);
  });
  test('an optional input is left out, so its default is warmed', () => {
    const own = { name: 'x', datatype: 'FP32', shape: [1], data: Uint8Array.of(0, 0, 128, 63) } as const;
    expect(planWarmup({ inputs: [{ ...spec([-1]), default: own }], outputs: [] }).candidates[0]).toEqual([own]);
  });
  test('a scalar string is one empty string', () => {
    const plan = planWarmup({ inputs: [{ name: 's', datatype: 'BYTES', shape: [], symbols: [] }], outputs: [] });
    expect(plan.candidates[0]?.[0]?.data).toEqual(new Uint8Array(4));
  });
});
