/** The whole pod as the scheduler will see it: what the template asks for anyway, with devices, their taint and what they have to be. */
import type { NodeView } from '../../view/node-view.js';
import type { NodeTerm, PodDemand } from '../../view/pod-demand.js';
import type { AcceleratorNeed } from './accelerator-need.js';
import { requiredTerms } from './required-terms.js';

export function placeDemand(need: AcceleratorNeed | undefined, other: PodDemand, nodes: readonly NodeView[]): PodDemand {
  if (need === undefined) return other;
  const { resource, count, taint } = need;
  return {
    ...other,
    requests: new Map([...other.requests, [resource, count]]),
    limits: new Map([...other.limits, [resource, count]]),
    tolerations: [...other.tolerations, { key: taint, operator: 'Exists', value: '', effect: 'NoSchedule' }],
    terms: both(other.terms, requiredTerms(need, nodes)),
  };
}

/** Terms are alternatives: both lists have to agree, so each of the one goes with each of the other. */
function both(left: readonly NodeTerm[] | undefined, right: readonly NodeTerm[] | undefined): readonly NodeTerm[] | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left
    .filter(({ labels, fields }) => labels.length + fields.length > 0) // one without requirements matches nothing, and must not come to match
    .flatMap((a) => right.map((b) => ({ labels: [...a.labels, ...b.labels], fields: [...a.fields, ...b.fields] })));
}
