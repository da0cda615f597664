/**
 * Single objects of the API server: get, create, patch, server-side apply, delete with preconditions. Objects come back as the
 * server stored them; nothing that was read is ever written back whole, for that would undo what others wrote meanwhile.
 */

import { readArray, readRecord, readString } from './json.js';
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
}

export interface ListOptions extends CallOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  /** Objects of one answer. */
  readonly pageSize?: number;
}

const PAGE_SIZE = 500;
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

  /** All of them as they were at one moment, page by page. */
  async list(resource: KubeResource, { namespace, labelSelector, pageSize = PAGE_SIZE, ...options }: ListOptions = {}): Promise<KubeJson[]> {
    const objects: KubeJson[] = [];
    for (let next: string | undefined; next !== ''; ) {
      const query = { limit: pageSize, continue: next, labelSelector };
      const page = await this.#transport.request({ method: 'GET', path: resourcePath(resource, { namespace }), query, ...options });
      for (const item of readArray(page, 'items')) objects.push(parseObject(item, resource));
      next = readString(readRecord(page, 'metadata'), 'continue') ?? '';
    }
    return objects;
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
  async delete(resource: KubeResource, ref: ResourceRef, { uid, ...options }: DeleteOptions = {}): Promise<void> {
    const body = { propagationPolicy: 'Background', ...(uid === undefined ? {} : { preconditions: { uid } }) };
    await this.#transport.request({ method: 'DELETE', path: resourcePath(resource, ref), body, ...options });
  }
}

function refOf({ metadata: { namespace, name } }: KubeJson): ResourceRef {
  return { namespace, name };
}
