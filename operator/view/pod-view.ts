/** What Slipway reads of a pod. */
import { ANNOTATIONS, LABELS } from '../../contract/labels.js';
import type { KubeObject, OwnerReference } from '../ports.js';
import { asInteger, asList, asRecord, asText, asTimeMs, type Json } from './json.js';

export interface Terminated {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** Of one that ended well nobody asks. */
  readonly startedAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
}

export type ContainerState =
  | { readonly kind: 'Waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'Running'; readonly startedAtMs: number | undefined }
  | ({ readonly kind: 'Terminated' } & Terminated)
  | { readonly kind: 'Unknown' };

export interface ContainerView {
  readonly name: string;
  readonly isInit: boolean;
  readonly image: string;
  readonly isReady: boolean;
  readonly restarts: number;
  readonly state: ContainerState;
  readonly last: Terminated | undefined;
  readonly memoryLimit: string | undefined;
}

export interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface PodView {
  readonly name: string;
  readonly uid: string;
  readonly component: string;
  readonly revision: string;
  readonly controller: OwnerReference | undefined;
  readonly sourceHash: string;
  readonly generation: number;
  readonly attempt: number;
  readonly node: string;
  readonly ip: string;
  readonly phase: string;
  readonly reason: string;
  readonly message: string;
  readonly createdAtMs: number | undefined;
  readonly scheduledAtMs: number | undefined;
  readonly isTerminating: boolean;
  readonly isReady: boolean;
  /** Since when Kubernetes counts it as not ready; undefined while it is. */
  readonly unreadySinceMs: number | undefined;
  /** When it failed, or somebody was about to take it away; undefined of a pod that runs or ends because it was to. */
  readonly lostAtMs: number | undefined;
  /** Empty for Kubernetes' own. */
  readonly schedulerName: string;
  /** Names of what holds it back from the scheduler. */
  readonly gates: readonly string[];
  /** Resource claims of templates that have not been made for it, as `"name" of template "x"`. */
  readonly missingClaims: readonly string[];
  readonly conditions: readonly PodCondition[];
  /** Init containers first, in the order in which they run. */
  readonly containers: readonly ContainerView[];
  /** Secrets and ConfigMaps that it mounts, as `Secret "x"`. */
  readonly mounts: readonly string[];
}

const DEFAULT_SCHEDULER = 'default-scheduler';

export function viewPod(object: KubeObject): PodView {
  const { metadata } = object;
  const spec = asRecord(object['spec']);
  const status = asRecord(object['status']);
  const annotations = metadata.annotations ?? {};
  const conditions = asList(status['conditions']).map(viewCondition);
  const containers = [
    ...viewContainers(spec['initContainers'], status['initContainerStatuses'], true),
    ...viewContainers(spec['containers'], status['containerStatuses'], false),
  ];
  const scheduledAtMs = transitionMs(status, 'PodScheduled', 'True');
  const createdAtMs = asTimeMs(metadata.creationTimestamp);
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    component: metadata.labels?.[LABELS.component] ?? '',
    revision: metadata.labels?.[LABELS.revision] ?? '',
    controller: metadata.ownerReferences?.find((owner) => owner.controller === true),
    sourceHash: annotations[ANNOTATIONS.sourceHash] ?? '',
    generation: Number(annotations[ANNOTATIONS.generation] ?? 0) || 0,
    attempt: Number(annotations[ANNOTATIONS.attempt] ?? 1) || 1,
    node: asText(spec['nodeName']) ?? '',
    ip: asText(status['podIP']) ?? '',
    phase: asText(status['phase']) ?? 'Pending',
    reason: asText(status['reason']) ?? '',
    message: asText(status['message']) ?? '',
    createdAtMs,
    scheduledAtMs,
    isTerminating: metadata.deletionTimestamp !== undefined,
    isReady: conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    unreadySinceMs: transitionMs(status, 'Ready', 'False'),
    lostAtMs:
      transitionMs(status, 'DisruptionTarget', 'True') ??
      (status['phase'] === 'Failed' ? endMs(containers, [scheduledAtMs, createdAtMs]) : undefined),
    schedulerName: foreignScheduler(spec),
    gates: asList(spec['schedulingGates']).flatMap((gate) => asText(asRecord(gate)['name']) ?? []),
    missingClaims: viewMissingClaims(spec['resourceClaims'], status['resourceClaimStatuses']),
    conditions,
    containers,
    mounts: asList(spec['volumes']).flatMap(viewMount),
  };
}

