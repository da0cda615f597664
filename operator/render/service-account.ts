/**
 * One identity for all pods of a namespace, without a token. Nobody owns it: with as many owners as models, each new model would
 * rewrite them all. It is made by the first model's pass and removed when no model is left (ADR 42).
 */
import { FIELD_MANAGER, LABELS } from '../../contract/labels.js';
import { KINDS } from '../api/kinds.js';
import type { KubeObject } from '../ports.js';
import { containsManifest } from './contains.js';
import { APP_NAME, SERVICE_ACCOUNT } from './metadata.js';

export function renderServiceAccount(namespace: string): KubeObject {
  return {
    ...{ apiVersion: KINDS.serviceAccount.apiVersion, kind: KINDS.serviceAccount.kind },
    metadata: { name: SERVICE_ACCOUNT, namespace, labels: { [LABELS.managedBy]: FIELD_MANAGER, [LABELS.name]: APP_NAME } },
    automountServiceAccountToken: false,
  };
}

/**
 * False too for one that still has ModelDeployments as owners, as 0.1.0 wrote it: with the last of those it would be collected. Not
 * asked in every pass: owners that somebody else has written too, as a restored backup has, stay whatever we apply.
 */
export function isServiceAccountRight(account: KubeObject | undefined, desired: KubeObject): boolean {
  return containsManifest(account, desired) && !(account?.metadata.ownerReferences ?? []).some(({ kind }) => kind === KINDS.modelDeployment.kind);
}
