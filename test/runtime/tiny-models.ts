/** ONNX models of a few nodes without files or Python, for tests of the backend. Field numbers are those of onnx.proto. */
import { Writer } from 'protobufjs';

export const ONNX_TYPES = { FP32: 1, INT64: 7, BYTES: 8, BOOL: 9, FP16: 10, BF16: 16 } as const;
type OnnxType = keyof typeof ONNX_TYPES;

interface ValueInfo {
  readonly name: string;
  readonly type: OnnxType;
  /** A name is a free dimension. */
  readonly shape: readonly (number | string)[];
}

interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly body?: Uint8Array;
}

interface Initializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly raw: Uint8Array;
}

interface Graph {
  readonly nodes: readonly Node[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers?: readonly Initializer[];
}

/** y = x, any type. */
export function makeIdentityModel(type: OnnxType, shape: readonly (number | string)[]): Uint8Array {
  return encodeModel({
    nodes: [{ operator: 'Identity', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', type, shape }],
    outputs: [{ name: 'y', type, shape }],
  });
}

/** y = x + x, and z = x, of [n, width]: two outputs, one of which is an input. */
export function makeDoubleModel(width: number): Uint8Array {
  const shape = ['n', width];
  const nodes = [
    { operator: 'Add', inputs: ['x', 'x'], outputs: ['y'] },
    { operator: 'Identity', inputs: ['x'], outputs: ['z'] },
  ];
  const outputs = ['y', 'z'].map((name) => ({ name, type: 'FP32' as const, shape }));
  return encodeModel({ nodes, inputs: [{ name: 'x', type: 'FP32', shape }], outputs });
}

/** y = x + k, where k = 7 is an input with a default. */
export function makeOptionalModel(): Uint8Array {
  return encodeModel({
    nodes: [{ operator: 'Add', inputs: ['x', 'k'], outputs: ['y'] }],
    inputs: [
      { name: 'x', type: 'FP32', shape: ['n'] },
      { name: 'k', type: 'FP32', shape: [1] },
    ],
    outputs: [{ name: 'y', type: 'FP32', shape: ['n'] }],
    initializers: [{ name: 'k', type: 'FP32', shape: [1], raw: new Uint8Array(Float32Array.of(7).buffer) }],
  });
}

/** y = x after `trips` rounds of adding zero: runs for as long as the request says. */
export function makeLoopModel(): Uint8Array {
  const body = encodeGraph({
    nodes: [
      { operator: 'Identity', inputs: ['c'], outputs: ['d'] },
      { operator: 'Add', inputs: ['v', 'zero'], outputs: ['w'] },
    ],
    inputs: [
      { name: 'i', type: 'INT64', shape: [] },
      { name: 'c', type: 'BOOL', shape: [] },
      { name: 'v', type: 'FP32', shape: ['n'] },
    ],
    outputs: [
      { name: 'd', type: 'BOOL', shape: [] },
      { name: 'w', type: 'FP32', shape: ['n'] },
    ],
  });
  return encodeModel({
    nodes: [{ operator: 'Loop', inputs: ['trips', 'true', 'x'], outputs: ['y'], body }],
    inputs: [
      { name: 'trips', type: 'INT64', shape: [] },
      { name: 'x', type: 'FP32', shape: ['n'] },
    ],
    outputs: [{ name: 'y', type: 'FP32', shape: ['n'] }],
    initializers: [
      { name: 'true', type: 'BOOL', shape: [], raw: Uint8Array.of(1) },
      { name: 'zero', type: 'FP32', shape: [1], raw: new Uint8Array(4) },
    ],
  });
}

function encodeModel(graph: Graph): Uint8Array {
  const opset = Writer.create().uint32(tag(2, 0)).int64(17).finish();
  return Writer.create().uint32(tag(1, 0)).int64(8).uint32(tag(7, 2)).bytes(encodeGraph(graph)).uint32(tag(8, 2)).bytes(opset).finish();
}

function encodeGraph({ nodes, inputs, outputs, initializers = [] }: Graph): Uint8Array {
  const graph = Writer.create();
  for (const node of nodes) graph.uint32(tag(1, 2)).bytes(encodeNode(node));
  graph.uint32(tag(2, 2)).string('g');
  for (const initializer of initializers) graph.uint32(tag(5, 2)).bytes(encodeInitializer(initializer));
  for (const input of inputs) graph.uint32(tag(11, 2)).bytes(encodeValue(input));
  for (const output of outputs) graph.uint32(tag(12, 2)).bytes(encodeValue(output));
  return graph.finish();
}

function encodeNode({ operator, inputs, outputs, body }: Node): Uint8Array {
  const node = Writer.create();
  for (const input of inputs) node.uint32(tag(1, 2)).string(input);
  for (const output of outputs) node.uint32(tag(2, 2)).string(output);
  node.uint32(tag(4, 2)).string(operator);
  if (body === undefined) return node.finish();
  const attribute = Writer.create().uint32(tag(1, 2)).string('body').uint32(tag(6, 2)).bytes(body).uint32(tag(20, 0)).int32(5).finish();
  return node.uint32(tag(5, 2)).bytes(attribute).finish();
}

function encodeInitializer({ name, type, shape, raw }: Initializer): Uint8Array {
  const tensor = Writer.create();
  for (const dimension of shape) tensor.uint32(tag(1, 0)).int64(dimension);
  return tensor.uint32(tag(2, 0)).int32(ONNX_TYPES[type]).uint32(tag(8, 2)).string(name).uint32(tag(9, 2)).bytes(raw).finish();
}

function encodeValue({ name, type, shape }: ValueInfo): Uint8Array {
  const dimensions = Writer.create();
  for (const dimension of shape) {
    const encoded = Writer.create();
    if (typeof dimension === 'string') encoded.uint32(tag(2, 2)).string(dimension);
    else encoded.uint32(tag(1, 0)).int64(dimension);
    dimensions.uint32(tag(1, 2)).bytes(encoded.finish());
  }
  const tensor = Writer.create().uint32(tag(1, 0)).int32(ONNX_TYPES[type]).uint32(tag(2, 2)).bytes(dimensions.finish()).finish();
  const wrapped = Writer.create().uint32(tag(1, 2)).bytes(tensor).finish();
  return Writer.create().uint32(tag(1, 2)).string(name).uint32(tag(2, 2)).bytes(wrapped).finish();
}

function tag(field: number, wireType: 0 | 2): number {
  return (field << 3) | wireType;
}
