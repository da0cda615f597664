/** Nodes that an output needs: ONNX Runtime may drop the others, so that they fail proves nothing about a run. */
import { MAX_DEPTH, type OnnxGraph, type OnnxNode } from '../onnx-model.js';

export function liveNodes(graph: OnnxGraph): readonly OnnxNode[] {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const live: OnnxNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    live.push(node);
    addReads(node, needed, 0);
  }
  return live.reverse();
}

/** What a node reads, its subgraphs included; a name that a subgraph makes itself does no harm. */
function addReads(node: OnnxNode, into: Set<string>, depth: number): void {
  for (const name of node.inputs) into.add(name);
  if (depth > MAX_DEPTH) return;
  for (const attribute of node.attributes.values()) {
    for (const graph of attribute.graphs()) {
      for (const { name } of graph.outputs) into.add(name);
      for (const inner of graph.nodes) addReads(inner, into, depth + 1);
    }
  }
}
