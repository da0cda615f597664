/**
 * Why one pod cannot go to one node: the filters of kube-scheduler's default profile that look at a node and its pods, in its order.
 * The scheduler stops at the first filter that says no; all of them are given here, because the first is not always what a person has to
 * mend. Held against the scheduler's own code by `test/scheduler`. Not here: ports of the host, volumes, claims, affinity between pods
 * and topology spread, of which Slipway's pods have none that is required.
 */
import type { NodeState } from '../../view/cluster-view.js';
import type { Taint } from '../../view/node-view.js';
import type { PodDemand } from '../../view/pod-demand.js';
import { matchesNode } from './matches-node.js';
import { CORDON, untolerated } from './tolerates.js';

export interface Shortage {
  readonly resource: string;
  readonly requested: number;
  /** Less than nothing where more is used than a node has. */
  readonly free: number;
}

export type NodeFailure =
  | { readonly filter: 'NodeUnschedulable' }
  | { readonly filter: 'NodeName' }
  | { readonly filter: 'TaintToleration'; readonly taints: readonly Taint[] }
  | { readonly filter: 'NodeAffinity' }
  | { readonly filter: 'NodeResourcesFit'; readonly shortages: readonly Shortage[] };

export function nodeFailures(demand: PodDemand, state: NodeState): readonly NodeFailure[] {
  const { node } = state;
  const failures: NodeFailure[] = [];
  if (node.isUnschedulable && untolerated([CORDON], demand.tolerations).length > 0) failures.push({ filter: 'NodeUnschedulable' });
  if (demand.nodeName !== '' && demand.nodeName !== node.name) failures.push({ filter: 'NodeName' });
  const taints = untolerated(node.taints, demand.tolerations);
  if (taints.length > 0) failures.push({ filter: 'TaintToleration', taints });
  if (!matchesNode(demand, node)) failures.push({ filter: 'NodeAffinity' });
  const shortages = shortagesOf(demand, state);
  if (shortages.length > 0) failures.push({ filter: 'NodeResourcesFit', shortages });
  return failures;
}

/** How many such pods go there, one after the other. */
export function podsThatFit(demand: PodDemand, state: NodeState): number {
  if (nodeFailures(demand, state).length > 0) return 0;
  const room = [...countedRequests(demand)].map(([resource, requested]) => Math.floor(freeOf(state, resource) / requested));
  return Math.min(freeOf(state, 'pods'), ...room);
}

export function freeOf({ node, pods, used }: NodeState, resource: string): number {
  return (node.allocatable.get(resource) ?? 0) - (resource === 'pods' ? pods.length : (used.get(resource) ?? 0));
}

function shortagesOf(demand: PodDemand, state: NodeState): Shortage[] {
  return [['pods', 1] as const, ...countedRequests(demand)]
    .map(([resource, requested]) => ({ resource, requested, free: freeOf(state, resource) }))
    .filter(({ requested, free }) => requested > free);
}

/** Nothing asked for is no reason, and names without a domain are no resources to the scheduler. */
function countedRequests({ requests }: PodDemand): (readonly [string, number])[] {
  return [...requests].filter(([name, value]) => value > 0 && isCounted(name));
}

function isCounted(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || name.includes('/') || name.startsWith('hugepages-');
}
