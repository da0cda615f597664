/**
 * What the caches keep of an object: what somebody reads of it, and what a manifest is compared with. Nothing that was trimmed is ever
 * written back, for nothing that was read is: writes are rendered, and applied on the server's side.
 *
 * Pods are most of what there is, and kept by a list of what is read (`operator/view/pod-view.ts`). Of the kinds that are compared
 * with manifests only what no manifest says is dropped. Pod templates, which are large and looked at when something about them
 * changed, are kept as text and read when they are asked for.
 */
import { ANNOTATIONS, LABELS } from '../../contract/labels.js';
import { KINDS, type KindName } from '../api/kinds.js';
import type { KubeObject, ObjectMeta } from '../ports.js';
import { defined } from './defined.js';
import { intern } from './intern.js';

type Json = Readonly<Record<string, unknown>>;
export type Trim = (object: KubeObject) => KubeObject;

/** kubectl's copy of the whole object. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const POD_LABELS = [LABELS.model, LABELS.revision, LABELS.component, LABELS.managedBy];
const POD_ANNOTATIONS = [ANNOTATIONS.sourceHash, ANNOTATIONS.generation, ANNOTATIONS.attempt];
const POD_CONDITIONS = new Set(['PodScheduled', 'Ready', 'DisruptionTarget', 'PodReadyToStartContainers']);
const STATE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  waiting: ['reason', 'message'],
  running: ['startedAt'],
  terminated: ['exitCode', 'reason', 'message', 'startedAt', 'finishedAt'],
};

const TRIMS: Readonly<Record<KindName, Trim>> = {
  modelDeployment: (object) => whole(object, KINDS.modelDeployment),
  deployment: trimDeployment,
  controllerRevision: trimRevision,
  pod: trimPod,
  service: trimService,
  serviceAccount: (object) => whole(object, KINDS.serviceAccount),
  podDisruptionBudget: ({ status: _, ...object }) => whole(object, KINDS.podDisruptionBudget),
};

export function trimmerOf(kind: KindName): Trim {
  return TRIMS[kind];
}

function trimPod({ metadata, spec, status }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, ownerReferences } = metadata;
  const owners = ownerReferences?.filter(({ controller }) => controller === true);
  const labels = pickTexts(metadata.labels, POD_LABELS);
  const annotations = pickTexts(metadata.annotations, POD_ANNOTATIONS);
  return {
    ...{ apiVersion: KINDS.pod.apiVersion, kind: KINDS.pod.kind },
    metadata: {
      name,
      ...defined({ namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels, annotations, ownerReferences: owners }),
    },
    spec: trimPodSpec(record(spec)),
    status: trimPodStatus(record(status)),
  };
}

function trimPodSpec({ nodeName, schedulerName, schedulingGates, resourceClaims, initContainers, containers, volumes }: Json): Json {
  const isMount = (volume: unknown): boolean => record(volume)['secret'] !== undefined || record(volume)['configMap'] !== undefined;
  const mounts = list(volumes).filter(isMount);
  return defined({
    nodeName: intern(nodeName),
    schedulerName: schedulerName === 'default-scheduler' ? undefined : intern(schedulerName),
    ...{ schedulingGates, resourceClaims },
    initContainers: initContainers === undefined ? undefined : list(initContainers).map(trimContainer),
    containers: list(containers).map(trimContainer),
    volumes: mounts.length === 0 ? undefined : mounts,
  });
}

function trimContainer(value: unknown): Json {
  const { name, image, resources } = record(value);
  const { memory } = record(record(resources)['limits']);
  return defined({ name: intern(name), image: intern(image), resources: memory === undefined ? undefined : { limits: { memory } } });
}

function trimPodStatus({ phase, reason, message, podIP, conditions, resourceClaimStatuses, initContainerStatuses, containerStatuses }: Json): Json {
  const told = list(conditions)
    .map(record)
    .filter(({ type }) => typeof type === 'string' && POD_CONDITIONS.has(type));
  return defined({
    ...{ phase, reason, message, podIP, resourceClaimStatuses },
    conditions: told.map(({ type, status, reason: why, message: words, lastTransitionTime }) =>
      defined({ type, status, reason: why, message: words, lastTransitionTime: isTimed(type, status) ? lastTransitionTime : undefined }),
    ),
    initContainerStatuses: initContainerStatuses === undefined ? undefined : list(initContainerStatuses).map(trimContainerStatus),
    containerStatuses: list(containerStatuses).map(trimContainerStatus),
  });
}

/** Of pods that are well, which are most, only since when they have a node is asked. */
function isTimed(type: unknown, status: unknown): boolean {
  return type === 'PodScheduled' || (type === 'Ready' && status !== 'True') || type === 'DisruptionTarget';
}

