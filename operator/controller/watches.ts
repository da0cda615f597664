/** What to watch, and whose pass a change asks for. */
import { FIELD_MANAGER, LABELS } from '../../contract/labels.js';
import { KINDS, type KindName } from '../api/kinds.js';
import type { KubeObject, ObjectKey } from '../ports.js';

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
export function mapToModels(kind: KindName): (object: KubeObject, old?: KubeObject) => readonly ObjectKey[] {
  return (object, old) => {
    const [now, before] = [modelOf(kind, object), old === undefined ? undefined : modelOf(kind, old)];
    const { namespace = '' } = object.metadata;
    return [...new Set([now, before])].flatMap((name) => (name === undefined ? [] : [{ namespace, name }]));
  };
}

/** The ServiceAccount belongs to no model: a controller of its own looks after it. */
function modelOf(kind: KindName, { metadata }: KubeObject): string | undefined {
  return kind === 'modelDeployment' ? metadata.name : metadata.labels?.[LABELS.model];
}

export const WATCHED_KINDS = Object.keys(KINDS).filter((kind): kind is KindName => kind in KINDS);
