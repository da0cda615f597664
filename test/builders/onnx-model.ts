/** Small ONNX models for tests, written on the wire without files or Python. Field numbers are those of onnx.proto. */
import { Writer } from 'protobufjs';

export const FLOAT = 1;
export const INT64 = 7;
export const BOOL = 9;
export const BFLOAT16 = 16;

export interface TestValue {
  readonly name: string;
  readonly elemType?: number;
  /** undefined for a tensor of unknown rank; an element that is undefined is a dimension without a name. */
  readonly shape?: readonly (number | string | undefined)[];
}

export type TestAttribute =
  | number
  | bigint
  | string
  | readonly number[]
  | readonly string[]
  | { readonly floats: readonly number[] }
  | TestTensor
  | TestGraph;

export interface TestNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly name?: string;
  readonly attributes?: Readonly<Record<string, TestAttribute>>;
}

export interface TestTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly elemType?: number;
  readonly values?: readonly number[];
  /** Fields of TensorProto, encoded, that carry the elements in place of raw_data. */
  readonly encoded?: Uint8Array;
  readonly external?: Readonly<Record<string, string>>;
}

export interface TestGraph {
  readonly nodes: readonly TestNode[];
  readonly inputs: readonly TestValue[];
  readonly outputs: readonly TestValue[];
  readonly initializers?: readonly TestTensor[];
}

export interface TestModel extends TestGraph {
  readonly opset?: number;
  readonly irVersion?: number;
  /** Version by domain, besides ai.onnx. */
  readonly domains?: Readonly<Record<string, number>>;
}

/** Bytes of an onnx.ModelProto. */
export function makeOnnxModel(model: TestModel): Uint8Array {
  const file = Writer.create();
  varint(file, 1, model.irVersion ?? 8);
  bytes(file, 7, encodeGraph(model));
  for (const [domain, version] of Object.entries({ '': model.opset ?? 17, ...model.domains })) bytes(file, 8, encodeOpset(domain, version));
  return file.finish();
}

function encodeOpset(domain: string, version: number): Uint8Array {
  const opset = Writer.create();
  if (domain !== '') text(opset, 1, domain);
  varint(opset, 2, version);
  return opset.finish();
}

function encodeGraph({ nodes, inputs, outputs, initializers }: TestGraph): Uint8Array {
  const graph = Writer.create();
  for (const node of nodes) bytes(graph, 1, encodeNode(node));
  text(graph, 2, 'g');
  for (const tensor of initializers ?? []) bytes(graph, 5, encodeTensor(tensor));
  for (const value of inputs) bytes(graph, 11, encodeValue(value));
  for (const value of outputs) bytes(graph, 12, encodeValue(value));
  return graph.finish();
}

function encodeNode({ op, inputs, outputs, domain, name, attributes }: TestNode): Uint8Array {
  const node = Writer.create();
  for (const input of inputs) text(node, 1, input);
  for (const output of outputs) text(node, 2, output);
  text(node, 3, name ?? '');
  text(node, 4, op);
  for (const [key, value] of Object.entries(attributes ?? {})) bytes(node, 5, encodeAttribute(key, value));
  if (domain !== undefined) text(node, 7, domain);
  return node.finish();
}

/** Numbers with a fraction are floats, whole ones ints. */
function encodeAttribute(name: string, value: TestAttribute): Uint8Array {
  const attribute = Writer.create();
  text(attribute, 1, name);
  varint(attribute, 20, encodePayload(attribute, value));
  return attribute.finish();
}

/** Returns the number of the attribute's type. */
function encodePayload(attribute: Writer, value: TestAttribute): number {
  if (typeof value === 'string') {
    text(attribute, 4, value);
    return 3;
  }
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) {
    varint(attribute, 3, Number(value));
    return 2;
  }
  if (typeof value === 'number') {
    attribute.uint32(tag(2, 5)).float(value);
    return 1;
  }
  return encodeRich(attribute, value);
}

function encodeRich(attribute: Writer, value: Exclude<TestAttribute, number | bigint | string>): number {
  if ('nodes' in value) {
    bytes(attribute, 6, encodeGraph(value));
    return 5;
  }
  if ('dims' in value) {
    bytes(attribute, 5, encodeTensor(value));
    return 4;
  }
  if ('floats' in value) {
    for (const one of value.floats) attribute.uint32(tag(7, 5)).float(one);
    return 6;
  }
  for (const one of value) {
    if (typeof one === 'string') text(attribute, 9, one);
    else varint(attribute, 8, one);
  }
  return value.some((one) => typeof one === 'string') ? 8 : 7;
}

/** Without values: a fixed wave, or 0 and 1 in turns for whole numbers. */
function encodeTensor({ name, dims, elemType = FLOAT, values, external, encoded }: TestTensor): Uint8Array {
  const tensor = Writer.create();
  for (const dim of dims) varint(tensor, 1, dim);
  varint(tensor, 2, elemType);
  text(tensor, 8, name);
  const count = dims.reduce((product, dim) => product * dim, 1);
  const wanted = values ?? Array.from({ length: count }, (_, index) => (elemType === FLOAT ? Math.sin(index + 1) : index % 2));
  if (external === undefined && encoded === undefined) bytes(tensor, 9, rawBytes(elemType, wanted));
  for (const [key, value] of Object.entries(external ?? {})) {
    const entry = Writer.create();
    text(entry, 1, key);
    text(entry, 2, value);
    bytes(tensor, 13, entry.finish());
  }
  if (external !== undefined) varint(tensor, 14, 1);
  return Buffer.concat([tensor.finish(), encoded ?? new Uint8Array()]);
}

function rawBytes(elemType: number, values: readonly number[]): Uint8Array {
  if (elemType === BOOL) return Uint8Array.from(values);
  const list = elemType === INT64 ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
  return new Uint8Array(list.buffer);
}

function encodeValue({ name, elemType = FLOAT, shape }: TestValue): Uint8Array {
  const tensor = Writer.create();
  varint(tensor, 1, elemType);
  if (shape !== undefined) bytes(tensor, 2, encodeShape(shape));
  const type = Writer.create();
  bytes(type, 1, tensor.finish());
  const value = Writer.create();
  text(value, 1, name);
  bytes(value, 2, type.finish());
  return value.finish();
}

function encodeShape(dims: readonly (number | string | undefined)[]): Uint8Array {
  const shape = Writer.create();
  for (const dim of dims) {
    const one = Writer.create();
    if (typeof dim === 'number') varint(one, 1, dim);
    else if (dim !== undefined) text(one, 2, dim);
    bytes(shape, 1, one.finish());
  }
  return shape.finish();
}

function tag(field: number, wire: 0 | 2 | 5): number {
  return field * 8 + wire;
}

function varint(into: Writer, field: number, value: number): void {
  into.uint32(tag(field, 0)).int64(value);
}

function text(into: Writer, field: number, value: string): void {
  into.uint32(tag(field, 2)).string(value);
}

function bytes(into: Writer, field: number, value: Uint8Array): void {
  into.uint32(tag(field, 2)).bytes(value);
}
