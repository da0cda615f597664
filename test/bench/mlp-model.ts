/** A small ONNX model without files or Python: y = relu(x·w1 + b1)·w2 + b2, whose run costs next to nothing. */
import { writeModel } from './onnx-writer.js';

const SIZES = { input: 784, hidden: 128, output: 10 } as const;

export const MLP_INPUT_SHAPE: readonly number[] = [1, SIZES.input];

export function makeMlpModel(): Uint8Array {
  return writeModel({
    name: 'mlp',
    nodes: [
      { operator: 'MatMul', inputs: ['x', 'w1'], output: 'h1' },
      { operator: 'Add', inputs: ['h1', 'b1'], output: 'h2' },
      { operator: 'Relu', inputs: ['h2'], output: 'h3' },
      { operator: 'MatMul', inputs: ['h3', 'w2'], output: 'h4' },
      { operator: 'Add', inputs: ['h4', 'b2'], output: 'y' },
    ],
    weights: { w1: [SIZES.input, SIZES.hidden], b1: [SIZES.hidden], w2: [SIZES.hidden, SIZES.output], b2: [SIZES.output] },
    input: { name: 'x', shape: ['n', SIZES.input] },
    output: { name: 'y', shape: ['n', SIZES.output] },
  });
}
