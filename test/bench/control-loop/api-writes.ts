/** How many writes of each kind the operator made, as the API server counted them. Pure. */
import { type Metrics, sumOf } from './prometheus.js';

export const API_COUNTER = 'apiserver_request_total';

/** By what is written. Events and the Lease are not in it, nor are resolver pods: the controller manager creates pods, too. */
export type WritesByKind = Readonly<Record<string, number>>;

interface Counted {
  readonly resource: string;
  readonly subresource?: string;
  /** Verbs that only the operator uses on it in this cluster; the others are of the controller manager, of kwok and of the benchmark. */
  readonly verbs: readonly string[];
}

const ALL = ['APPLY', 'PATCH', 'PUT', 'POST', 'DELETE'];
const COUNTED: readonly Counted[] = [
  { resource: 'modeldeployments', subresource: 'status', verbs: ALL },
  { resource: 'controllerrevisions', verbs: ALL },
  { resource: 'deployments', verbs: ALL },
  { resource: 'services', verbs: ALL },
  { resource: 'poddisruptionbudgets', verbs: ALL },
  { resource: 'serviceaccounts', verbs: ['APPLY', 'PATCH', 'DELETE'] },
];

export function countWrites(metrics: Metrics): WritesByKind {
  return Object.fromEntries(
    COUNTED.map(({ resource, subresource = '', verbs }) => [
      subresource === '' ? resource : `${resource}/${subresource}`,
      sumOf(metrics, API_COUNTER, { resource: [resource], subresource: [subresource], verb: verbs }),
    ]),
  );
}

export function writesBetween(before: WritesByKind, after: WritesByKind): WritesByKind {
  return Object.fromEntries(Object.entries(after).map(([kind, count]) => [kind, count - (before[kind] ?? 0)]));
}

export function totalOf(writes: WritesByKind): number {
  return Object.values(writes).reduce((sum, count) => sum + count, 0);
}
