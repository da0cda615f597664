/** Where the API server keeps a kind, an object, or a subresource of it. */
import type { KubeResource } from './kube-object.js';

export interface ResourceRef {
  /** Absent or empty: cluster-wide. */
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly subresource?: string;
}

/** `v1` lies under /api, every other group under /apis. */
export function resourcePath({ apiVersion, plural }: Pick<KubeResource, 'apiVersion' | 'plural'>, ref: ResourceRef = {}): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = ref.namespace === undefined || ref.namespace === '' ? [] : ['namespaces', ref.namespace];
  const rest = [...namespace, plural, ref.name, ref.name === undefined ? undefined : ref.subresource];
  return [root, ...rest.filter((part) => part !== undefined).map((part) => encodeURIComponent(part))].join('/');
}
