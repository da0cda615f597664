/** A small ONNX model without files or Python: y = relu(x·w1 + b1)·w2 + b2, whose run costs next to nothing. */
import { Writer } from 'protobufjs';

const FLOAT = 1;
const SIZES = { input: 784, hidden: 128, output: 10 } as const;

export const MLP_INPUT_SHAPE: readonly number[] = [1, SIZES.input];

/** Bytes of an onnx.ModelProto; field numbers are those of onnx.proto. */
export function makeMlpModel(): Uint8Array {
  const graph = Writer.create();
  const nodes: readonly (readonly [string, readonly string[], string])[] = [
    ['MatMul', ['x', 'w1'], 'h1'],
    ['Add', ['h1', 'b1'], 'h2'],
    ['Relu', ['h2'], 'h3'],
    ['MatMul', ['h3', 'w2'], 'h4'],
    ['Add', ['h4', 'b2'], 'y'],
  ];
  for (const [operator, inputs, output] of nodes) graph.uint32(tag(1, 2)).bytes(encodeNode(operator, inputs, output));
  graph.uint32(tag(2, 2)).string('mlp');
  const tensors: readonly (readonly [string, readonly number[]])[] = [
    ['w1', [SIZES.input, SIZES.hidden]],
    ['b1', [SIZES.hidden]],
    ['w2', [SIZES.hidden, SIZES.output]],
    ['b2', [SIZES.output]],
  ];
  for (const [name, shape] of tensors) graph.uint32(tag(5, 2)).bytes(encodeTensor(name, shape));
  graph.uint32(tag(11, 2)).bytes(encodeValue('x', SIZES.input));
  graph.uint32(tag(12, 2)).bytes(encodeValue('y', SIZES.output));
  const opset = Writer.create().uint32(tag(2, 0)).int64(17).finish();
  return Writer.create().uint32(tag(1, 0)).int64(8).uint32(tag(7, 2)).bytes(graph.finish()).uint32(tag(8, 2)).bytes(opset).finish();
}

function encodeNode(operator: string, inputs: readonly string[], output: string): Uint8Array {
  const node = Writer.create();
  for (const input of inputs) node.uint32(tag(1, 2)).string(input);
  return node.uint32(tag(2, 2)).string(output).uint32(tag(4, 2)).string(operator).finish();
}

/** Weights of a fixed wave: their values do not matter, their being equal in every run does. */
function encodeTensor(name: string, shape: readonly number[]): Uint8Array {
  const tensor = Writer.create();
  for (const dimension of shape) tensor.uint32(tag(1, 0)).int64(dimension);
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  const values = Float32Array.from({ length: count }, (_, index) => Math.sin(index) / 10);
  return tensor.uint32(tag(2, 0)).int32(FLOAT).uint32(tag(8, 2)).string(name).uint32(tag(9, 2)).bytes(new Uint8Array(values.buffer)).finish();
}

/** FP32 [n, width]. */
function encodeValue(name: string, width: number): Uint8Array {
  const free = Writer.create().uint32(tag(2, 2)).string('n').finish();
  const fixed = Writer.create().uint32(tag(1, 0)).int64(width).finish();
  const shape = Writer.create().uint32(tag(1, 2)).bytes(free).uint32(tag(1, 2)).bytes(fixed).finish();
  const tensor = Writer.create().uint32(tag(1, 0)).int32(FLOAT).uint32(tag(2, 2)).bytes(shape).finish();
  const type = Writer.create().uint32(tag(1, 2)).bytes(tensor).finish();
  return Writer.create().uint32(tag(1, 2)).string(name).uint32(tag(2, 2)).bytes(type).finish();
}

function tag(field: number, wireType: 0 | 2): number {
  return (field << 3) | wireType;
}
