/** What Slipway reads of a node. */
import type { KubeObject } from '../ports.js';
import { type Amounts, readAmounts } from './amounts.js';
import { asList, asRecord, asText } from './json.js';
import { perObject } from './per-object.js';

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

export interface NodeView {
  readonly name: string;
  readonly isReady: boolean;
  /** Cordoned. */
  readonly isUnschedulable: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** What pods may have; of devices the healthy ones. */
  readonly allocatable: Amounts;
  readonly capacity: Amounts;
}

export const viewNode = perObject((object: KubeObject): NodeView => {
  const { metadata } = object;
  const spec = asRecord(object['spec']);
  const status = asRecord(object['status']);
  return {
    name: metadata.name,
    isReady: asList(status['conditions']).some((value) => {
      const { type, status: is } = asRecord(value);
      return type === 'Ready' && is === 'True';
    }),
    isUnschedulable: spec['unschedulable'] === true,
    labels: metadata.labels ?? {},
    taints: asList(spec['taints']).map((value) => {
      const taint = asRecord(value);
      return { key: asText(taint['key']) ?? '', value: asText(taint['value']) ?? '', effect: asText(taint['effect']) ?? '' };
    }),
    allocatable: readAmounts(status['allocatable']),
    capacity: readAmounts(status['capacity']),
  };
});
