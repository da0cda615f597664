/** One identity for all pods of a namespace, without a token. Every ModelDeployment owns it, so it goes with the last. */
import { FIELD_MANAGER, LABELS } from '../../contract/labels.js';
import { KINDS } from '../api/kinds.js';
import type { KubeObject, OwnerReference } from '../ports.js';
import { APP_NAME, ownerOf, SERVICE_ACCOUNT } from './metadata.js';

export function renderServiceAccount(namespace: string, models: readonly { readonly name: string; readonly uid: string }[]): KubeObject {
  return {
    ...{ apiVersion: KINDS.serviceAccount.apiVersion, kind: KINDS.serviceAccount.kind },
    metadata: {
      name: SERVICE_ACCOUNT,
      namespace,
      labels: { [LABELS.managedBy]: FIELD_MANAGER, [LABELS.name]: APP_NAME },
      ownerReferences: models.map(sharedOwner).sort((a, b) => (a.uid < b.uid ? -1 : 1)),
    },
    automountServiceAccountToken: false,
  };
}

function sharedOwner(model: { readonly name: string; readonly uid: string }): OwnerReference {
  const { apiVersion, kind, name, uid } = ownerOf(model);
  return { apiVersion, kind, name, uid };
}
