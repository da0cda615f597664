import { describe, expect, test } from '@jest/globals';
import { splitBytesElements } from './bytes-elements.js';
import { classify, readClassification } from './classification.js';
import type { Datatype } from './datatype.js';
import type { Tensor } from './tensor.js';

const tensor = (datatype: Datatype, shape: number[], view: ArrayBufferView): Tensor => ({
  name: 'y',
  datatype,
  shape,
  data: new Uint8Array(view.buffer, view.byteOffset, view.byteLength),
});
const read = ({ data }: Tensor): string[] => {
  const elements = splitBytesElements(data);
  if (typeof elements === 'string') throw new Error(elements);
  return elements.map((element) => Buffer.from(element).toString());
};
const labels = ['cat', 'dog', 'cow'];

describe('classify', () => {
  test('each row has its own classes, highest first, with labels', () => {
    const result = classify(tensor('FP32', [2, 3], Float32Array.of(0.1, 0.7, 0.2, 5, 1, 5)), { classes: 2, labels, hasBatch: true });
    expect([result.datatype, result.shape]).toEqual(['BYTES', [2, 2]]);
    expect(read(result)).toEqual(['0.700000:1:dog', '0.200000:2:cow', '5.000000:0:cat', '5.000000:2:cow']);
  });
  test('without a batch axis the whole tensor is ranked; without labels there are none', () => {
    const result = classify(tensor('INT64', [1, 3], BigInt64Array.of(3n, -1n, 9n)), { classes: 9, labels: [], hasBatch: false });
    expect([result.shape, read(result)]).toEqual([[3], ['9:2', '3:0', '-1:1']]);
  });
  test('what is no number comes last', () => {
    const result = classify(tensor('FP32', [3], Float32Array.of(Number.NaN, -2, 1)), { classes: 3, labels: [], hasBatch: false });
    expect(read(result)).toEqual(['1.000000:2', '-2.000000:1', 'NaN:0']);
  });
  test('zero rows have zero answers', () => {
    expect(classify(tensor('FP32', [0, 3], new Float32Array()), { classes: 2, labels, hasBatch: true }).shape).toEqual([0, 2]);
  });
  test('texts cannot be ranked', () => {
    expect(() => classify(tensor('BYTES', [1], new Uint8Array(4)), { classes: 1, labels: [], hasBatch: false })).toThrow(/'y' is BYTES/);
  });
});

test.each([0n, -1n, true, 'two', 1.5])('classification of %p classes is refused', (value) => {
  expect(() => readClassification('y', value)).toThrow(/'classification' of output 'y'/);
});
