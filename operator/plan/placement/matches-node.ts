/** Whether a node is one that a pod may be on: nodeSelector and required node affinity, as kube-scheduler reads them. */
import type { NodeView } from '../../view/node-view.js';
import type { NodeTerm, PodDemand, Requirement } from '../../view/pod-demand.js';

type Selection = Pick<PodDemand, 'nodeSelector' | 'terms'>;

export function matchesNode({ nodeSelector, terms }: Selection, { name, labels }: Pick<NodeView, 'name' | 'labels'>): boolean {
  const isSelected = Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
  return isSelected && (terms === undefined || terms.some((term) => matchesTerm(term, name, labels)));
}

function matchesTerm({ labels, fields }: NodeTerm, name: string, has: Readonly<Record<string, string>>): boolean {
  if (labels.length + fields.length === 0) return false;
  return (
    labels.every((requirement) => meets(requirement, Object.hasOwn(has, requirement.key) ? has[requirement.key] : undefined)) &&
    fields.every((requirement) => meets(requirement, requirement.key === 'metadata.name' ? name : ''))
  );
}

function meets({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt':
      return compares(operator, value, values);
    default:
      return false;
  }
}

function compares(operator: 'Gt' | 'Lt', value: string | undefined, [bound, ...more]: readonly string[]): boolean {
  const left = integer(value);
  const right = integer(bound);
  if (left === undefined || right === undefined || more.length > 0) return false;
  return operator === 'Gt' ? left > right : left < right;
}

/** As Go's ParseInt reads it. */
export function integer(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[+-]?\d{1,18}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
}
