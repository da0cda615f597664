/** Verdicts in words: numbers first, then who or what, then the next step. */
import type { Taint } from '../../view/node-view.js';
import type { AcceleratorNeed } from './accelerator-need.js';
import { DEVICE_LABELS } from './device-match.js';
import { endingHolders, holdersOf } from './holders.js';
import { freeOf } from './node-failures.js';
import type { QuotaStop } from './quota-room.js';
import type { DeviceNumbers, JudgedNode } from './verdict.js';
import { amount, compose, count, list } from './words.js';

const nameOf = ({ state }: JudgedNode): string => state.node.name;

export function quota(namespace: string, { quota: name, resource, requested, used, hard, isUnset }: QuotaStop): string {
  const show = (value: number): string => amount(resource, value);
  if (isUnset) {
    return compose(
      `Quota ${name} of namespace ${namespace} counts ${resource}, which a pod of this model does not set`,
      `Set it in spec.runtime.resources`,
    );
  }
  return compose(
    `Quota ${name} of namespace ${namespace} allows ${show(hard)} of ${resource} and ${show(used)} is used; one pod more needs ${show(requested)}`,
    'Raise the quota, or ask for less in spec.runtime.resources, spec.accelerator.count or spec.replicas',
  );
}

export function notInstalled({ resource }: AcceleratorNeed, judged: readonly JudgedNode[]): string {
  const offered = Map.groupBy(
    judged.flatMap(({ state }) => [...state.node.capacity.keys()].filter((name) => name.includes('/'))),
    (name) => name,
  );
  const others = [...offered].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, nodes]) => `${name} (${count(nodes.length, 'node')})`);
  return compose(
    `No node offers ${resource}; ${others.length === 0 ? 'nodes offer no devices at all' : `nodes offer ${list(others)}`}`,
    'Install the device plugin that offers it, or ask in spec.accelerator for what nodes offer',
  );
}

export function pluginDown({ resource }: AcceleratorNeed, nodes: readonly JudgedNode[]): string {
  const sick = nodes.filter(({ state }) => (state.node.capacity.get(resource) ?? 0) > 0);
  const silent = nodes.filter((node) => !sick.includes(node));
  const parts = [
    ...(silent.length === 0 ? [] : [`${list(silent.map(nameOf))}: ${resource} is known and 0 of it are offered`]),
    ...sick.map(({ state }) => `${state.node.name}: all ${state.node.capacity.get(resource) ?? 0} ${resource} are unhealthy`),
  ];
  return compose(list(parts), 'See the device plugin and the driver on these nodes');
}

export function noMatch(need: AcceleratorNeed, offering: readonly JudgedNode[]): string {
  const nearest = Map.groupBy(
    [...offering].sort((a, b) => a.mismatches.length - b.mismatches.length),
    ({ state, mismatches }) => `${state.node.labels[DEVICE_LABELS.product] ?? need.resource} (${mismatches.join(', ')})`,
  );
  const misses = [...nearest].map(([what, nodes]) => `${what} on ${count(nodes.length, 'node')}`);
  return compose(`No node has ${wish(need)}. Nearest: ${list(misses)}`, 'Ask for less in spec.accelerator, or add such a node');
}

export function tooLarge({ resource, count: wanted }: AcceleratorNeed, matching: readonly JudgedNode[]): string {
  const sizes = matching.map(({ state }) => state.node.allocatable.get(resource) ?? 0);
  const largest = Math.max(...sizes);
  const where = matching.filter((_, index) => sizes[index] === largest).map(nameOf);
  return compose(
    `One pod needs ${wanted} ${resource} on one node, and the largest such node has ${largest} (${list(where)})`,
    'Lower spec.accelerator.count, or add a larger node',
  );
}

export function tainted(nodes: readonly JudgedNode[]): string {
  return compose(
    `${count(nodes.length, 'node')} would do and keep${nodes.length === 1 ? 's' : ''} this pod away: ${list(nodes.map(whyClosed))}`,
    'Uncordon such a node, take its taint away, or add another',
  );
}

export function unselected(nodes: readonly JudgedNode[]): string {
  return compose(
    `${count(nodes.length, 'node')} would do and none is one that the pod may be on by its node selector and affinity: ${list(nodes.map(nameOf))}`,
    'Correct the selection, or label a node',
  );
}

export function noNodes(): string {
  return compose('The cluster has no nodes', 'Add one');
}