function trimContainerStatus(value: unknown): Json {
  const { name, ready, restartCount, state, lastState } = record(value);
  const last = trimState(lastState);
  return defined({ name: intern(name), ready, restartCount, state: trimState(state), lastState: Object.keys(last).length === 0 ? undefined : last });
}

function trimState(value: unknown): Json {
  return Object.fromEntries(Object.entries(record(value)).map(([kind, state]) => [kind, pick(record(state), fieldsOf(kind, record(state)))]));
}

function fieldsOf(kind: string, { exitCode }: Json): readonly string[] {
  const fields = STATE_FIELDS[kind] ?? [];
  return exitCode === 0 ? fields.filter((field) => field !== 'startedAt') : fields;
}

function trimDeployment({ spec, status, ...object }: KubeObject): KubeObject {
  const { strategy: _, progressDeadlineSeconds: __, template, ...rest } = record(spec);
  const { observedGeneration, replicas, readyReplicas, conditions } = record(status);
  const failures = list(conditions).filter((condition) => record(condition)['type'] === 'ReplicaFailure');
  return {
    ...whole(object, KINDS.deployment),
    spec: asText(rest, 'template', template),
    status: defined({ observedGeneration, replicas, readyReplicas, conditions: failures.length === 0 ? undefined : failures }),
  };
}

function trimRevision({ data, ...object }: KubeObject): KubeObject {
  return { ...whole(object, KINDS.controllerRevision), data: asText(without(record(data), 'template'), 'template', record(data)['template']) };
}

function trimService({ status: _, spec, ...object }: KubeObject): KubeObject {
  const { clusterIPs: _1, ipFamilies: _2, ipFamilyPolicy: _3, internalTrafficPolicy: _4, sessionAffinity: _5, ...rest } = record(spec);
  return { ...whole(object, KINDS.service), spec: rest };
}

/** Names of the kind are one string for all objects, not one for each. */
function whole(
  object: Pick<KubeObject, 'metadata'> & Json,
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
): KubeObject {
  const { metadata, ...rest } = object;
  return { ...rest, apiVersion, kind, metadata: withoutCopy(metadata) };
}

function withoutCopy(metadata: ObjectMeta): ObjectMeta {
  const { annotations } = metadata;
  if (annotations?.[LAST_APPLIED] === undefined) return metadata;
  const { [LAST_APPLIED]: _, ...others } = annotations;
  return { ...metadata, annotations: others };
}

/** A field of the record that is JSON text in memory and a fresh value to whoever reads it. */
function asText(fields: Json, name: string, value: unknown): Json {
  if (value === undefined) return fields;
  const text = JSON.stringify(value);
  return Object.defineProperty({ ...fields }, name, { enumerable: true, get: (): unknown => JSON.parse(text) });
}

function without(fields: Json, name: string): Json {
  const { [name]: _, ...rest } = fields;
  return rest;
}

function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function pick(fields: Json, names: readonly string[]): Json {
  return Object.fromEntries(names.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])));
}

function pickTexts(texts: Readonly<Record<string, string>> | undefined, names: readonly string[]): Record<string, string> | undefined {
  const kept = names.flatMap((name) => (texts?.[name] === undefined ? [] : [[name, intern(texts[name])] as const]));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
