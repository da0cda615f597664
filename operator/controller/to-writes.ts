/** Actions → writes. Pure: what the objects already say is not written again. */
import { assertNever } from '../../lib/errors.js';
import { KINDS } from '../api/kinds.js';
import type { Action } from '../plan/action.js';
import type { Plan } from '../plan/plan-model-deployment.js';
import type { EndedPodOf, KubeObject, Ownership, ResourceKind } from '../ports.js';
import { containsManifest } from '../render/contains.js';
import { renderControllerRevision, renderNewRevision } from '../render/controller-revision.js';
import { renderDeployment } from '../render/deployment.js';
import { renderDisruptionBudget } from '../render/disruption-budget.js';
import { type ModelIdentity, ownerOf, podSelector } from '../render/metadata.js';
import { renderResolverPod } from '../render/resolver-pod.js';
import { renderServiceAccount } from '../render/service-account.js';
import { renderModelService, renderRevisionService } from '../render/services.js';
import { type Observed, objectKey } from '../view/observed.js';
import { isSeenSo, noteSeenSo } from './seen-so.js';

export type Write =
  | { readonly kind: 'Create' | 'Apply'; readonly resource: ResourceKind; readonly object: KubeObject; readonly ownership: Ownership }
  | { readonly kind: 'Delete'; readonly resource: ResourceKind; readonly name: string; readonly ownership: Ownership | EndedPodOf };

/** None when what the action asks for is so already. */
export function toWrites(action: Action, plan: Plan): Write[] {
  const { observed, identity: model, spec, config } = plan.context;
  const ownership: Ownership = { kind: 'ControlledBy', uid: observed.uid };
  const stored = (name: string) => observed.revisions.find((revision) => revision.name === name);
  const revisionObject = 'revision' in action ? observed.objects.get(objectKey(KINDS.controllerRevision.kind, action.revision)) : undefined;
  const asked = { action, model: observed.model, revision: revisionObject };
  const apply = (resource: ResourceKind, name: string, render: () => KubeObject): Write[] => {
    const live = observed.objects.get(objectKey(resource.kind, name));
    if (isSeenSo(live, asked)) return [];
    const object = render();
    if (!containsManifest(live, object)) return [put(resource, object)];
    noteSeenSo(live, asked);
    return [];
  };
  const put = (resource: ResourceKind, object: KubeObject): Write => ({ kind: verbFor(resource, object, observed), resource, object, ownership });
  const remove = (resource: ResourceKind, name: string): Write[] =>
    observed.objects.has(objectKey(resource.kind, name)) ? [{ kind: 'Delete', resource, name, ownership }] : [];

  switch (action.kind) {
    case 'EnsureServiceAccount':
      return ensureServiceAccount(plan.context);
    case 'Adopt':
      return adopt(action.object, plan);
    case 'StartResolver': {
      // a new name each time: one that the cache shows already was made by this action, and one that only the server has is an
      // attempt that counts and is not seen yet
      const object = asSeen(renderResolverPod({ model, spec, config, generation: observed.generation, ...action }), observed);
      return observed.objects.has(objectKey(object.kind, object.metadata.name)) ? [] : [put(KINDS.pod, object)];
    }
    case 'DeletePod':
      return remove(KINDS.pod, action.pod);
    case 'DeleteEndedPod':
      return [{ kind: 'Delete', resource: KINDS.pod, name: action.pod, ownership: endedPodOf(model, action.revision) }];
    case 'CreateRevision':
      // bound to its not being there: written over one that the cache does not show, it would lose what was learned of it
      return apply(KINDS.controllerRevision, action.revision, () => asSeen(renderNewRevision({ model, spec, config, ...action }), observed));
    case 'MarkRevision': {
      const revision = stored(action.revision);
      const object = revision === undefined ? undefined : renderControllerRevision(model, { ...revision, ...action.marks });
      // a mark may be one that is taken away, which no comparison of what must be there can see
      return object === undefined ? [] : [{ kind: 'Apply', resource: KINDS.controllerRevision, object: asSeen(object, observed), ownership }];
    }
    case 'DeleteRevision':
      return remove(KINDS.controllerRevision, action.revision);
    case 'PointService': {
      const render = (): KubeObject => renderModelService(model, action.revision);
      const isThere = !action.isConfirmed && apply(KINDS.service, model.name, render).length === 0;
      return isThere ? [] : [put(KINDS.service, asSeen(render(), observed))];
    }
    case 'EnsureRevisionService':
      return apply(KINDS.service, action.revision, () => renderRevisionService(model, action.revision));
    case 'ScaleTo': {
      const revision = stored(action.revision);
      if (revision === undefined) return [];
      // bound to what was seen: an old read must not take away pods that another replica has added since
      const render = (): KubeObject => asSeen(renderDeployment(model, revision, action.replicas), observed);
      return action.isConfirmed ? [put(KINDS.deployment, render())] : apply(KINDS.deployment, action.revision, render);
    }
    case 'DeleteDeployment':
      return retire(action.revision, observed, ownership);
    case 'EnsureDisruptionBudget':
      return apply(KINDS.podDisruptionBudget, model.name, () => renderDisruptionBudget(model, action.revision));
    case 'RemoveDisruptionBudget':
      return remove(KINDS.podDisruptionBudget, model.name);
    default:
      return assertNever(action);
  }
}

