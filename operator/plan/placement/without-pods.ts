/** The cluster as it will be when some pods are gone: what they have on nodes and in quotas is free. */
import { type ClusterView, nodeState } from '../../view/cluster-view.js';
import type { PlacedPod } from '../../view/placed-pod-view.js';
import { freeQuota } from './quota-room.js';

export function withoutPods({ nodes, quotas }: ClusterView, isGone: (pod: PlacedPod) => boolean): ClusterView {
  const gone = nodes.flatMap(({ pods }) => pods.filter(isGone));
  const touched = new Set(gone.map(({ node }) => node));
  return {
    nodes: nodes.map((state) => {
      return touched.has(state.node.name)
        ? nodeState(
            state.node,
            state.pods.filter((pod) => !isGone(pod)),
          )
        : state;
    }),
    quotas: quotas.map((quota) => freeQuota(quota, gone)),
  };
}
