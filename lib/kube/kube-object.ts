/** Objects of the API as their JSON. Nothing is dropped but `metadata.managedFields`; what is unknown here stays as it came. */
import { isRecord, readString } from './json.js';
import { KubeError } from './kube-error.js';

export interface KubeObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface KubeJson {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: KubeObjectMeta;
  readonly [field: string]: unknown;
}

/** A kind and where the API server serves it. */
export interface KubeResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

/** The answer as an object of `resource`; items of a list carry neither apiVersion nor kind and get them here. */
export function parseObject(value: unknown, resource: KubeResource): KubeJson {
  const metadata = isRecord(value) ? value['metadata'] : undefined;
  if (!isRecord(value) || !isMetadata(metadata)) {
    throw new KubeError(`The API server sent a ${resource.kind} that is none: ${JSON.stringify(value)?.slice(0, 200)}`, {
      code: 0,
      reason: 'BadAnswer',
    });
  }
  const { managedFields: _, ...kept } = metadata;
  return {
    ...value,
    apiVersion: readString(value, 'apiVersion') ?? resource.apiVersion,
    kind: readString(value, 'kind') ?? resource.kind,
    metadata: kept,
  };
}

function isMetadata(value: unknown): value is KubeObjectMeta {
  return (
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    ['namespace', 'uid', 'resourceVersion'].every((field) => value[field] === undefined || typeof value[field] === 'string') &&
    ['labels', 'annotations'].every((field) => value[field] === undefined || isTextRecord(value[field]))
  );
}

function isTextRecord(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
}

/** `namespace/name`, or the name alone where there is no namespace. */
export function objectId({ namespace, name }: { readonly namespace?: string; readonly name: string }): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}
