/** All that decides where a pod fits: nodes with what is on them, and quotas. Sorted, so that nothing depends on the order of reads. */
import type { KubeObject } from '../ports.js';
import type { Amounts } from './amounts.js';
import { type NodeView, viewNode } from './node-view.js';
import { type PlacedPod, viewPlacedPod } from './placed-pod-view.js';
import { type QuotaView, viewQuota } from './quota-view.js';

export interface NodeState {
  readonly node: NodeView;
  readonly pods: readonly PlacedPod[];
  /** What they take together. */
  readonly used: Amounts;
}

export interface ClusterView {
  readonly nodes: readonly NodeState[];
  readonly quotas: readonly QuotaView[];
}

export interface ClusterObjects {
  readonly nodes: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  readonly quotas: readonly KubeObject[];
}

export function viewCluster({ nodes, pods, quotas }: ClusterObjects): ClusterView {
  const placed = Map.groupBy(
    pods.map(viewPlacedPod).filter((pod) => pod !== undefined),
    ({ node }) => node,
  );
  return {
    nodes: nodes
      .map(viewNode)
      .sort(byName)
      .map((node) =>
        nodeState(
          node,
          (placed.get(node.name) ?? []).sort((a, b) => byText(a.namespace, b.namespace) || byName(a, b)),
        ),
      ),
    quotas: quotas.map(viewQuota).sort(byName),
  };
}

export function nodeState(node: NodeView, pods: readonly PlacedPod[]): NodeState {
  const used = new Map<string, number>();
  for (const { requests } of pods) for (const [name, value] of requests) used.set(name, (used.get(name) ?? 0) + value);
  return { node, pods, used };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return byText(a.name, b.name);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
