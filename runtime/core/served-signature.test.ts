import { describe, expect, test } from '@jest/globals';
import { DEFAULT_MODEL_SETTINGS, type DeclaredTensor } from './model-settings.js';
import { computeServedSignature, convertShape } from './served-signature.js';
import { withDefaults } from './signature.js';

const signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1, 28, -1], symbols: ['n', '', '', 'w'] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 10, 1], symbols: ['n', '', ''] }],
} as const;
const tensor = (name: string, dims: number[], reshape?: number[]): DeclaredTensor => ({
  name,
  dims,
  isOptional: false,
  ...(reshape === undefined ? {} : { reshape }),
});

describe('computeServedSignature', () => {
  test('nothing declared, or declared as it is: the model itself', () => {
    expect(computeServedSignature(signature, DEFAULT_MODEL_SETTINGS)).toBeNull();
    expect(computeServedSignature(signature, { ...DEFAULT_MODEL_SETTINGS, inputs: [tensor('x', [-1, 1, 28, -1])] })).toBeNull();
  });
  test('narrower dims and a reshape, the batch axis in front', () => {
    const settings = { ...DEFAULT_MODEL_SETTINGS, maxBatchRows: 4, inputs: [tensor('x', [1, 28, 28])], outputs: [tensor('y', [10], [10, 1])] };
    expect(computeServedSignature(signature, settings)).toEqual({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1, 28, 28], symbols: ['n', '', '', ''] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 10], symbols: ['n', ''] }],
    });
  });
});

describe('computeServedSignature with a default', () => {
  test('the default takes the form that clients see', () => {
    const own = { name: 'x', datatype: 'FP32', shape: [2, 1, 28, 3], data: new Uint8Array(672) } as const;
    const settings = { ...DEFAULT_MODEL_SETTINGS, maxBatchRows: 4, inputs: [tensor('x', [28, -1], [1, 28, -1])] };
    expect(computeServedSignature(withDefaults(signature, [own]), settings)?.inputs[0]?.default).toEqual({ ...own, shape: [2, 28, 3] });
  });
});

describe('convertShape', () => {
  test.each([
    { name: 'batch and a free dimension', shape: [8, 3, 7], from: [3, -1], to: [1, 3, -1], hasBatchAxis: true, want: [8, 1, 3, 7] },
    { name: 'and back', shape: [8, 1, 3, 7], from: [1, 3, -1], to: [3, -1], hasBatchAxis: true, want: [8, 3, 7] },
    { name: 'no batch axis', shape: [3, 224, 224], from: [3, 224, 224], to: [1, 3, 224, 224], hasBatchAxis: false, want: [1, 3, 224, 224] },
    { name: 'a scalar', shape: [5, 1], from: [1], to: [], hasBatchAxis: true, want: [5] },
  ])('$name', ({ shape, want, ...dims }) => expect(convertShape(shape, dims)).toEqual(want));
  test('a shape of other dims is refused', () => {
    expect(() => convertShape([8, 4], { from: [3], to: [3, 1], hasBatchAxis: true })).toThrow('shape [8,4] does not have the configured dims [3]');
  });
});
