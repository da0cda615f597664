/** 600 KB in, 12 bytes out: the largest value of each colour of an image. What is measured is how bytes come in. */
import { writeModel } from './onnx-writer.js';

export const REDUCE_INPUT_SHAPE: readonly number[] = [1, 3, 224, 224];

export function makeReduceModel(): Uint8Array {
  return writeModel({
    name: 'reduce',
    nodes: [{ operator: 'ReduceMax', inputs: ['x'], output: 'y', ints: { axes: [2, 3] }, int: { keepdims: 0 } }],
    weights: {},
    input: { name: 'x', shape: ['n', 3, 224, 224] },
    output: { name: 'y', shape: ['n', 3] },
  });
}
