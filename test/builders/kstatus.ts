/**
 * The rules by which Helm, Flux and others tell from any custom resource whether it is done: kstatus of the Kubernetes project
 * (sigs.k8s.io/cli-utils, pkg/kstatus/status: `Compute` in status.go, `checkGenericProperties` and `checkGeneration` in generic.go,
 * `checkReadyCondition` in core.go), for kinds that it has no rules of their own for. `test/gitops` holds this to the original.
 */
import type { KubeObject } from '../../operator/ports.js';
import { asInteger, asList, asRecord, asText } from '../../operator/view/json.js';

export type Kstatus = 'InProgress' | 'Failed' | 'Current' | 'Terminating';

export function computeKstatus({ metadata, status }: KubeObject): Kstatus {
  if (metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== '') return 'Terminating';
  const observed = asInteger(asRecord(status)['observedGeneration']);
  if (metadata.generation !== undefined && observed !== undefined && observed !== metadata.generation) return 'InProgress';
  const conditions = asList(asRecord(status)['conditions']).map(asRecord);
  for (const condition of conditions) {
    if (asText(condition['status']) !== 'True') continue;
    if (condition['type'] === 'Reconciling') return 'InProgress';
    if (condition['type'] === 'Stalled') return 'Failed';
  }
  const ready = conditions.find(({ type, status: is }) => type === 'Ready' && ['True', 'False', 'Unknown'].includes(asText(is) ?? ''));
  if (ready === undefined) return 'Current'; // also what has no status at all: hence the CRD's default of observedGeneration
  return ready['status'] === 'True' ? 'Current' : 'InProgress';
}