export function otherShort(nodes: readonly JudgedNode[], need: AcceleratorNeed | undefined): string {
  const what =
    need === undefined
      ? 'No node has enough left for one pod more'
      : `Enough ${need.resource} are free on ${count(nodes.length, 'node')} with too little else`;
  return compose(`${what}: ${list(nodes.map((node) => shortOn(node, need)))}`, 'Lower spec.runtime.resources, or free such a node');
}

export interface DeviceStory {
  readonly need: AcceleratorNeed;
  readonly devices: DeviceNumbers;
  readonly open: readonly JudgedNode[];
  /** The same devices, where the pod may not go. */
  readonly closed: readonly JudgedNode[];
  /** What is in others is counted and not named. */
  readonly namespace: string;
}

export function fragmented(story: DeviceStory): string {
  const { need, devices, open } = story;
  const free = open
    .map((node) => ({ name: nameOf(node), free: freeOf(node.state, need.resource) }))
    .filter((node) => node.free > 0)
    .sort((a, b) => b.free - a.free);
  return compose(
    `${devices.free} of ${devices.total} ${need.resource} are free and no node has ${need.count} of them: ${list(free.map((node) => `${node.name} ${node.free}`))}${rest(story)}`,
    'Move pods so that they are free on one node, or add one',
  );
}

export function busy(story: DeviceStory): string {
  const { need, devices } = story;
  return compose(
    `${devices.free} of ${devices.total} ${need.resource} are free and one pod needs ${need.count}${rest(story)}`,
    'Free one or add a node, or ask for others too in spec.accelerator',
  );
}

function rest({ need, open, closed, namespace }: DeviceStory): string {
  const states = open.map(({ state }) => state);
  const holders = holdersOf(need.resource, states, namespace);
  const ending = endingHolders(need.resource, states);
  const away = closed.filter(({ state }) => freeOf(state, need.resource) > 0);
  return [
    holders.length === 0 ? '' : `; held by ${list(holders)}`,
    ending === 0 ? '' : `; ${ending} of them by pods that are ending`,
    away.length === 0 ? '' : `; more are free where this pod may not go: ${list(away.map(whyClosed))}`,
  ].join('');
}

/** `1 nvidia.com/gpu of NVIDIA-H100 or NVIDIA-L4, with 80Gi, from compute capability 8.0 on`. */
function wish({ count: wanted, resource, products, memoryMiB, compute, sharing, slice }: AcceleratorNeed): string {
  return [
    `${wanted} ${resource}`,
    products.length === 0 ? '' : ` of ${products.map(({ name }) => name).join(' or ')}`,
    sharing === 'Exclusive' ? '' : `, ${slice === undefined ? `shared by ${sharing}` : `sliced as ${slice}`}`,
    memoryMiB === undefined ? '' : `, with ${memoryMiB}Mi each`,
    compute === undefined ? '' : `, from compute capability ${compute.major}.${compute.minor} on`,
  ].join('');
}

function whyClosed({ state, failures }: JudgedNode): string {
  const { node } = state;
  const taints = failures.flatMap((failure) => (failure.filter === 'TaintToleration' ? failure.taints.map(taintText) : []));
  const isCordoned = failures.some(({ filter }) => filter === 'NodeUnschedulable');
  const isElsewhere = failures.some(({ filter }) => filter === 'NodeAffinity' || filter === 'NodeName');
  const why = [
    ...(isCordoned ? ['cordoned'] : []),
    ...(node.isReady ? [] : ['not ready']),
    ...(taints.length === 0 ? [] : [`taint ${taints.join(' and ')}`]),
    ...(isElsewhere ? ['not selected'] : []),
  ];
  return `${node.name} (${why.join(', ')})`;
}

function taintText({ key, value, effect }: Taint): string {
  return `${key}${value === '' ? '' : `=${value}`}:${effect}`;
}

/** `n1 (2 free) lacks 500m cpu and a place for a pod`. */
function shortOn({ state, failures }: JudgedNode, need: AcceleratorNeed | undefined): string {
  const shortages = failures.flatMap((failure) => (failure.filter === 'NodeResourcesFit' ? failure.shortages : []));
  const lacks = shortages.map(({ resource, requested, free }) =>
    resource === 'pods' ? 'a place for a pod' : `${amount(resource, requested - free)} ${resource}`,
  );
  const free = need === undefined ? '' : ` (${freeOf(state, need.resource)} free)`;
  return `${state.node.name}${free} lacks ${lacks.join(' and ')}`;
}
