/** Every read of a pass, once. Objects of other owners are not seen here, whatever their labels say. */
import { LABELS } from '../../contract/labels.js';
import type { Statusz } from '../../contract/statusz.js';
import { KINDS, type KindName } from '../api/kinds.js';
import type { ModelDeployment } from '../api/zz_generated.modeldeployment.js';
import { isAdoptable, isOrphanOf } from '../orphan.js';
import type { Cache, KubeObject, ModelProbe, ObjectKey } from '../ports.js';
import { COMPONENTS, SERVICE_ACCOUNT } from '../render/metadata.js';
import { viewDeployment } from '../view/deployment-view.js';
import { asRecord, asText } from '../view/json.js';
import { isModelDeployment } from '../view/model-view.js';
import { type Observed, objectKey } from '../view/observed.js';
import { type PodView, viewPod } from '../view/pod-view.js';
import { viewRevision } from '../view/revision-view.js';

export type Caches = Readonly<Record<KindName, Cache>>;

/** Undefined when there is nothing to look after: absent, or being deleted, which ownerReferences see to. */
export async function observe(key: ObjectKey, caches: Caches, probe: ModelProbe<Statusz>): Promise<Observed | undefined> {
  const model = caches.modelDeployment.get(key);
  if (model === undefined || !isModelDeployment(model)) return undefined;
  const { uid, generation, deletionTimestamp } = model.metadata;
  if (uid === undefined || deletionTimestamp !== undefined) return undefined;
  const podObjects = caches.pod.list(childrenOf(key));
  const children = [...CHILD_KINDS.flatMap((kind) => caches[kind].list(childrenOf(key))), ...podObjects];
  const owned = children.filter((object) => controllerUid(object) === uid);
  const ofKind = (kind: KindName): KubeObject[] => owned.filter((object) => object.kind === KINDS[kind].kind);
  const orphans = children.filter((object) => isAdoptable(object, key.name));
  const service = [...owned, ...orphans].find(({ kind, metadata }) => kind === KINDS.service.kind && metadata.name === key.name);
  const pods = podObjects.map(viewPod);
  const serving = servingRevision(service);
  const serviceAccount = caches.serviceAccount.get({ namespace: key.namespace, name: SERVICE_ACCOUNT });
  const servers = pods.filter(isServer);
  return {
    model,
    uid,
    namespace: key.namespace,
    generation: generation ?? 0,
    deployments: new Map(
      ofKind('deployment')
        .map(viewDeployment)
        .map((deployment) => [deployment.revision, deployment]),
    ),
    revisions: ofKind('controllerRevision').map(viewRevision),
    pods: servers,
    resolvers: pods.filter((pod) => pod.component === COMPONENTS.resolve && pod.controller?.uid === uid),
    serving,
    leftovers: children.filter((object) => isLeftover(object, model)).map(({ kind, metadata }) => objectKey(kind, metadata.name)),
    orphans,
    objects: new Map(
      [...owned, ...(serviceAccount === undefined ? [] : [serviceAccount])].map((object) => [objectKey(object.kind, object.metadata.name), object]),
    ),
    statusz: await askPod(model, serving, servers, probe),
  };
}

/** Beside pods. */
const CHILD_KINDS = ['deployment', 'service', 'controllerRevision', 'podDisruptionBudget'] as const;

function childrenOf({ namespace, name }: ObjectKey): { readonly namespace: string; readonly labels: Readonly<Record<string, string>> } {
  return { namespace, labels: { [LABELS.model]: name } };
}

/** Pods of a Deployment belong to its ReplicaSet, whose name begins with the Deployment's. */
function isServer({ component, revision, controller }: PodView): boolean {
  return component === COMPONENTS.serve && revision !== '' && controller?.kind === 'ReplicaSet' && controller.name.startsWith(`${revision}-`);
}

function servingRevision(service: KubeObject | undefined): string | undefined {
  return asText(asRecord(asRecord(service?.['spec'])['selector'])[LABELS.revision]);
}

function controllerUid({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

/** Of a ModelDeployment of this name that was deleted: Kubernetes is about to collect it. So is an orphan that is being deleted. */
function isLeftover(object: KubeObject, model: ModelDeployment): boolean {
  const { metadata } = object;
  if (isOrphanOf(object, model.metadata.name)) return metadata.deletionTimestamp !== undefined;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner !== undefined && owner.kind === model.kind && owner.name === model.metadata.name && owner.uid !== model.metadata.uid;
}

/** A ready pod of the serving revision is asked only for what the status does not have yet: a pod's report does not change. */
async function askPod(
  model: ModelDeployment,
  serving: string | undefined,
  pods: readonly PodView[],
  probe: ModelProbe<Statusz>,
): Promise<Observed['statusz']> {
  const { status } = model;
  const isKnown = status?.model?.signature !== undefined && status.columns?.revision === serving;
  const ready = pods.filter((pod) => pod.revision === serving && pod.isReady && !pod.isTerminating && pod.ip !== '');
  const [pod] = ready.sort((a, b) => (a.name < b.name ? -1 : 1));
  if (isKnown || pod === undefined) return undefined;
  const report = await probe.statusz(pod.ip);
  return report === undefined ? undefined : { pod: pod.name, report };
}
