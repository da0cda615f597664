/**
 * What a pod takes of a node, as kube-scheduler 1.34 counts it: the sum of its containers and sidecars, or what an init container needs
 * with the sidecars before it, if that is more; what the pod itself asks for instead of it; and its overhead. Of a pod that is being
 * resized the most of what was, is and is to be. A limit without a request is a request, as the API server makes it.
 */
import { type Amounts, type Nanos, readNanos, toAmounts } from './amounts.js';
import { asList, asRecord, asText, type Json } from './json.js';

export interface PodResources {
  readonly requests: Amounts;
  readonly limits: Amounts;
  /** `requests.cpu`, `limits.memory` … that not every container sets: a quota on one of them refuses the pod. */
  readonly unset: readonly string[];
}

/** Without a status as of a pod that is yet to be made. */
export function podResources(spec: Json, status: Json = {}): PodResources {
  const statuses = readStatuses(status);
  const isInfeasible = asList(status['conditions']).some((value) => {
    const { type, reason } = asRecord(value);
    return type === 'PodResizePending' && reason === 'Infeasible';
  });
  const requestsOf = (container: Json, mayResize: boolean): Nanos => {
    const { requests } = containerResources(container);
    const reported = mayResize ? statuses.get(asText(container['name']) ?? '') : undefined;
    if (reported === undefined) return requests;
    const most: Nanos = isInfeasible ? new Map() : new Map(requests);
    raise(most, readNanos(asRecord(reported['resources'])['requests']));
    raise(most, readNanos(reported['allocatedResources']));
    return most;
  };
  return {
    requests: toAmounts(sumUp(spec, requestsOf, 'requests')),
    limits: toAmounts(sumUp(spec, (container) => containerResources(container).limits, 'limits')),
    unset: unsetOf(spec),
  };
}

/** By container, those of which the kubelet has said what they have. */
function readStatuses(status: Json): ReadonlyMap<string, Json> {
  const all = [...asList(status['containerStatuses']), ...asList(status['initContainerStatuses'])].map(asRecord);
  return new Map(all.filter(({ resources }) => resources !== undefined).map((one) => [asText(one['name']) ?? '', one]));
}

function sumUp(spec: Json, resourcesOf: (container: Json, mayResize: boolean) => Nanos, field: 'requests' | 'limits'): Nanos {
  const sum: Nanos = new Map();
  for (const container of asList(spec['containers']).map(asRecord)) add(sum, resourcesOf(container, true));
  const sidecars: Nanos = new Map();
  const starting: Nanos = new Map();
  for (const container of asList(spec['initContainers']).map(asRecord)) {
    const isSidecar = container['restartPolicy'] === 'Always';
    const value = resourcesOf(container, isSidecar);
    if (isSidecar) add(sum, value);
    const atThatTime = new Map(sidecars);
    add(atThatTime, value);
    if (isSidecar) add(sidecars, value);
    raise(starting, atThatTime);
  }
  raise(sum, starting);
  for (const [name, value] of readNanos(asRecord(spec['resources'])[field])) if (isOfPods(name)) sum.set(name, value);
  const overhead = readNanos(spec['overhead']);
  add(sum, field === 'requests' ? overhead : new Map([...overhead].filter(([name]) => (sum.get(name) ?? 0n) !== 0n)));
  return sum;
}

/** What a pod as a whole may ask for. */
function isOfPods(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

function containerResources(container: Json): { readonly requests: Nanos; readonly limits: Nanos } {
  const resources = asRecord(container['resources']);
  const limits = readNanos(resources['limits']);
  return { requests: new Map([...limits, ...readNanos(resources['requests'])]), limits };
}

function unsetOf(spec: Json): string[] {
  const containers = [...asList(spec['containers']), ...asList(spec['initContainers'])].map((value) => containerResources(asRecord(value)));
  return ['requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'].filter((key) => {
    const name = key.endsWith('cpu') ? 'cpu' : 'memory';
    return containers.some(({ requests, limits }) => !(key.startsWith('limits') ? limits : requests).has(name));
  });
}

function add(sum: Nanos, more: ReadonlyMap<string, bigint>): void {
  for (const [name, value] of more) sum.set(name, (sum.get(name) ?? 0n) + value);
}

function raise(most: Nanos, other: ReadonlyMap<string, bigint>): void {
  for (const [name, value] of other) {
    const before = most.get(name);
    if (before === undefined || value > before) most.set(name, value);
  }
}