function transitionMs(status: Json, type: string, is: string): number | undefined {
  const conditions = asList(status['conditions']).map(asRecord);
  return asTimeMs(conditions.find((condition) => condition['type'] === type && condition['status'] === is)?.['lastTransitionTime']);
}

/** The last thing that is known of it: a pod that its node refused has no container that ran. */
function endMs(containers: readonly ContainerView[], others: readonly (number | undefined)[]): number | undefined {
  const ends = containers.flatMap(({ state }) => (state.kind === 'Terminated' ? [state.finishedAtMs] : []));
  const known = [...ends, ...others].filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function foreignScheduler(spec: Json): string {
  const name = asText(spec['schedulerName']) ?? '';
  return name === DEFAULT_SCHEDULER ? '' : name;
}

function viewMissingClaims(claims: unknown, statuses: unknown): string[] {
  const made = new Set(asList(statuses).map((each) => asRecord(each)['name']));
  return asList(claims)
    .map(asRecord)
    .filter(({ name, resourceClaimTemplateName }) => asText(resourceClaimTemplateName) !== undefined && !made.has(name))
    .map(({ name, resourceClaimTemplateName }) => `"${asText(name) ?? ''}" of template "${asText(resourceClaimTemplateName) ?? ''}"`);
}

function viewCondition(value: unknown): PodCondition {
  const { type, status, reason, message } = asRecord(value);
  return { type: asText(type) ?? '', status: asText(status) ?? '', reason: asText(reason) ?? '', message: asText(message) ?? '' };
}

function viewContainers(specs: unknown, statuses: unknown, isInit: boolean): ContainerView[] {
  const byName = new Map(asList(statuses).map((value) => [asText(asRecord(value)['name']) ?? '', asRecord(value)]));
  return asList(specs).map((value) => viewContainer(asRecord(value), byName, isInit));
}

function viewContainer(spec: Json, statuses: ReadonlyMap<string, Json>, isInit: boolean): ContainerView {
  const name = asText(spec['name']) ?? '';
  const status = statuses.get(name) ?? {};
  const limits = asRecord(asRecord(spec['resources'])['limits']);
  const last = asRecord(asRecord(status['lastState'])['terminated']);
  return {
    name,
    isInit,
    image: asText(spec['image']) ?? '',
    isReady: status['ready'] === true,
    restarts: asInteger(status['restartCount']) ?? 0,
    state: viewState(asRecord(status['state'])),
    last: asInteger(last['exitCode']) === undefined ? undefined : viewTerminated(last),
    memoryLimit: asText(limits['memory']),
  };
}

function viewState(state: Json): ContainerState {
  const waiting = asRecord(state['waiting']);
  const running = asRecord(state['running']);
  const terminated = asRecord(state['terminated']);
  if (asInteger(terminated['exitCode']) !== undefined) return { kind: 'Terminated', ...viewTerminated(terminated) };
  if (state['running'] !== undefined) return { kind: 'Running', startedAtMs: asTimeMs(running['startedAt']) };
  if (state['waiting'] === undefined) return { kind: 'Unknown' };
  return { kind: 'Waiting', reason: asText(waiting['reason']) ?? '', message: asText(waiting['message']) ?? '' };
}

function viewTerminated(value: Json): Terminated {
  return {
    exitCode: asInteger(value['exitCode']) ?? 0,
    reason: asText(value['reason']) ?? '',
    message: asText(value['message']) ?? '',
    startedAtMs: value['exitCode'] === 0 ? undefined : asTimeMs(value['startedAt']),
    finishedAtMs: asTimeMs(value['finishedAt']),
  };
}

function viewMount(value: unknown): string[] {
  const { secret, configMap } = asRecord(value);
  const secretName = asText(asRecord(secret)['secretName']);
  const configMapName = asText(asRecord(configMap)['name']);
  if (secretName !== undefined) return [`Secret "${secretName}"`];
  return configMapName === undefined ? [] : [`ConfigMap "${configMapName}"`];
}
