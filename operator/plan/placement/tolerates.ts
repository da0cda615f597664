/** Whether a pod bears a taint, as kube-scheduler decides it. */
import type { Taint } from '../../view/node-view.js';
import type { Toleration } from '../../view/pod-demand.js';

/** What cordons a node; the node controller sets it moments after `spec.unschedulable`. */
export const CORDON: Taint = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };

/** Taints that keep the pod away. PreferNoSchedule keeps nobody away. */
export function untolerated(taints: readonly Taint[], tolerations: readonly Toleration[]): readonly Taint[] {
  return taints.filter((taint) => (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !tolerations.some((one) => bears(one, taint)));
}

function bears({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  return operator === 'Exists' || ((operator === '' || operator === 'Equal') && value === taint.value);
}
