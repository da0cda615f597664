/** TypeProto and ValueInfoProto: what goes in and out of a graph. */
import { MAX_DEPTH, type OnnxDim, type OnnxType, type OnnxValueInfo } from './onnx-model.js';
import { OnnxFormatError, WireReader } from './wire-reader.js';

const MAX_RANK = 64;

export function readValueInfo(data: Uint8Array): OnnxValueInfo {
  const reader = new WireReader(data, 'an input or output');
  let name = '';
  let type: OnnxType | undefined;
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 2) type = readType(reader.bytes(), 0);
    else reader.skip();
  }
  return { name, type };
}

function readType(data: Uint8Array, depth: number): OnnxType | undefined {
  if (depth > MAX_DEPTH) throw new OnnxFormatError(`A type is nested more than ${MAX_DEPTH} deep; give the file as the exporter wrote it`);
  const reader = new WireReader(data, 'a type');
  let type: OnnxType | undefined;
  while (reader.next()) {
    if (reader.field === 1) type = readTensorType('tensor', reader.bytes());
    else if (reader.field === 8) type = readTensorType('sparse_tensor', reader.bytes());
    else if (reader.field === 4) type = { kind: 'sequence', element: readInner(reader.bytes(), depth).inner };
    else if (reader.field === 9) type = { kind: 'optional', element: readInner(reader.bytes(), depth).inner };
    else if (reader.field === 5) type = readMap(reader.bytes(), depth);
    else if (reader.field === 7) type = skipOpaque(reader);
    else reader.skip();
  }
  return type;
}

function readMap(data: Uint8Array, depth: number): OnnxType {
  const { keyType, value } = readInner(data, depth);
  return { kind: 'map', keyType, value };
}

function skipOpaque(reader: WireReader): OnnxType {
  reader.skip();
  return { kind: 'opaque' };
}

/** Sequence and Optional keep their element in field 1, Map its key type in 1 and its value in 2. */
function readInner(data: Uint8Array, depth: number): { inner: OnnxType | undefined; keyType: number; value: OnnxType | undefined } {
  const reader = new WireReader(data, 'a type');
  let inner: OnnxType | undefined;
  let value: OnnxType | undefined;
  let keyType = 0;
  while (reader.next()) {
    if (reader.field === 1 && reader.wire === 0) keyType = reader.integer();
    else if (reader.field === 1) inner = readType(reader.bytes(), depth + 1);
    else if (reader.field === 2) value = readType(reader.bytes(), depth + 1);
    else reader.skip();
  }
  return { inner, keyType, value };
}

function readTensorType(kind: 'tensor' | 'sparse_tensor', data: Uint8Array): OnnxType {
  const reader = new WireReader(data, 'a tensor type');
  let elemType = 0;
  let shape: readonly OnnxDim[] | undefined;
  while (reader.next()) {
    if (reader.field === 1) elemType = reader.integer();
    else if (reader.field === 2) shape = readShape(reader.bytes());
    else reader.skip();
  }
  return { kind, elemType, shape };
}

function readShape(data: Uint8Array): readonly OnnxDim[] {
  const reader = new WireReader(data, 'a shape');
  const shape: OnnxDim[] = [];
  while (reader.next()) {
    if (reader.field !== 1) reader.skip();
    else if (shape.length < MAX_RANK) shape.push(readDim(reader.bytes()));
    else throw new OnnxFormatError(`A shape has more than ${MAX_RANK} dimensions; give the file as the exporter wrote it`);
  }
  return shape;
}

/** dim_value 0 and below, and an empty dim_param, are how some exporters say "any". */
function readDim(data: Uint8Array): OnnxDim {
  const reader = new WireReader(data, 'a dimension');
  let dim: OnnxDim;
  while (reader.next()) {
    if (reader.field === 1) dim = reader.integer();
    else if (reader.field === 2) dim = reader.string();
    else reader.skip();
  }
  if (typeof dim === 'number') return dim < 0 ? undefined : dim;
  return dim === '' ? undefined : dim;
}
