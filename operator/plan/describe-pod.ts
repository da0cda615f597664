/** How messages name a pod and an instant. */
import type { PodView } from '../view/pod-view.js';

/** `Pod reader-x on node n1`. */
export function whereOf(pod: Pick<PodView, 'name' | 'node'>): string {
  return pod.node === '' ? `Pod ${pod.name}` : `Pod ${pod.name} on node ${pod.node}`;
}

/** A fixed time and not an age: an age would change the status at every look. */
export function since(atMs: number | undefined): string {
  return atMs === undefined ? '' : ` since ${formatTime(atMs)}`;
}

export function formatTime(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
