/** POST, PUT, PATCH and DELETE: what of a body counts at which endpoint. */
import { isRecord, readRecord } from '../../../lib/kube/json.js';
import { KubeError } from '../../../lib/kube/kube-error.js';
import { parseObject } from '../../../lib/kube/kube-object.js';
import type { KubeObject, ObjectKey } from '../../../operator/ports.js';
import { type Reply, textOf } from './answers.js';
import { parseDeleteOptions } from './deletion.js';
import type { KindRules } from './kinds.js';
import type { Author } from './managers.js';
import { mergePatch } from './merge.js';
import type { ObjectStore } from './object-store.js';
import { badRequest, notFound } from './refusals.js';

export interface WriteRequest {
  readonly store: ObjectStore;
  readonly rules: KindRules;
  readonly key: ObjectKey;
  readonly subresource: 'status' | undefined;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';

export function createFrom({ store, rules, key, body, ...request }: WriteRequest): Reply {
  const { metadata, status, ...fields } = toObject(body, rules);
  if (metadata.resourceVersion !== undefined) throw badRequest('resourceVersion should not be set on objects to be created');
  const { uid: _, creationTimestamp: __, deletionTimestamp: ___, generation: ____, ...kept } = metadata;
  const namespace = namespaceIn(rules, key, metadata.namespace);
  const object = { ...fields, metadata: { ...kept, ...namespace }, ...(rules.hasStatus ? {} : { status }) };
  return created(store.create(rules, object, authorOf(request)));
}

export function patchWith(request: WriteRequest): Reply {
  switch (request.headers['content-type']) {
    case APPLY:
      return applyWith(request);
    case MERGE:
      return updateWith(request, (object) => toObject(mergePatch(object, request.body), request.rules));
    default:
      throw new KubeError(`the body of the request was in an unknown format - accepted media types include: ${MERGE}, ${APPLY}`, {
        code: 415,
        reason: 'UnsupportedMediaType',
      });
  }
}

export function replaceWith(request: WriteRequest): Reply {
  return updateWith(request, () => toObject(request.body, request.rules));
}

export function deleteWith({ store, rules, key, body }: WriteRequest): Reply {
  const uid = store.get(rules, key)?.metadata.uid;
  const left = store.remove(rules, key, parseDeleteOptions(body));
  if (left !== undefined) return { status: 200, text: textOf(left) };
  const details = { name: key.name, kind: rules.plural, uid };
  return { status: 200, text: JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }) };
}

function applyWith({ store, rules, key, body, ...request }: WriteRequest): Reply {
  const manager = request.query.get('fieldManager');
  if (manager === null || manager === '') throw noFieldManager();
  if (readRecord(body, 'metadata')['managedFields'] !== undefined) throw badRequest('metadata.managedFields must be nil');
  const isNew = store.get(rules, key) === undefined;
  const config = toObject(body, rules);
  if (config.metadata.name !== key.name)
    throw badRequest(`the name of the object (${config.metadata.name}) does not match the name on the URL (${key.name})`);
  const object = { ...config, metadata: { ...config.metadata, ...namespaceIn(rules, key, config.metadata.namespace) } };
  const force = request.query.get('force') === 'true';
  const stored = store.apply(rules, object, { manager, force, subresource: request.subresource });
  return isNew ? created(stored) : { status: 200, text: textOf(stored) };
}

function updateWith({ store, rules, key, ...request }: WriteRequest, change: (object: KubeObject) => KubeObject): Reply {
  if (store.get(rules, key) === undefined) throw notFound(rules, key.name);
  return { status: 200, text: textOf(store.update(rules, key, { change, author: authorOf(request) })) };
}

function created(object: KubeObject): Reply {
  return { status: 201, text: textOf(object) };
}

/** Without `fieldManager`, who writes is known by its user agent. */
function authorOf({ query, headers, subresource }: Pick<WriteRequest, 'query' | 'headers' | 'subresource'>): Author {
  const manager = query.get('fieldManager') ?? headers['user-agent']?.split('/')[0] ?? 'unknown';
  return { manager, subresource };
}

function namespaceIn({ isNamespaced }: KindRules, { namespace }: ObjectKey, said: string | undefined): { readonly namespace?: string } {
  if (!isNamespaced) return {};
  if (said !== undefined && said !== namespace)
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  return { namespace };
}

function toObject(body: unknown, rules: KindRules): KubeObject {
  if (!isRecord(body)) throw badRequest('the body of the request is no object');
  try {
    return parseObject(body, rules);
  } catch {
    throw badRequest(`the body of the request is no ${rules.kind}: ${JSON.stringify(body).slice(0, 200)}`);
  }
}

function noFieldManager(): KubeError {
  const message = 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch';
  return new KubeError(message, { code: 422, reason: 'Invalid' });
}
