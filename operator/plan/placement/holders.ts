/**
 * Who has the devices. A message is read by whoever may read the model, so pods of other namespaces are counted and never named.
 */
import type { NodeState } from '../../view/cluster-view.js';
import { count } from './words.js';

/** `model reader 4, pod trainer 2, 3 pods of other namespaces 18`: those of the namespace first, the largest of them first. */
export function holdersOf(resource: string, states: readonly NodeState[], namespace: string): string[] {
  const holding = states.flatMap(({ pods }) => pods).filter(({ requests }) => (requests.get(resource) ?? 0) > 0);
  const held = new Map<string, number>();
  const others = holding.filter((pod) => pod.namespace !== namespace);
  for (const pod of holding.filter((one) => one.namespace === namespace)) {
    const holder = pod.model === '' ? `pod ${pod.name}` : `model ${pod.model}`;
    held.set(holder, (held.get(holder) ?? 0) + (pod.requests.get(resource) ?? 0));
  }
  const own = [...held].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([holder, devices]) => `${holder} ${devices}`);
  const foreign = others.reduce((sum, { requests }) => sum + (requests.get(resource) ?? 0), 0);
  return others.length === 0 ? own : [...own, `${count(others.length, 'pod')} of other namespaces ${foreign}`];
}

/** Devices that pods have which are on their way out. */
export function endingHolders(resource: string, states: readonly NodeState[]): number {
  const ending = states.flatMap(({ pods }) => pods).filter(({ isTerminating }) => isTerminating);
  return ending.reduce((sum, { requests }) => sum + (requests.get(resource) ?? 0), 0);
}
