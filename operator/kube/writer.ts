/** The Writer port over a real API server. Ownership is asked of the server, and the uid that was seen is a condition of the write. */
import { ADOPTION_MANAGER, FIELD_MANAGER } from '../../contract/labels.js';
import type { KubeClient } from '../../lib/kube/kube-client.js';
import { isConflict, isInvalid, isNotFound, KubeError } from '../../lib/kube/kube-error.js';
import type { KubeObject, ObjectKey, Ownership, ResourceKind, Writer } from '../ports.js';
import { checkFreshness, newStaleError } from './freshness.js';
import { checkOwnerLives, checkOwnership, describeObject } from './ownership.js';

const STATUS_ATTEMPTS = 3;

export class KubeWriter implements Writer {
  readonly #client: KubeClient;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  apply(resource: ResourceKind, object: KubeObject, ownership: Ownership): Promise<KubeObject> {
    return explained(`apply ${describeObject(object)}`, async () => {
      const existing = await this.#client.find(resource, object.metadata);
      if (existing !== undefined) checkOwnership(existing, ownership, object);
      checkFreshness(existing, object);
      if (ownership.kind === 'OrphanOf') await this.#checkOwner(object, ownership);
      const { status: _, ...fields } = object;
      const { apiVersion, kind } = object;
      const { name, namespace, labels, annotations, ownerReferences, resourceVersion } = object.metadata;
      const metadata = { name, ...defined({ namespace, labels, annotations, ownerReferences, resourceVersion, uid: existing?.metadata.uid }) };
      try {
        return await this.#client.apply(resource, { ...fields, apiVersion, kind, metadata }, { fieldManager: managerFor(ownership) });
      } catch (error) {
        throw isConflict(error) && resourceVersion !== undefined ? newStaleError(object) : error;
      }
    });
  }

  async #checkOwner({ metadata: { namespace } }: KubeObject, owner: Ownership & { readonly kind: 'OrphanOf' }): Promise<void> {
    checkOwnerLives(await this.#client.find(owner.owner, { ...defined({ namespace }), name: owner.name }), owner);
  }

  delete(resource: ResourceKind, key: ObjectKey, ownership: Ownership): Promise<void> {
    return explained(`delete ${resource.kind} "${key.namespace}/${key.name}"`, async () => {
      const existing = await this.#client.find(resource, key);
      if (existing === undefined) return;
      checkOwnership(existing, ownership);
      try {
        await this.#client.delete(resource, key, defined({ uid: existing.metadata.uid }));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    });
  }

  /**
   * The status endpoint of a custom resource ignores a uid that does not match, and writes to the namesake. It does heed a
   * resourceVersion, so the one of the object whose uid was looked at is the condition.
   */
  applyStatus(resource: ResourceKind, object: KubeObject): Promise<KubeObject> {
    return explained(`write the status of ${describeObject(object)}`, async () => {
      for (let attempt = 1; ; attempt++) {
        const existing = await this.#client.get(resource, object.metadata);
        checkUid(existing, object);
        try {
          return await this.#client.apply(resource, statusOf(object, existing), { fieldManager: FIELD_MANAGER, subresource: 'status' });
        } catch (error) {
          if (!isConflict(error) || attempt >= STATUS_ATTEMPTS) throw error; // somebody wrote in between: look again
        }
      }
    });
  }
}

/** An apply takes away what its manager applied before and leaves out now: what only adopts needs another manager. */
function managerFor({ kind }: Ownership): string {
  return kind === 'OrphanOf' ? ADOPTION_MANAGER : FIELD_MANAGER;
}

function statusOf({ apiVersion, kind, metadata: { name, namespace }, status }: KubeObject, existing: KubeObject) {
  return { apiVersion, kind, metadata: { name, ...defined({ namespace, resourceVersion: existing.metadata.resourceVersion }) }, status };
}

function checkUid(existing: KubeObject, { metadata: { uid } }: KubeObject): void {
  if (uid === undefined || uid === existing.metadata.uid) return;
  throw new KubeError(`it was deleted and made anew: its uid is ${existing.metadata.uid}, not ${uid}`, { code: 409, reason: 'Conflict' });
}

/** What was attempted goes before what the server said; code and reason stay, for the predicates. */
async function explained<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    const { code, reason } = isOtherUid(error) ? { code: 409, reason: 'Conflict' } : error;
    throw new KubeError(`Could not ${what}: ${error.message}`, { code, reason, retryAfterMs: error.retryAfterMs, cause: error });
  }
}

/** How an API server says in a forced apply that the object of that name is another one by now. */
function isOtherUid(error: KubeError): boolean {
  return isInvalid(error) && error.message.includes('metadata.uid: Invalid value');
}

type Defined<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/** Without the fields that are undefined. */
function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  const kept: Defined<Fields> = {};
  for (const key in fields) {
    const value = fields[key];
    if (isDefined(value)) kept[key] = value;
  }
  return kept;
}

function isDefined<Value>(value: Value): value is Exclude<Value, undefined> {
  return value !== undefined;
}
