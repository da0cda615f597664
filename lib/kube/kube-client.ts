/**
 * Single objects of the API server: get, create, patch, server-side apply, delete with preconditions. Objects come back as the
 * server stored them; nothing that was read is ever written back whole, for that would undo what others wrote meanwhile.
 */

import { readArray } from './json.js';
import { isNotFound } from './kube-error.js';
import { type KubeJson, type KubeResource, parseObject } from './kube-object.js';
import { type ResourceRef, resourcePath } from './resource-path.js';
import type { KubeTransport } from './transport.js';

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface ApplyOptions extends CallOptions {
  readonly fieldManager: string;
  readonly subresource?: 'status';
}

export interface DeleteOptions extends CallOptions {
  /** The object must still be this one. */
  readonly uid?: string;
  /** And must still be as it was. */
  readonly resourceVersion?: string;
}

const APPLY_PATCH = 'application/apply-patch+yaml';
const MERGE_PATCH = 'application/merge-patch+json';

export class KubeClient {
  readonly #transport: KubeTransport;

  constructor(transport: KubeTransport) {
    this.#transport = transport;
  }

  async get(resource: KubeResource, ref: ResourceRef, options: CallOptions = {}): Promise<KubeJson> {
    return parseObject(await this.#transport.request({ method: 'GET', path: resourcePath(resource, ref), ...options }), resource);
  }

  /** Undefined when there is none. */
  async find(resource: KubeResource, ref: ResourceRef, options: CallOptions = {}): Promise<KubeJson | undefined> {
    try {
      return await this.get(resource, ref, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** As the server's store has it now, of a kind with namespaces. */
  async isEmpty(resource: KubeResource, namespace: string, options: CallOptions = {}): Promise<boolean> {
    const call = { method: 'GET', path: resourcePath(resource, { namespace }), query: { limit: 1 }, ...options } as const;
    return readArray(await this.#transport.request(call), 'items').length === 0;
  }

  async create(resource: KubeResource, object: KubeJson, options: CallOptions = {}): Promise<KubeJson> {
    const path = resourcePath(resource, { namespace: object.metadata.namespace });
    return parseObject(await this.#transport.request({ method: 'POST', path, body: object, ...options }), resource);
  }

  /** Server-side apply, forced: of fields that others set too, ours is the last word. */
  async apply(resource: KubeResource, object: KubeJson, { fieldManager, subresource, ...options }: ApplyOptions): Promise<KubeJson> {
    const path = resourcePath(resource, { ...refOf(object), ...(subresource === undefined ? {} : { subresource }) });
    const call = { method: 'PATCH', path, query: { fieldManager, force: true }, contentType: APPLY_PATCH, body: object, ...options } as const;
    return parseObject(await this.#transport.request(call), resource);
  }

  /** With `metadata.resourceVersion` in the patch: a conflict when somebody wrote in between. */
  async mergePatch(resource: KubeResource, ref: ResourceRef, patch: unknown, options: CallOptions = {}): Promise<KubeJson> {
    const call = { method: 'PATCH', path: resourcePath(resource, ref), contentType: MERGE_PATCH, body: patch, ...options } as const;
    return parseObject(await this.#transport.request(call), resource);
  }

  /** In the background: what it owned follows. */
  async delete(resource: KubeResource, ref: ResourceRef, { uid, resourceVersion, ...options }: DeleteOptions = {}): Promise<void> {
    const preconditions = { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const body = { propagationPolicy: 'Background', ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }) };
    await this.#transport.request({ method: 'DELETE', path: resourcePath(resource, ref), body, ...options });
  }
}

function refOf({ metadata: { namespace, name } }: KubeJson): ResourceRef {
  return { namespace, name };
}
