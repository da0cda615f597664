/**
 * Statuses that were written and that the cache does not show yet. A pass in between would take the old one for what is so, set
 * transition times anew and tell Events twice. Asked only while the cache shows the very version that the write was decided from;
 * any other version is news, and the cache is believed again.
 */
import type { ModelDeployment, ModelDeploymentStatus } from '../api/zz_generated.modeldeployment.js';
import type { KubeObject } from '../ports.js';

interface Written {
  readonly fromVersion: string;
  readonly status: ModelDeploymentStatus;
}

/** A watch that is well shows a write within a second: more than this many in between are of one that is not. */
const MAX_UNSEEN = 5000;

export class UnseenStatuses {
  readonly #written = new Map<string, Written>();

  /** The model as it is after our own writes, as far as is known. */
  latest<Model extends KubeObject & ModelDeployment>(model: Model): Model {
    const { uid = '', resourceVersion } = model.metadata;
    const written = this.#written.get(uid);
    if (written === undefined) return model;
    if (written.fromVersion === resourceVersion) return { ...model, status: written.status };
    this.#written.delete(uid);
    return model;
  }

  /** `status` was written over `model` as the cache showed it. */
  note({ metadata: { uid = '', resourceVersion } }: KubeObject, status: ModelDeploymentStatus): void {
    if (resourceVersion === undefined) return;
    this.#written.delete(uid);
    this.#written.set(uid, { fromVersion: resourceVersion, status });
    if (this.#written.size <= MAX_UNSEEN) return;
    const [oldest] = this.#written.keys();
    if (oldest !== undefined) this.#written.delete(oldest);
  }
}
