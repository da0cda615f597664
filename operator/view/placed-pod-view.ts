/** A pod as something that takes place on a node. */
import { LABELS } from '../../contract/labels.js';
import type { KubeObject } from '../ports.js';
import type { Amounts } from './amounts.js';
import { asRecord, asText } from './json.js';
import { perObject } from './per-object.js';
import { podResources } from './pod-resources.js';

export interface PlacedPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** ModelDeployment that it serves; empty for pods that are not ours. */
  readonly model: string;
  readonly priorityClass: string;
  /** It keeps what it has until it is gone. */
  readonly isTerminating: boolean;
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** Undefined for a pod that takes no place: one without a node, and one that has ended, whether or not it is still to be seen. */
export const viewPlacedPod = perObject((object: KubeObject): PlacedPod | undefined => {
  const { metadata } = object;
  const spec = asRecord(object['spec']);
  const status = asRecord(object['status']);
  const node = asText(spec['nodeName']) ?? '';
  if (node === '' || status['phase'] === 'Succeeded' || status['phase'] === 'Failed') return undefined;
  const { requests, limits } = podResources(spec, status);
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    node,
    model: metadata.labels?.[LABELS.model] ?? '',
    priorityClass: asText(spec['priorityClassName']) ?? '',
    isTerminating: metadata.deletionTimestamp !== undefined,
    requests,
    limits,
  };
});
