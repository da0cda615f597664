/** The fields of metadata that the server sets, and those that people do. */
import { isSameJson, type JsonRecord, readArray, readNumber } from '../../../lib/kube/json.js';
import type { KubeObject, ObjectKey, ResourceKind } from '../../../operator/ports.js';
import type { KindRules } from './kinds.js';

const OF_SERVER = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
];
const OF_PEOPLE = ['labels', 'annotations', 'ownerReferences', 'finalizers'];
const NO_SPEC = new Set(['apiVersion', 'kind', 'metadata', 'status']);

export function keyOf({ metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

export function isSameResource(left: ResourceKind, right: ResourceKind): boolean {
  return left.apiVersion === right.apiVersion && left.plural === right.plural;
}

export function finalizersOf(object: KubeObject | undefined): readonly string[] {
  return readArray(object?.metadata, 'finalizers').filter((finalizer) => typeof finalizer === 'string');
}

export function withMetadata(object: KubeObject, fields: JsonRecord): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...fields } };
}

/** Deletion was asked for, and nothing holds it up. */
export function isReadyToGo(object: KubeObject): boolean {
  const { deletionTimestamp } = object.metadata;
  return (
    deletionTimestamp !== undefined && finalizersOf(object).length === 0 && (readNumber(object.metadata, 'deletionGracePeriodSeconds') ?? 0) === 0
  );
}

export function toTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** What can be owned: all of the object on the main endpoint but its status, and that alone on the other. */
export function ownableFields(object: KubeObject, { hasStatus }: KindRules, subresource: 'status' | undefined): JsonRecord {
  if (subresource === 'status') return { status: object['status'] };
  const { apiVersion: _, kind: __, metadata, status, ...fields } = object;
  return { metadata: pick(metadata, OF_PEOPLE), ...fields, ...(hasStatus ? {} : { status }) };
}

/** `live` with `fields` in the place of its ownable ones. */
export function withOwnable(
  live: KubeObject,
  fields: JsonRecord,
  { rules, subresource }: { rules: KindRules; subresource: 'status' | undefined },
): KubeObject {
  const { apiVersion, kind, metadata } = live;
  if (subresource === 'status') return { ...live, status: fields['status'] };
  const status = rules.hasStatus ? { status: live['status'] } : {};
  const ours = fields['metadata'];
  return {
    ...fields,
    apiVersion,
    kind,
    metadata: { ...pick(metadata, OF_SERVER), ...(typeof ours === 'object' ? ours : {}), name: metadata.name },
    ...status,
  };
}

export interface IdentityOptions {
  readonly rules: KindRules;
  readonly old: KubeObject | undefined;
  readonly newUid: () => string;
  readonly now: string;
}

/** uid, times and generation of `object`, which comes after `old`. */
export function identityOf(object: KubeObject, { rules, old, newUid, now }: IdentityOptions): JsonRecord {
  const { metadata } = object;
  if (old === undefined) {
    const { uid = newUid(), creationTimestamp = now } = metadata;
    return {
      uid,
      creationTimestamp,
      ...(rules.hasGeneration && hasSpec(object) ? { generation: metadata.generation ?? 1 } : { generation: undefined }),
    };
  }
  const { uid, creationTimestamp, generation } = old.metadata;
  const next = generation !== undefined && isNewGeneration(old, object) ? generation + 1 : generation;
  return { uid, creationTimestamp, generation: next };
}

/** Everything but metadata and status is the spec; of a Deployment the annotations too, and a deletion that begins is a change as well. */
function isNewGeneration(old: KubeObject, next: KubeObject): boolean {
  if (old.metadata.deletionTimestamp !== next.metadata.deletionTimestamp) return true;
  const isDeployment = next.kind === 'Deployment' && next.apiVersion === 'apps/v1';
  if (isDeployment && !isSameJson(old.metadata.annotations ?? {}, next.metadata.annotations ?? {})) return true;
  const fields = new Set([...Object.keys(old), ...Object.keys(next)]);
  return [...fields].some((field) => !NO_SPEC.has(field) && !isSameJson(old[field], next[field]));
}

function hasSpec(object: KubeObject): boolean {
  return Object.keys(object).some((field) => !NO_SPEC.has(field));
}

function pick(record: object, names: readonly string[]): JsonRecord {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
}
