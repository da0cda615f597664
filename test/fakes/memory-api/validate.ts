/** Refusals of changes that the API server does not allow. */
import { isRecord, isSameJson, readArray, readRecord } from '../../../lib/kube/json.js';
import type { KubeObject } from '../../../operator/ports.js';
import type { KindRules } from './kinds.js';
import { finalizersOf } from './metadata.js';
import { invalid } from './refusals.js';

export function checkChange(old: KubeObject, next: KubeObject, rules: KindRules): void {
  const { name } = old.metadata;
  for (const path of rules.immutable) {
    if (!isSameJson(readPath(old, path), readPath(next, path))) throw invalid(rules, name, `${path.join('.')}: field is immutable`);
  }
  if (rules.kind === 'Pod' && rules.apiVersion === 'v1' && !isSameJson(fixedPodSpec(old, old), fixedPodSpec(next, old))) {
    throw invalid(rules, name, 'spec: Forbidden: pod updates may not change fields other than images and what is allowed besides');
  }
  if (old.metadata.deletionTimestamp === undefined) return;
  const added = finalizersOf(next).find((finalizer) => !finalizersOf(old).includes(finalizer));
  if (added !== undefined) {
    const why = `metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ["${added}"]`;
    throw invalid(rules, name, why);
  }
}

/** What of a pod's spec stays: images may change, and the scheduler sets `nodeName` once. */
function fixedPodSpec(pod: KubeObject, old: KubeObject): unknown {
  const { nodeName, activeDeadlineSeconds: _, terminationGracePeriodSeconds: __, tolerations: ___, ...spec } = readRecord(pod, 'spec');
  const withoutImages = (list: 'containers' | 'initContainers') =>
    readArray(spec, list).map((container) => (isRecord(container) ? { ...container, image: undefined } : container));
  const isBound = readRecord(old, 'spec')['nodeName'] !== undefined;
  return { ...spec, containers: withoutImages('containers'), initContainers: withoutImages('initContainers'), ...(isBound ? { nodeName } : {}) };
}

function readPath(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, field) => (isRecord(at) ? at[field] : undefined), value);
}
