/** Labels, owners and names that every object of a model shares. */
import { FIELD_MANAGER, LABELS } from '../../contract/labels.js';
import { KINDS } from '../api/kinds.js';
import type { KubeObject, OwnerReference, ResourceKind } from '../ports.js';

/** Whose objects are rendered. */
export interface ModelIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

export const APP_NAME = 'slipway-model';
export const SERVICE_ACCOUNT = 'slipway-runtime';
export const COMPONENTS = { serve: 'serve', resolve: 'resolve' } as const;

/**
 * `blockOwnerDeletion` is said, not left out, so that what an older release wrote with `true` is seen to differ and is written anew.
 * True would let a pod that cannot end hold its ModelDeployment for ever under `kubectl delete --cascade=foreground`.
 */
export function ownerOf({ name, uid }: { readonly name: string; readonly uid: string }): OwnerReference {
  const { apiVersion, kind } = KINDS.modelDeployment;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: false };
}

export function modelLabels(model: ModelIdentity): Record<string, string> {
  return { [LABELS.managedBy]: FIELD_MANAGER, [LABELS.name]: APP_NAME, [LABELS.model]: model.name };
}

/** Labels that a revision's pods are found by. Never changed: a Deployment's selector is immutable. */
export function podSelector(model: ModelIdentity, revision: string): Record<string, string> {
  return { [LABELS.model]: model.name, [LABELS.revision]: revision, [LABELS.component]: COMPONENTS.serve };
}

export interface Extra {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An object that the model controls. */
export function renderObject(
  of: ResourceKind,
  model: ModelIdentity,
  { name, labels, annotations }: Extra & { readonly name: string },
  body: Readonly<Record<string, unknown>>,
): KubeObject {
  return {
    apiVersion: of.apiVersion,
    kind: of.kind,
    metadata: {
      name,
      namespace: model.namespace,
      labels: { ...modelLabels(model), ...labels },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [ownerOf(model)],
    },
    ...body,
  };
}
