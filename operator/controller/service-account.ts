/**
 * Looks after the ServiceAccount of a namespace: written again when somebody removed or changed it, deleted when the last model is
 * gone. Its key is the ServiceAccount's. No model's pass is needed for either, so a namespace of a thousand costs one write.
 */
import { KINDS } from '../api/kinds.js';
import {
  type Cache,
  type Census,
  type KubeObject,
  type ObjectKey,
  OwnershipError,
  type ReconcileResult,
  type Reconciler,
  type Writer,
} from '../ports.js';
import { SERVICE_ACCOUNT } from '../render/metadata.js';
import { isServiceAccountRight, renderServiceAccount } from '../render/service-account.js';

export interface ServiceAccountOptions {
  readonly models: Cache;
  readonly accounts: Cache;
  readonly writer: Writer;
  readonly census: Census;
}

const DONE: ReconcileResult = { kind: 'Done' };
const OWNERSHIP = { kind: 'ManagedBy' } as const;

export class ServiceAccountController implements Reconciler {
  constructor(readonly options: ServiceAccountOptions) {}

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult> {
    const { models, accounts, writer, census } = this.options;
    const account = accounts.get(key);
    if (models.count(key.namespace) > 0) {
      await this.#ensure(account, key.namespace);
      return DONE;
    }
    // a cache that lags may not show a model that was made since: the server is asked, and only then
    if (account === undefined || !(await census.isEmpty(KINDS.modelDeployment, key.namespace)) || signal.aborted) return DONE;
    await unlessForeign(() => writer.delete(KINDS.serviceAccount, key, OWNERSHIP));
    return DONE;
  }

  async #ensure(account: KubeObject | undefined, namespace: string): Promise<void> {
    const desired = renderServiceAccount(namespace);
    if (isServiceAccountRight(account, desired)) return;
    await unlessForeign(() => this.options.writer.apply(KINDS.serviceAccount, desired, OWNERSHIP));
  }
}

/** Whose it is then, the status of each model says that needs it. */
async function unlessForeign(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof OwnershipError)) throw error;
  }
}

/** A model that is gone may have been the last; the cache shows that before it tells. */
export function mapModelToAccount(models: Cache): (object: KubeObject) => readonly ObjectKey[] {
  return ({ metadata: { namespace = '', name } }) => (models.get({ namespace, name }) === undefined ? [{ namespace, name: SERVICE_ACCOUNT }] : []);
}

/** At start this looks at every one that is there: the last model may have gone while no operator ran. */
export function mapAccount({ metadata: { namespace = '', name } }: KubeObject): readonly ObjectKey[] {
  return name === SERVICE_ACCOUNT ? [{ namespace, name }] : [];
}
