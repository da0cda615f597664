/** How many more pods the ResourceQuotas of a namespace admit, and which of them stops the next one. */
import { type Amounts, lessAmounts } from '../../view/amounts.js';
import type { PlacedPod } from '../../view/placed-pod-view.js';
import type { PodDemand } from '../../view/pod-demand.js';
import type { QuotaScope, QuotaView } from '../../view/quota-view.js';

/** What stops the next pod. */
export interface QuotaStop {
  readonly quota: string;
  /** As the quota calls it: `requests.nvidia.com/gpu`. */
  readonly resource: string;
  readonly requested: number;
  readonly used: number;
  readonly hard: number;
  /** The quota counts what a container of the pod does not set at all. */
  readonly isUnset: boolean;
}

export interface QuotaRoom {
  /** Infinity without a quota. */
  readonly pods: number;
  /** Of the quota that has the least room; undefined without one that counts such pods. */
  readonly stop: QuotaStop | undefined;
}

type Counted = Pick<PlacedPod, 'namespace' | 'priorityClass' | 'requests' | 'limits'>;

export function quotaRoom(demand: PodDemand, quotas: readonly QuotaView[]): QuotaRoom {
  let room: QuotaRoom = { pods: Number.POSITIVE_INFINITY, stop: undefined };
  const asked = countedBy(demand);
  for (const quota of quotas.filter((one) => counts(one, demand))) {
    for (const [resource, hard] of quota.hard) {
      const used = quota.used.get(resource) ?? 0;
      const requested = asked.get(resource) ?? 0;
      const isUnset = demand.unset.some((key) => key === resource || key === `requests.${resource}`);
      const pods = isUnset ? 0 : requested === 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.floor((hard - used) / requested));
      if (pods < room.pods) room = { pods, stop: { quota: quota.name, resource, requested, used, hard, isUnset } };
    }
  }
  return room;
}

/** As the quota will be when those pods are gone. */
export function freeQuota(quota: QuotaView, gone: readonly PlacedPod[]): QuotaView {
  const freed = gone.filter((pod) => counts(quota, pod)).map(countedBy);
  return { ...quota, used: freed.reduce((used, amounts) => lessAmounts(used, amounts), quota.used) };
}

function countedBy({ requests, limits }: Counted): Amounts {
  const counted = new Map([
    ['pods', 1],
    ['count/pods', 1],
  ]);
  for (const [name, value] of requests) counted.set(`requests.${name}`, value);
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) counted.set(name, requests.get(name) ?? 0);
  for (const [name, value] of limits) counted.set(`limits.${name}`, value);
  return counted;
}

function counts(quota: QuotaView, pod: Counted): boolean {
  return quota.namespace === pod.namespace && quota.scopes.every((scope) => isInScope(scope, pod));
}

/** Slipway's pods ask for resources, have no deadline and no affinity to pods of other namespaces. */
function isInScope({ scope, operator, values }: QuotaScope, { priorityClass }: Counted): boolean {
  if (scope !== 'PriorityClass') return scope === 'NotTerminating' || scope === 'NotBestEffort';
  switch (operator) {
    case 'In':
      return values.includes(priorityClass);
    case 'NotIn':
      return !values.includes(priorityClass);
    case 'DoesNotExist':
      return priorityClass === '';
    default:
      return priorityClass !== '';
  }
}
