/** ModelProto: from the bytes of an ONNX file to facts about it. Pure; copies no weights. */
import { MAX_DEPTH, MAX_ITEMS, type OnnxFunction, type OnnxGraph, type OnnxModel, type OnnxNode } from './onnx-model.js';
import { normalDomain, readGraph, readNode } from './read-graph.js';
import { addEntry } from './read-tensor.js';
import { OnnxFormatError, WireReader } from './wire-reader.js';

/** Throws OnnxFormatError, which says what is wrong and at which byte, when the bytes are no ONNX model. */
export function readModel(data: Uint8Array): OnnxModel {
  const reader = new WireReader(data, 'the model');
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  const functions: OnnxFunction[] = [];
  let graph: OnnxGraph | undefined;
  let irVersion = 0;
  let producer = '';
  while (reader.next()) {
    if (reader.field === 1) irVersion = reader.integer();
    else if (reader.field === 2) producer = reader.string();
    else if (reader.field === 7) graph = readGraph(reader.bytes(), 0);
    else if (reader.field === 8) addOpset(reader.bytes(), opsets);
    else if (reader.field === 14) addEntry(reader.bytes(), metadata);
    else if (reader.field === 25) functions.push(readFunction(reader.bytes()));
    else reader.skip();
  }
  if (graph === undefined) throw new OnnxFormatError('Not an ONNX file: the model has no graph; give the file as the exporter wrote it');
  return { irVersion, opsets, producer, graph, functions, metadata };
}

function addOpset(data: Uint8Array, into: Map<string, number>): void {
  const reader = new WireReader(data, 'an opset import');
  let [domain, version] = ['', 0];
  while (reader.next()) {
    if (reader.field === 1) domain = normalDomain(reader.string());
    else if (reader.field === 2) version = reader.integer();
    else reader.skip();
  }
  into.set(domain, version);
}

function readFunction(data: Uint8Array): OnnxFunction {
  const reader = new WireReader(data, 'a local function');
  const nodes: OnnxNode[] = [];
  let [name, domain] = ['', ''];
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 7) nodes.push(readNode(reader.bytes(), 0));
    else if (reader.field === 10) domain = normalDomain(reader.string());
    else reader.skip();
    if (nodes.length > MAX_ITEMS) throw new OnnxFormatError(`Function "${name}" has more than ${MAX_ITEMS} nodes; split the model`);
  }
  return { name, domain, nodes };
}

/** Every node, those of subgraphs and local functions included. */
export function* walkNodes(model: OnnxModel): Generator<OnnxNode> {
  yield* walk(model.graph.nodes, 0);
  for (const local of model.functions) yield* walk(local.nodes, 0);
}

function* walk(nodes: readonly OnnxNode[], depth: number): Generator<OnnxNode> {
  if (depth > MAX_DEPTH) return;
  for (const node of nodes) {
    yield node;
    for (const attribute of node.attributes.values()) for (const graph of attribute.graphs()) yield* walk(graph.nodes, depth + 1);
  }
}
