/** Other names for values of a graph, in the nodes that compute and read them, down into subgraphs, which see the values of the graphs around. */
import type { OnnxGraph } from '../onnx-model.js';
import { readGraph } from '../read-graph.js';
import { type FieldEdit, lengthDelimited, type Pieces, spliceMessage, textField } from './splice.js';

/** New name by old. */
export type Renames = ReadonlyMap<string, string>;

const NODE = { input: 1, output: 2, attribute: 5 } as const;
const ATTRIBUTE = { graph: 6, graphs: 11 } as const;
const GRAPH_NODE = 1;

/** What a NodeProto holds now; undefined when it reads and computes none of the values. */
export function renameInNode(payload: Uint8Array, renames: Renames, depth = 0): Pieces | undefined {
  return spliceIfChanged(payload, 'a node', (field, bytes) => {
    if (field === NODE.input || field === NODE.output) return renameText(field, bytes, renames);
    if (field !== NODE.attribute) return undefined;
    const attribute = renameInAttribute(bytes, renames, depth);
    return attribute === undefined ? undefined : lengthDelimited(field, attribute);
  });
}

/** A text field that is one of the names; undefined when it is not. */
export function renameText(field: number, bytes: Uint8Array, renames: Renames): Pieces | undefined {
  const renamed = renames.get(DECODER.decode(bytes));
  return renamed === undefined ? undefined : textField(field, renamed);
}

/** Names that a graph gives itself: a value of that name further out is not seen inside. */
export function definedIn(graph: OnnxGraph): ReadonlySet<string> {
  const { inputs, initializers, sparseInitializers, nodes } = graph;
  const named = [...inputs, ...initializers, ...sparseInitializers].map(({ name }) => name);
  return new Set([...named, ...nodes.flatMap(({ outputs }) => outputs)]);
}

function renameInAttribute(payload: Uint8Array, renames: Renames, depth: number): Pieces | undefined {
  return spliceIfChanged(payload, 'an attribute', (field, bytes) => {
    if (field !== ATTRIBUTE.graph && field !== ATTRIBUTE.graphs) return undefined;
    const graph = renameInSubgraph(bytes, renames, depth + 1);
    return graph === undefined ? undefined : lengthDelimited(field, graph);
  });
}

function renameInSubgraph(payload: Uint8Array, renames: Renames, depth: number): Pieces | undefined {
  const own = definedIn(readGraph(payload, depth));
  const visible = new Map([...renames].filter(([name]) => !own.has(name)));
  if (visible.size === 0) return undefined;
  return spliceIfChanged(payload, 'a subgraph', (field, bytes) => {
    const node = field === GRAPH_NODE ? renameInNode(bytes, visible, depth) : undefined;
    return node === undefined ? undefined : lengthDelimited(field, node);
  });
}

function spliceIfChanged(payload: Uint8Array, what: string, edit: FieldEdit): Pieces | undefined {
  let isChanged = false;
  const pieces = spliceMessage(payload, what, (field, bytes) => {
    const edited = edit(field, bytes);
    isChanged ||= edited !== undefined;
    return edited;
  });
  return isChanged ? pieces : undefined;
}

const DECODER = new TextDecoder();
