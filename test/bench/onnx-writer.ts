/** Just enough of onnx.proto to write the bench's own models without Python; field numbers are those of onnx.proto. */
import { Writer } from 'protobufjs';

const FLOAT = 1;
const INTS = 7;

export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Attributes of type INTS. */
  readonly ints?: Readonly<Record<string, readonly number[]>>;
  /** Attributes of type INT. */
  readonly int?: Readonly<Record<string, number>>;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly weights: Readonly<Record<string, readonly number[]>>;
  /** FP32; a string is a free dimension. */
  readonly input: { readonly name: string; readonly shape: readonly (number | string)[] };
  readonly output: { readonly name: string; readonly shape: readonly (number | string)[] };
}

/** Bytes of an onnx.ModelProto of opset 17. */
export function writeModel(model: Graph): Uint8Array {
  const graph = Writer.create();
  for (const node of model.nodes) graph.uint32(tag(1, 2)).bytes(encodeNode(node));
  graph.uint32(tag(2, 2)).string(model.name);
  for (const [name, shape] of Object.entries(model.weights)) graph.uint32(tag(5, 2)).bytes(encodeTensor(name, shape));
  graph.uint32(tag(11, 2)).bytes(encodeValue(model.input.name, model.input.shape));
  graph.uint32(tag(12, 2)).bytes(encodeValue(model.output.name, model.output.shape));
  const opset = Writer.create().uint32(tag(2, 0)).int64(17).finish();
  return Writer.create().uint32(tag(1, 0)).int64(8).uint32(tag(7, 2)).bytes(graph.finish()).uint32(tag(8, 2)).bytes(opset).finish();
}

function encodeNode({ operator, inputs, output, ints = {}, int = {} }: GraphNode): Uint8Array {
  const node = Writer.create();
  for (const input of inputs) node.uint32(tag(1, 2)).string(input);
  node.uint32(tag(2, 2)).string(output).uint32(tag(4, 2)).string(operator);
  for (const [name, values] of Object.entries(ints)) {
    const attribute = Writer.create().uint32(tag(1, 2)).string(name);
    for (const value of values) attribute.uint32(tag(8, 0)).int64(value);
    node.uint32(tag(5, 2)).bytes(attribute.uint32(tag(20, 0)).int32(INTS).finish());
  }
  for (const [name, value] of Object.entries(int)) {
    const attribute = Writer.create().uint32(tag(1, 2)).string(name).uint32(tag(3, 0)).int64(value).uint32(tag(20, 0)).int32(2);
    node.uint32(tag(5, 2)).bytes(attribute.finish());
  }
  return node.finish();
}

/** Weights of a fixed wave: their values do not matter, their being equal in every run does. */
function encodeTensor(name: string, shape: readonly number[]): Uint8Array {
  const tensor = Writer.create();
  for (const dimension of shape) tensor.uint32(tag(1, 0)).int64(dimension);
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  const values = Float32Array.from({ length: count }, (_, index) => Math.sin(index) / 10);
  return tensor.uint32(tag(2, 0)).int32(FLOAT).uint32(tag(8, 2)).string(name).uint32(tag(9, 2)).bytes(new Uint8Array(values.buffer)).finish();
}

function encodeValue(name: string, dimensions: readonly (number | string)[]): Uint8Array {
  const shape = Writer.create();
  for (const dimension of dimensions) {
    const one = Writer.create();
    if (typeof dimension === 'string') one.uint32(tag(2, 2)).string(dimension);
    else one.uint32(tag(1, 0)).int64(dimension);
    shape.uint32(tag(1, 2)).bytes(one.finish());
  }
  const tensor = Writer.create().uint32(tag(1, 0)).int32(FLOAT).uint32(tag(2, 2)).bytes(shape.finish()).finish();
  const type = Writer.create().uint32(tag(1, 2)).bytes(tensor).finish();
  return Writer.create().uint32(tag(1, 2)).string(name).uint32(tag(2, 2)).bytes(type).finish();
}

function tag(field: number, wireType: 0 | 2): number {
  return (field << 3) | wireType;
}
