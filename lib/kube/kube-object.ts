/** Objects of the API as their JSON. Nothing is dropped but `metadata.managedFields`; what is unknown here stays as it came. */
import type {
  KubeObject as KubeJson,
  ObjectMeta as KubeObjectMeta,
  OwnerReference as KubeOwner,
  ResourceKind as KubeResource,
} from '../kube-types.js';
import { isRecord, type JsonRecord, readString } from './json.js';
import { KubeError } from './kube-error.js';

export type {
  KubeObject as KubeJson,
  ObjectMeta as KubeObjectMeta,
  OwnerReference as KubeOwner,
  ResourceKind as KubeResource,
} from '../kube-types.js';

/** The answer as an object of `resource`; items of a list carry neither apiVersion nor kind and get them here. */
export function parseObject(value: unknown, resource: KubeResource): KubeJson {
  const metadata = readMetadata(value);
  if (!isRecord(value) || metadata === undefined) {
    throw new KubeError(`The API server sent a ${resource.kind} that is none: ${JSON.stringify(value)?.slice(0, 200)}`, {
      code: 0,
      reason: 'BadAnswer',
    });
  }
  const { apiVersion, kind } = resource;
  return { ...value, apiVersion: readString(value, 'apiVersion') ?? apiVersion, kind: readString(value, 'kind') ?? kind, metadata };
}

function readMetadata(value: unknown): KubeObjectMeta | undefined {
  if (!isRecord(value) || !isRecord(value['metadata'])) return undefined;
  const { managedFields: _, ...metadata } = value['metadata'];
  return isMetadata(metadata) ? metadata : undefined;
}

const TEXT_FIELDS = ['namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp'];

function isMetadata(value: JsonRecord): value is JsonRecord & KubeObjectMeta {
  const { name, generation, ownerReferences } = value;
  return (
    typeof name === 'string' &&
    (generation === undefined || typeof generation === 'number') &&
    TEXT_FIELDS.every((field) => value[field] === undefined || typeof value[field] === 'string') &&
    ['labels', 'annotations'].every((field) => value[field] === undefined || isTextRecord(value[field])) &&
    (ownerReferences === undefined || (Array.isArray(ownerReferences) && ownerReferences.every(isOwner)))
  );
}

function isOwner(value: unknown): value is KubeOwner {
  return isRecord(value) && ['apiVersion', 'kind', 'name', 'uid'].every((field) => typeof value[field] === 'string');
}

function isTextRecord(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
}

/** `namespace/name`, or the name alone where there is no namespace. */
export function objectId({ namespace, name }: { readonly namespace?: string; readonly name: string }): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}
