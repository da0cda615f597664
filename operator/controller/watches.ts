/** What to watch, and whose pass a change asks for. */
import { FIELD_MANAGER, LABELS } from '../../contract/labels.js';
import { KINDS, type KindName } from '../api/kinds.js';
import type { Cache, KubeObject, ObjectKey } from '../ports.js';

/** Only what is ours is watched and kept; objects of other owners cost neither memory nor passes. Absent: all of the kind. */
export const LABEL_SELECTORS: Readonly<Record<KindName, string | undefined>> = {
  modelDeployment: undefined,
  deployment: `${LABELS.managedBy}=${FIELD_MANAGER}`,
  controllerRevision: `${LABELS.managedBy}=${FIELD_MANAGER}`,
  service: `${LABELS.managedBy}=${FIELD_MANAGER}`,
  serviceAccount: `${LABELS.managedBy}=${FIELD_MANAGER}`,
  podDisruptionBudget: `${LABELS.managedBy}=${FIELD_MANAGER}`,
  pod: LABELS.model,
};

/** Keys of the models that a change of an object of that kind concerns: as it is now, and as it was. */
export function mapToModels(kind: KindName, models: Cache): (object: KubeObject, old?: KubeObject) => readonly ObjectKey[] {
  return (object, old) => {
    const keys = [object, old].flatMap((each) => (each === undefined ? [] : modelsOf(kind, each, models)));
    return keys.filter((key, index) => keys.findIndex(({ namespace, name }) => namespace === key.namespace && name === key.name) === index);
  };
}

function modelsOf(kind: KindName, { metadata }: KubeObject, models: Cache): ObjectKey[] {
  const { namespace = '', name } = metadata;
  if (kind === 'modelDeployment') return [{ namespace, name }];
  // the ServiceAccount belongs to all models of its namespace
  if (kind === 'serviceAccount') return models.list({ namespace }).map(({ metadata: { name: model } }) => ({ namespace, name: model }));
  const model = metadata.labels?.[LABELS.model];
  return model === undefined ? [] : [{ namespace, name: model }];
}

export const WATCHED_KINDS = Object.keys(KINDS).filter((kind): kind is KindName => kind in KINDS);
