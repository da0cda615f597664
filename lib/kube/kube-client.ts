/**
 * Single objects of the API server: get, create, patch, server-side apply, delete with preconditions. Objects come back as the
 * server stored them; nothing that was read is ever written back whole, for that would undo what others wrote meanwhile.
 */

import { isRecord, readArray, readRecord, readString } from './json.js';
import { isNotFound, KubeError } from './kube-error.js';
import { type KubeJson, type KubeResource, parseObject } from './kube-object.js';
import { type ResourceRef, resourcePath } from './resource-path.js';
import type { KubeRequest, KubeTransport } from './transport.js';

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface ApplyOptions extends CallOptions {
  readonly fieldManager: string;
  readonly subresource?: 'status';
}

export interface CreateOptions extends CallOptions {
  /** Absent: the user agent. */
  readonly fieldManager?: string;
}

export interface DeleteOptions extends CallOptions {
  /** The object must still be this one. */
  readonly uid?: string;
  /** And must still be as it was. */
  readonly resourceVersion?: string;
}

/** Milliseconds that a write which begins now may take. Throws when there may be none. */
export type WriteFence = () => number;

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
  readonly #fence: WriteFence | undefined;

  /** With a fence every write asks it first and takes no longer than it allows, as far as both ends can see to that. */
  constructor(transport: KubeTransport, fence?: WriteFence) {
    this.#transport = transport;
    this.#fence = fence;
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
    const list = await this.#transport.request(call);
    const items = isRecord(list) ? (list['items'] ?? []) : undefined;
    // what is no list says nothing, least of all that nothing is there
    if (!Array.isArray(items) || readString(readRecord(list, 'metadata'), 'resourceVersion') === undefined) {
      throw new KubeError(`The list ${call.path} is none: ${JSON.stringify(list)?.slice(0, 100)}`, { code: 0, reason: 'BadAnswer' });
    }
    return items.length === 0;
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

  /** Of a name that is taken: a KubeError `AlreadyExists`. A field that the server does not know is refused, as it is by an apply. */
  async create(resource: KubeResource, object: KubeJson, { fieldManager, ...options }: CreateOptions = {}): Promise<KubeJson> {
    const path = resourcePath(resource, { namespace: object.metadata.namespace });
    const query = { fieldManager, fieldValidation: 'Strict' };
    return parseObject(await this.#write({ method: 'POST', path, query, body: object, ...options }), resource);
  }

  /** Server-side apply, forced: of fields that others set too, ours is the last word. */
  async apply(resource: KubeResource, object: KubeJson, { fieldManager, subresource, ...options }: ApplyOptions): Promise<KubeJson> {
    const path = resourcePath(resource, { ...refOf(object), ...(subresource === undefined ? {} : { subresource }) });
    const call = { method: 'PATCH', path, query: { fieldManager, force: true }, contentType: APPLY_PATCH, body: object, ...options } as const;
    return parseObject(await this.#write(call), resource);
  }

  /** With `metadata.resourceVersion` in the patch: a conflict when somebody wrote in between. */
  async mergePatch(resource: KubeResource, ref: ResourceRef, patch: unknown, options: CallOptions = {}): Promise<KubeJson> {
    const call = { method: 'PATCH', path: resourcePath(resource, ref), contentType: MERGE_PATCH, body: patch, ...options } as const;
    return parseObject(await this.#write(call), resource);
  }

  /** In the background: what it owned follows. */
  async delete(resource: KubeResource, ref: ResourceRef, { uid, resourceVersion, ...options }: DeleteOptions = {}): Promise<void> {
    const preconditions = { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const body = { propagationPolicy: 'Background', ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }) };
    await this.#write({ method: 'DELETE', path: resourcePath(resource, ref), body, ...options });
  }

  /** The server is told the deadline, too: a request that has left cannot be taken back. */
  async #write(call: KubeRequest): Promise<unknown> {
    if (this.#fence === undefined) return this.#transport.request(call);
    const timeoutMs = Math.floor(Math.min(this.#fence(), call.timeoutMs ?? Number.POSITIVE_INFINITY));
    return this.#transport.request({ ...call, timeoutMs, query: { ...call.query, timeout: `${timeoutMs}ms` } });
  }
}

function refOf({ metadata: { namespace, name } }: KubeJson): ResourceRef {
  return { namespace, name };
}
