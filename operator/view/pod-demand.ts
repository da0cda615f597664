/** A pod that is yet to be made, as the scheduler and a quota will see it: read of a pod template. */
import { asList, asRecord, asText, type Json } from './json.js';
import { type PodResources, podResources } from './pod-resources.js';

export interface Toleration {
  readonly key: string;
  readonly operator: string;
  readonly value: string;
  readonly effect: string;
}

export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** All of its requirements have to hold; without any it matches nothing. */
export interface NodeTerm {
  readonly labels: readonly Requirement[];
  readonly fields: readonly Requirement[];
}

export interface PodDemand extends PodResources {
  readonly namespace: string;
  readonly priorityClass: string;
  readonly nodeName: string;
  readonly tolerations: readonly Toleration[];
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** One of them has to match; undefined when any node will do. */
  readonly terms: readonly NodeTerm[] | undefined;
}

/** Admission gives them to every pod (DefaultTolerationSeconds): a node that has just fallen silent is no reason yet. */
const GIVEN: readonly Toleration[] = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => {
  return { key, operator: 'Exists', value: '', effect: 'NoExecute' };
});

export function viewPodDemand(namespace: string, template: Json): PodDemand {
  const spec = asRecord(template['spec']);
  const affinity = asRecord(asRecord(spec['affinity'])['nodeAffinity']);
  const required = affinity['requiredDuringSchedulingIgnoredDuringExecution'];
  return {
    ...podResources(spec),
    namespace,
    priorityClass: asText(spec['priorityClassName']) ?? '',
    nodeName: asText(spec['nodeName']) ?? '',
    tolerations: [...asList(spec['tolerations']).map(viewToleration), ...GIVEN],
    nodeSelector: Object.fromEntries(Object.entries(asRecord(spec['nodeSelector'])).map(([key, value]) => [key, asText(value) ?? ''])),
    terms: required === undefined ? undefined : asList(asRecord(required)['nodeSelectorTerms']).map(viewTerm),
  };
}

function viewToleration(json: unknown): Toleration {
  const { key, operator, value, effect } = asRecord(json);
  return { key: asText(key) ?? '', operator: asText(operator) ?? '', value: asText(value) ?? '', effect: asText(effect) ?? '' };
}

function viewTerm(json: unknown): NodeTerm {
  const { matchExpressions, matchFields } = asRecord(json);
  return { labels: asList(matchExpressions).map(viewRequirement), fields: asList(matchFields).map(viewRequirement) };
}

function viewRequirement(json: unknown): Requirement {
  const { key, operator, values } = asRecord(json);
  return { key: asText(key) ?? '', operator: asText(operator) ?? '', values: asList(values).map((one) => asText(one) ?? '') };
}
