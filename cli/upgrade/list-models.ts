/** ModelDeployments with what their updates depend on, as the planner takes them: revisions, and which one serves. */
import { LABELS } from '../../contract/labels.js';
import type { KubeClient } from '../../lib/kube/kube-client.js';
import { KINDS } from '../../operator/api/kinds.js';
import type { KubeObject } from '../../operator/ports.js';
import { asRecord, asText } from '../../operator/view/json.js';
import { isModelDeployment } from '../../operator/view/model-view.js';
import type { Observed } from '../../operator/view/observed.js';
import { viewRevision } from '../../operator/view/revision-view.js';

/** Of the namespaces, all when there are none; sorted by namespace and name. */
export async function listModels(client: KubeClient, namespaces: readonly string[]): Promise<Observed[]> {
  const lists = await Promise.all((namespaces.length === 0 ? [undefined] : namespaces).map((namespace) => listNamespace(client, namespace)));
  const id = ({ namespace, model }: Observed): string => `${namespace}/${model.metadata.name}`;
  return lists.flat().sort((a, b) => (id(a) < id(b) ? -1 : 1));
}

async function listNamespace(client: KubeClient, namespace: string | undefined): Promise<Observed[]> {
  const models = await client.list(KINDS.modelDeployment, { namespace });
  // revisions after the models: one that was made in between belongs to a model that is here
  const revisions = groupByOwner(await client.list(KINDS.controllerRevision, { namespace, labelSelector: LABELS.model }));
  const services = groupByOwner(await client.list(KINDS.service, { namespace, labelSelector: LABELS.model }));
  return models.flatMap((model) => {
    const { uid = '' } = model.metadata;
    return observe(model, revisions.get(uid) ?? [], services.get(uid) ?? []);
  });
}

function observe(model: KubeObject, revisions: readonly KubeObject[], services: readonly KubeObject[]): Observed[] {
  const { uid, namespace = '', name, generation = 0 } = model.metadata;
  if (!isModelDeployment(model) || uid === undefined) return [];
  const service = services.find(({ metadata }) => metadata.name === name);
  const serving = asText(asRecord(asRecord(service?.['spec'])['selector'])[LABELS.revision]);
  return [{ ...NOTHING_ELSE, model, uid, namespace, generation, revisions: revisions.map(viewRevision), serving }];
}

/** Pods and Deployments say nothing about what would be rendered. */
const NOTHING_ELSE = {
  deployments: new Map(),
  pods: [],
  resolvers: [],
  leftovers: [],
  orphans: [],
  objects: new Map(),
  statusz: undefined,
} as const satisfies Partial<Observed>;

function groupByOwner(objects: readonly KubeObject[]): ReadonlyMap<string, KubeObject[]> {
  const groups = new Map<string, KubeObject[]>();
  for (const object of objects) {
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
    if (owner !== undefined) groups.set(owner, [...(groups.get(owner) ?? []), object]);
  }
  return groups;
}
