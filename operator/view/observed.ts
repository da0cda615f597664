/** All that one pass knows, read once. Plain data: a plan can be replayed from it. */
import type { Statusz } from '../../contract/statusz.js';
import type { ModelDeployment } from '../api/zz_generated.modeldeployment.js';
import type { KubeObject } from '../ports.js';
import type { DeploymentView } from './deployment-view.js';
import type { PodView } from './pod-view.js';
import type { RevisionView } from './revision-view.js';

export interface Observed {
  readonly model: ModelDeployment;
  readonly uid: string;
  readonly namespace: string;
  readonly generation: number;
  /** Deployments of this model by revision. */
  readonly deployments: ReadonlyMap<string, DeploymentView>;
  readonly revisions: readonly RevisionView[];
  /** Pods that serve. */
  readonly pods: readonly PodView[];
  readonly resolvers: readonly PodView[];
  /** Revision that the model's Service selects; undefined without a Service of ours. */
  readonly serving: string | undefined;
  /** Names of objects that a deleted namesake of this model left, and that are still being removed. */
  readonly leftovers: readonly string[];
  /** Objects that a namesake left behind without an owner (`--cascade=orphan`), or that lost it: this model takes them back. */
  readonly orphans: readonly KubeObject[];
  /** The objects themselves, by `Kind/name`, to compare what is with what should be. */
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** What a ready pod of the serving revision said; undefined when none was asked or none answered. */
  readonly statusz: { readonly pod: string; readonly report: Statusz } | undefined;
}

export function objectKey(kind: string, name: string): string {
  return `${kind}/${name}`;
}
