/** Small objects of real kinds. Deployments are paused or without replicas, so that no node has work from them. */
import { isRecord, type JsonRecord } from '../../lib/kube/json.js';
import type { KubeObject, ObjectMeta, ResourceKind } from '../../operator/ports.js';

export const MODELS: ResourceKind = { apiVersion: 'slipway.dev/v1alpha1', kind: 'ModelDeployment', plural: 'modeldeployments' };
export const DEPLOYMENTS: ResourceKind = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' };
export const REPLICA_SETS: ResourceKind = { apiVersion: 'apps/v1', kind: 'ReplicaSet', plural: 'replicasets' };
export const PODS: ResourceKind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
export const REVISIONS: ResourceKind = { apiVersion: 'apps/v1', kind: 'ControllerRevision', plural: 'controllerrevisions' };
export const SERVICE_ACCOUNTS: ResourceKind = { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' };

/** Suspended: an operator that watches the same cluster has nothing to start. */
export function makeModel(namespace: string, name: string): KubeObject {
  const model = { uri: 'oci://registry.invalid/m:1', digest: `sha256:${'0'.repeat(64)}` };
  return { apiVersion: MODELS.apiVersion, kind: MODELS.kind, metadata: { name, namespace }, spec: { model, suspend: true } };
}

/** Paused and without `replicas`: whoever wants to see that field survive sets it. */
export function makeDeployment(namespace: string, name: string): KubeObject {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'a', image: 'registry.invalid/x:1' }] } };
  return {
    apiVersion: DEPLOYMENTS.apiVersion,
    kind: DEPLOYMENTS.kind,
    metadata: { name, namespace },
    spec: { paused: true, selector: { matchLabels: { app: name } }, template },
  };
}

/** One that selects no pod that is there and wants none. */
export function makeReplicaSet(namespace: string, deployment: string): KubeObject {
  const labels = { app: `${deployment}-set` };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'registry.invalid/x:1' }] } };
  const { apiVersion, kind } = REPLICA_SETS;
  return {
    apiVersion,
    kind,
    metadata: { name: `${deployment}-5d4f`, namespace },
    spec: { replicas: 0, selector: { matchLabels: labels }, template },
  };
}

/** No scheduler looks at it. */
export function makeUnplacedPod(namespace: string, name: string): KubeObject {
  const spec = { schedulerName: 'nobody', containers: [{ name: 'a', image: 'registry.invalid/x:1' }] };
  return { apiVersion: PODS.apiVersion, kind: PODS.kind, metadata: { name, namespace }, spec };
}

export function makeRevision(namespace: string, name: string, data: JsonRecord): KubeObject {
  return { apiVersion: REVISIONS.apiVersion, kind: REVISIONS.kind, metadata: { name, namespace }, revision: 1, data };
}

export function ownedBy({ apiVersion, kind, metadata: { name, uid = '' } }: KubeObject, object: KubeObject): KubeObject {
  return withMetadata(object, { ownerReferences: [{ apiVersion, kind, name, uid, controller: true }] });
}

export function withMetadata(object: KubeObject, metadata: Partial<ObjectMeta>): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

export function withSpec(object: KubeObject, spec: JsonRecord): KubeObject {
  return { ...object, spec: { ...(isRecord(object['spec']) ? object['spec'] : {}), ...spec } };
}

export function readField(object: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((at, field) => (isRecord(at) ? at[field] : undefined), object);
}