function endedPodOf(model: ModelIdentity, revision: string): EndedPodOf {
  return { kind: 'EndedPodOf', deployment: KINDS.deployment, name: revision, labels: podSelector(model, revision), uid: model.uid };
}

/**
 * What is not seen is created. Not a revision: its data is compared byte for byte with that of later applies, in which the server
 * has sorted the keys.
 */
function verbFor({ kind }: ResourceKind, { metadata }: KubeObject, { objects }: Observed): 'Create' | 'Apply' {
  return kind === KINDS.controllerRevision.kind || objects.has(objectKey(kind, metadata.name)) ? 'Apply' : 'Create';
}

/** Only the owner, and only of the object as it was seen. */
function adopt(object: string, { context }: Plan): Write[] {
  const { observed, identity } = context;
  return observed.orphans
    .filter(({ kind, metadata }) => objectKey(kind, metadata.name) === object)
    .flatMap(({ apiVersion, kind, metadata: { name, resourceVersion = '' } }) => {
      const metadata = { name, namespace: identity.namespace, resourceVersion, ownerReferences: [ownerOf(identity)] };
      const ownership: Ownership = { kind: 'OrphanOf', owner: KINDS.modelDeployment, name: identity.name, uid: identity.uid };
      const resource = Object.values(KINDS).find((known) => known.kind === kind && known.apiVersion === apiVersion);
      return resource === undefined ? [] : [{ kind: 'Apply', resource, object: { apiVersion, kind, metadata }, ownership }];
    });
}

/**
 * The Deployment last: while it is there, the pass that is cut off here is seen to be unfinished. One that is not seen goes first: its
 * labels may be gone and not itself, and once its Service is deleted nobody would come back for it.
 */
function retire(revision: string, { objects }: Observed, ownership: Ownership): Write[] {
  const writes = [KINDS.service, KINDS.deployment].map((resource) => ({
    isSeen: objects.has(objectKey(resource.kind, revision)),
    write: { kind: 'Delete', resource, name: revision, ownership } as const,
  }));
  const [service, deployment] = writes;
  if (service?.isSeen === true && deployment?.isSeen === false) return [deployment.write, service.write];
  return writes.filter(({ isSeen }) => isSeen).map(({ write }) => write);
}

/** Bound to the version that the cache shows, or to its showing none. */
function asSeen(object: KubeObject, { objects }: Observed): KubeObject {
  const { resourceVersion = '' } = objects.get(objectKey(object.kind, object.metadata.name))?.metadata ?? {};
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

/** So that pods find it. Whatever else is to be so of it, its own controller sees to. */
function ensureServiceAccount({ observed }: Plan['context']): Write[] {
  const object = renderServiceAccount(observed.namespace);
  if (containsManifest(observed.objects.get(objectKey(object.kind, object.metadata.name)), object)) return [];
  return [{ kind: 'Apply', resource: KINDS.serviceAccount, object, ownership: { kind: 'ManagedBy' } }];
}
