/** At most one serving pod is taken away at a time by drains. Pods that are not ready never hold a drain up. */
import { KINDS } from '../api/kinds.js';
import type { KubeObject } from '../ports.js';
import { type ModelIdentity, podSelector, renderObject } from './metadata.js';

export function renderDisruptionBudget(model: ModelIdentity, revision: string): KubeObject {
  const spec = { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: podSelector(model, revision) } };
  return renderObject(KINDS.podDisruptionBudget, model, { name: model.name }, { spec });
}
