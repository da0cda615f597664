/**
 * The Writer port over a real API server. Whose an object is, is asked of the object itself, and the version that was looked at is a
 * condition of the write: who took it over since, even an instant ago, is not overwritten. What a cache shows needs no look at the
 * server first; when the write then meets another version, the server is looked at.
 */
import { ADOPTION_MANAGER, FIELD_MANAGER } from '../../contract/labels.js';
import { WaitingError } from '../../lib/errors.js';
import type { KubeClient } from '../../lib/kube/kube-client.js';
import { isAlreadyExists, isConflict, isInvalid, isNotFound, KubeError } from '../../lib/kube/kube-error.js';
import { type KubeObject, type ObjectKey, type Ownership, OwnershipError, type ResourceKind, type Writer } from '../ports.js';
import { defined } from './defined.js';
import { checkFreshness, checkGeneration, newStaleError } from './freshness.js';
import { checkOwnerLives, checkOwnership, describeObject } from './ownership.js';

/** Looks at the server before a write is given up because somebody else writes the same object all the time. */
const ATTEMPTS = 4;

/** What a cache has of an object; undefined where it has none, or there is no cache of the kind. */
export type FindCached = (resource: ResourceKind, key: ObjectKey) => KubeObject | undefined;

interface SeenObject {
  /** Undefined: there is none. */
  readonly existing: KubeObject | undefined;
  readonly fieldManager: string;
}

export class KubeWriter implements Writer {
  readonly #client: KubeClient;
  readonly #findCached: FindCached;

  constructor(client: KubeClient, findCached: FindCached = () => undefined) {
    this.#client = client;
    this.#findCached = findCached;
  }

  apply(resource: ResourceKind, object: KubeObject, ownership: Ownership): Promise<KubeObject> {
    const key = keyOf(object);
    return explained(`apply ${describeObject(object)}`, () =>
      this.#overSeen(resource, key, async (existing) => {
        if (existing !== undefined) checkOwnership(existing, ownership, object);
        checkFreshness(existing, object);
        if (ownership.kind === 'OrphanOf') await this.#checkOwner(object, ownership);
        return this.#apply(resource, object, { existing, fieldManager: managerFor(ownership) });
      }),
    );
  }

  async create(resource: ResourceKind, object: KubeObject, ownership: Ownership): Promise<KubeObject> {
    const { status: _, metadata, ...fields } = object;
    const { name, namespace, labels, annotations, ownerReferences } = metadata;
    const fresh = { ...fields, metadata: { name, ...defined({ namespace, labels, annotations, ownerReferences }) } };
    try {
      return await explained(`create ${describeObject(object)}`, () => this.#client.create(resource, fresh, { fieldManager: FIELD_MANAGER }));
    } catch (error) {
      if (isAlreadyExists(error)) return this.apply(resource, object, ownership);
      throw error;
    }
  }

  async delete(resource: ResourceKind, key: ObjectKey, ownership: Ownership): Promise<void> {
    await explained(`delete ${resource.kind} "${key.namespace}/${key.name}"`, () =>
      this.#overSeen(resource, key, async (existing) => {
        if (existing === undefined) return;
        checkOwnership(existing, ownership);
        const { uid, resourceVersion } = existing.metadata;
        try {
          await this.#client.delete(resource, key, defined({ uid, resourceVersion }));
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
      }),
    );
  }

  /** Of the server alone: a cache is what is in doubt. */
  confirm(resource: ResourceKind, seen: KubeObject): Promise<void> {
    return explained(`look at ${describeObject(seen)}`, async () => checkGeneration(await this.#client.find(resource, keyOf(seen)), seen));
  }

  /**
   * The status endpoint of a custom resource ignores a uid that does not match, and writes to the namesake. It does heed a
   * resourceVersion, so the one of the object whose uid was looked at is the condition.
   */
  applyStatus(resource: ResourceKind, object: KubeObject): Promise<KubeObject> {
    return explained(`write the status of ${describeObject(object)}`, () =>
      this.#overSeen(resource, keyOf(object), async (existing) => {
        if (existing === undefined) throw new KubeError('it is gone', { code: 404, reason: 'NotFound' });
        checkUid(existing, object);
        checkFreshness(existing, object);
        return this.#client.apply(resource, statusOf(object, existing), { fieldManager: FIELD_MANAGER, subresource: 'status' });
      }),
    );
  }

  async #checkOwner({ metadata: { namespace } }: KubeObject, owner: Ownership & { readonly kind: 'OrphanOf' }): Promise<void> {
    checkOwnerLives(await this.#client.find(owner.owner, { ...defined({ namespace }), name: owner.name }), owner);
  }

  async #apply(resource: ResourceKind, object: KubeObject, { existing, fieldManager }: SeenObject): Promise<KubeObject> {
    const { status: _, ...fields } = object;
    const { apiVersion, kind } = object;
    const { name, namespace, labels, annotations, ownerReferences, resourceVersion } = object.metadata;
    const seen = { uid: existing?.metadata.uid, resourceVersion: existing?.metadata.resourceVersion };
    const metadata = { name, ...defined({ namespace, labels, annotations, ownerReferences, ...seen }) };
    try {
      return await this.#client.apply(resource, { ...fields, apiVersion, kind, metadata }, { fieldManager });
    } catch (error) {
      throw isConflict(error) && resourceVersion !== undefined ? newStaleError(object) : error;
    }
  }

  /** Writes over what the cache shows; where that is not so any more, or no reason to write, over what the server shows. */
  async #overSeen<Result>(resource: ResourceKind, key: ObjectKey, write: (existing: KubeObject | undefined) => Promise<Result>): Promise<Result> {
    const cached = this.#findCached(resource, key);
    if (cached !== undefined) {
      try {
        return await write(cached);
      } catch (error) {
        if (!isWorthALook(error)) throw error;
      }
    }
    for (let attempt = 1; ; attempt++) {
      const existing = await this.#client.find(resource, key);
      try {
        return await write(existing);
      } catch (error) {
        const isWrittenSince = isConflict(error) && existing !== undefined && !(error instanceof ReplacedError);
        if (!isWrittenSince || attempt >= ATTEMPTS) throw error;
      }
    }
  }
}

/** The cache may be old news: of who owns it, of which version it is, of its being there at all. */
function isWorthALook(error: unknown): boolean {
  if (error instanceof OwnershipError || error instanceof WaitingError) return true;
  return isConflict(error) || isNotFound(error) || (error instanceof KubeError && isOtherUid(error));
}

function keyOf({ metadata: { namespace = '', name } }: KubeObject): ObjectKey {
  return { namespace, name };
}

/** An apply takes away what its manager applied before and leaves out now: what only adopts needs another manager. */
function managerFor({ kind }: Ownership): string {
  return kind === 'OrphanOf' ? ADOPTION_MANAGER : FIELD_MANAGER;
}

function statusOf({ apiVersion, kind, metadata: { name, namespace }, status }: KubeObject, existing: KubeObject) {
  return { apiVersion, kind, metadata: { name, ...defined({ namespace, resourceVersion: existing.metadata.resourceVersion }) }, status };
}

/** An object of that name is there, and it is another one. */
class ReplacedError extends KubeError {}

function checkUid(existing: KubeObject, { metadata: { uid } }: KubeObject): void {
  if (uid === undefined || uid === existing.metadata.uid) return;
  throw new ReplacedError(`it was deleted and made anew: its uid is ${existing.metadata.uid}, not ${uid}`, { code: 409, reason: 'Conflict' });
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
