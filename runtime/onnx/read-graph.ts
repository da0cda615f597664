/** GraphProto, NodeProto and AttributeProto. Subgraphs are parsed when somebody asks, so that the depth of a file costs nothing until then. */
import {
  MAX_DEPTH,
  MAX_ITEMS,
  MAX_KEPT,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from './onnx-model.js';
import { readSparseTensor, readTensor } from './read-tensor.js';
import { readValueInfo } from './read-type.js';
import { OnnxFormatError, WireReader } from './wire-reader.js';

export function readGraph(data: Uint8Array, depth: number): OnnxGraph {
  if (depth > MAX_DEPTH) throw new OnnxFormatError(`Subgraphs are nested more than ${MAX_DEPTH} deep; give the file as the exporter wrote it`);
  const reader = new WireReader(data, 'the graph');
  let name = '';
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const sparseInitializers: OnnxTensor[] = [];
  const [inputs, outputs, valueInfo]: [OnnxValueInfo[], OnnxValueInfo[], OnnxValueInfo[]] = [[], [], []];
  let items = 0;
  while (reader.next()) {
    items += 1;
    if (items > MAX_ITEMS) throw new OnnxFormatError(`The graph has more than ${MAX_ITEMS} nodes and tensors; split the model`);
    if (reader.field === 1) nodes.push(readNode(reader.bytes(), depth));
    else if (reader.field === 2) name = reader.string();
    else if (reader.field === 5) initializers.push(readTensor(reader.bytes()));
    else if (reader.field === 11) inputs.push(readValueInfo(reader.bytes()));
    else if (reader.field === 12) outputs.push(readValueInfo(reader.bytes()));
    else if (reader.field === 13) valueInfo.push(readValueInfo(reader.bytes()));
    else if (reader.field === 15) sparseInitializers.push(readSparseTensor(reader.bytes()));
    else reader.skip();
  }
  return { name, nodes, initializers, sparseInitializers, inputs, outputs, valueInfo };
}

export function readNode(data: Uint8Array, depth: number): OnnxNode {
  const reader = new WireReader(data, 'a node');
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes = new Map<string, OnnxAttribute>();
  let [opType, domain, name] = ['', '', ''];
  while (reader.next()) {
    if (reader.field === 1) inputs.push(reader.string());
    else if (reader.field === 2) outputs.push(reader.string());
    else if (reader.field === 3) name = reader.string();
    else if (reader.field === 4) opType = reader.string();
    else if (reader.field === 5) addAttribute(reader.bytes(), depth, attributes);
    else if (reader.field === 7) domain = normalDomain(reader.string());
    else reader.skip();
  }
  return { opType, domain, name, inputs, outputs, attributes };
}

/** ai.onnx and "" are the same domain. */
export function normalDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function addAttribute(data: Uint8Array, depth: number, into: Map<string, OnnxAttribute>): void {
  const reader = new WireReader(data, 'an attribute');
  const graphs: Uint8Array[] = [];
  const scalars: Scalars = { name: '', float: undefined, int: undefined, string: undefined, tensor: undefined, refersTo: undefined, isSparse: false };
  const lists = { floats: [] as number[], ints: [] as bigint[], strings: [] as string[] };
  while (reader.next()) {
    if (reader.field === 6 || reader.field === 11) graphs.push(reader.bytes());
    else if (reader.field === 7) reader.floats(lists.floats, MAX_KEPT);
    else if (reader.field === 8) reader.int64s(lists.ints, MAX_KEPT);
    else if (reader.field === 9 && lists.strings.length < MAX_KEPT) lists.strings.push(reader.string());
    else readScalar(reader, scalars);
  }
  let parsed: readonly OnnxGraph[] | undefined;
  const parse = () => {
    parsed ??= graphs.map((graph) => readGraph(graph, depth + 1));
    return parsed;
  };
  into.set(scalars.name, { ...scalars, ...lists, graphs: parse });
}

type Scalars = { -readonly [Key in 'name' | 'float' | 'int' | 'string' | 'tensor' | 'refersTo' | 'isSparse']: OnnxAttribute[Key] };

function readScalar(reader: WireReader, into: Scalars): void {
  if (reader.field === 1) into.name = reader.string();
  else if (reader.field === 2) into.float = reader.float();
  else if (reader.field === 3) into.int = reader.int64();
  else if (reader.field === 4) into.string = reader.string();
  else if (reader.field === 5) into.tensor = readTensor(reader.bytes());
  else if (reader.field === 21) into.refersTo = reader.string();
  else {
    if (reader.field === 22) into.isSparse = true;
    reader.skip();
  }
}
