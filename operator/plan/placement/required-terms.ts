/**
 * What `device-match.ts` decides, as required node affinity, so that the scheduler decides the same. Names of products are those that
 * nodes have now in whatever spelling; where none has one, the name as it was asked for.
 */
import type { NodeView } from '../../view/node-view.js';
import type { NodeTerm, Requirement } from '../../view/pod-demand.js';
import type { AcceleratorNeed } from './accelerator-need.js';
import { DEVICE_LABELS, isOfForm, memoryLabel, STRATEGIES } from './device-match.js';
import { integer } from './matches-node.js';
import { labelName, parseProduct } from './product-name.js';

/** Undefined when any node that has the resource will do. */
export function requiredTerms(need: AcceleratorNeed, nodes: readonly NodeView[]): readonly NodeTerm[] | undefined {
  const always = [...strategyRequirements(need), ...productRequirements(need, nodes)];
  const terms = memoryAlternatives(need, nodes).flatMap((memory) => {
    return computeAlternatives(need).map((compute) => ({ labels: [...always, ...memory, ...compute], fields: [] }));
  });
  return terms.every(({ labels }) => labels.length === 0) ? undefined : terms;
}

function strategyRequirements({ resource, sharing }: AcceleratorNeed): Requirement[] {
  if (!isOfFormLabels(resource) || sharing === 'Partition') return [];
  if (sharing !== 'Exclusive') return [{ key: DEVICE_LABELS.strategy, operator: 'In', values: [STRATEGIES[sharing]] }];
  return [{ key: DEVICE_LABELS.strategy, operator: 'NotIn', values: Object.values(STRATEGIES) }];
}

function productRequirements(need: AcceleratorNeed, nodes: readonly NodeView[]): Requirement[] {
  const key = DEVICE_LABELS.product;
  const names = [...new Set(nodes.flatMap(({ labels }) => labels[key] ?? []))].sort();
  const hasForm = (name: string): boolean => !isOfFormLabels(need.resource) || isOfForm(need, name);
  const isWanted = (name: string): boolean => need.products.some(({ product }) => product === parseProduct(name).product);
  const mustBeNamed = need.sharing === 'Partition' && isOfFormLabels(need.resource);
  if (need.products.length === 0 && !mustBeNamed) {
    const others = names.filter((name) => !hasForm(name));
    return others.length === 0 ? [] : [{ key, operator: 'NotIn', values: others }];
  }
  const values = names.filter((name) => hasForm(name) && (need.products.length === 0 || isWanted(name)));
  const asked = need.products.map(({ name }) => labelName(name, mustBeNamed ? need.slice : undefined));
  return [{ key, operator: 'In', values: values.length === 0 ? asked : values }];
}

/** With MPS a client has a share of the card: each number of shares that nodes have is an alternative. */
function memoryAlternatives(need: AcceleratorNeed, nodes: readonly NodeView[]): Requirement[][] {
  if (need.memoryMiB === undefined) return [[]];
  const least = BigInt(need.memoryMiB);
  const more = (shares: bigint): Requirement => ({ key: memoryLabel(need), operator: 'Gt', values: [String(least * shares - 1n)] });
  if (need.sharing !== 'MPS') return [[more(1n)]];
  const labels = [...new Set(nodes.flatMap((node) => node.labels[DEVICE_LABELS.replicas] ?? []))].sort();
  const alternatives = labels.flatMap((label) => {
    const shares = integer(label);
    return shares === undefined ? [] : [[{ key: DEVICE_LABELS.replicas, operator: 'In', values: [label] }, more(shares)]];
  });
  return alternatives.length === 0 ? [[{ key: DEVICE_LABELS.replicas, operator: 'In', values: ['1'] }, more(1n)]] : alternatives;
}

function computeAlternatives({ compute }: AcceleratorNeed): Requirement[][] {
  if (compute === undefined) return [[]];
  const { major, minor } = compute;
  // a value may not begin with "-": "more than -1" would make the scheduler refuse the whole term
  if (minor === 0) return [[{ key: DEVICE_LABELS.major, operator: 'Gt', values: [String(major - 1)] }]];
  return [
    [{ key: DEVICE_LABELS.major, operator: 'Gt', values: [String(major)] }],
    [
      { key: DEVICE_LABELS.major, operator: 'In', values: [String(major)] },
      { key: DEVICE_LABELS.minor, operator: 'Gt', values: [String(minor - 1)] },
    ],
  ];
}

/** Resources of which labels tell whether they are whole devices, shares or slices; a slice with a name of its own tells by that. */
function isOfFormLabels(resource: string): boolean {
  return resource.startsWith('nvidia.com/') && !resource.startsWith('nvidia.com/mig-');
}
