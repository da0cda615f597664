/**
 * Whether more pods of one kind fit, how many, and, when none does, the one thing that is in the way, with numbers and the next step.
 * From the ground up, the first that holds is the answer:
 *
 * 1. a quota refuses the pod                                            QuotaExceeded
 * 2. no node has the resource / every node that has it offers 0         AcceleratorNotInstalled / DevicePluginDown
 * 3. no node's devices are those that are asked for                     NoMatchingAccelerator
 * 4. no node has so many of them in all                                 AcceleratorTooLarge
 * 5. the nodes that do keep this pod away                               UntoleratedTaint, Unschedulable
 * 6. enough devices are free on a node that has too little else         CpuOrMemoryShort
 * 7. enough are free, but not on one node                               AcceleratorFragmented
 * 8. not enough are free                                                AcceleratorBusy
 */
import type { ClusterView, NodeState } from '../../view/cluster-view.js';
import type { PodDemand } from '../../view/pod-demand.js';
import type { AcceleratorNeed } from './accelerator-need.js';
import * as describe from './describe-verdict.js';
import { deviceMismatches } from './device-match.js';
import { freeOf, nodeFailures, podsThatFit } from './node-failures.js';
import { placeDemand } from './place-demand.js';
import { quotaRoom } from './quota-room.js';
import type { DeviceNumbers, FitReason, FitVerdict, JudgedNode } from './verdict.js';

export interface FitInput {
  /** Undefined for a pod that computes on CPUs. */
  readonly need: AcceleratorNeed | undefined;
  /** What the pod's template asks for besides. */
  readonly other: PodDemand;
  readonly cluster: ClusterView;
}

export function fitPod(input: FitInput): FitVerdict {
  const { need, other, cluster } = input;
  const demand = demandOf(input);
  const judged = cluster.nodes.map((state) => ({
    state,
    failures: nodeFailures(demand, state),
    mismatches: need === undefined ? [] : deviceMismatches(need, state.node),
  }));
  const devices = countDevices(need, judged);
  const room = quotaRoom(demand, cluster.quotas);
  const pods = Math.min(
    room.pods,
    cluster.nodes.reduce((sum, state) => sum + podsThatFit(demand, state), 0),
  );
  if (pods > 0) return { kind: 'Fits', pods, devices };
  const blocked = (reason: FitReason, message: string): FitVerdict => ({ kind: 'Blocked', reason, message, devices });
  if (room.pods === 0 && room.stop !== undefined) return blocked('QuotaExceeded', describe.quota(other.namespace, room.stop));
  return need === undefined ? judgeNodes(judged, blocked) : judgeDevices({ need, judged, devices, namespace: other.namespace, blocked });
}

export function demandOf({ need, other, cluster }: FitInput): PodDemand {
  return placeDemand(
    need,
    other,
    cluster.nodes.map(({ node }) => node),
  );
}

type Block = (reason: FitReason, message: string) => FitVerdict;

interface DeviceCase {
  readonly need: AcceleratorNeed;
  readonly judged: readonly JudgedNode[];
  readonly devices: DeviceNumbers;
  readonly namespace: string;
  readonly blocked: Block;
}

function judgeDevices({ need, judged, devices, namespace, blocked }: DeviceCase): FitVerdict {
  const offering = judged.filter(({ state }) => state.node.capacity.has(need.resource) || state.node.allocatable.has(need.resource));
  if (offering.length === 0) return blocked('AcceleratorNotInstalled', describe.notInstalled(need, judged));
  if (offering.every(({ state }) => totalOf(state, need) === 0)) return blocked('DevicePluginDown', describe.pluginDown(need, offering));
  const matching = offering.filter(({ mismatches }) => mismatches.length === 0);
  if (matching.length === 0) return blocked('NoMatchingAccelerator', describe.noMatch(need, offering));
  if (matching.every(({ state }) => totalOf(state, need) === 0)) return blocked('DevicePluginDown', describe.pluginDown(need, matching));
  const large = matching.filter(({ state }) => totalOf(state, need) >= need.count);
  if (large.length === 0) return blocked('AcceleratorTooLarge', describe.tooLarge(need, matching));
  if (!large.some(isOpen)) return judgeClosed(large, blocked);
  const open = matching.filter(isOpen);
  const enough = open.filter(({ state }) => freeOf(state, need.resource) >= need.count);
  if (enough.length > 0) return blocked('CpuOrMemoryShort', describe.otherShort(enough, need));
  const closed = matching.filter((node) => !isOpen(node));
  if (devices.free >= need.count) return blocked('AcceleratorFragmented', describe.fragmented({ need, devices, open, closed, namespace }));
  return blocked('AcceleratorBusy', describe.busy({ need, devices, open, closed, namespace }));
}

function judgeNodes(judged: readonly JudgedNode[], blocked: Block): FitVerdict {
  if (judged.length === 0) return blocked('Unschedulable', describe.noNodes());
  const open = judged.filter(isOpen);
  return open.length === 0 ? judgeClosed(judged, blocked) : blocked('CpuOrMemoryShort', describe.otherShort(open, undefined));
}

function judgeClosed(nodes: readonly JudgedNode[], blocked: Block): FitVerdict {
  const isTainted = ({ failures }: JudgedNode): boolean =>
    failures.every(({ filter }) => filter === 'TaintToleration' || filter === 'NodeUnschedulable' || filter === 'NodeResourcesFit');
  const tainted = nodes.filter(isTainted);
  return tainted.length > 0 ? blocked('UntoleratedTaint', describe.tainted(tainted)) : blocked('Unschedulable', describe.unselected(nodes));
}

/** Only what is used up keeps the pod away. */
function isOpen({ failures }: JudgedNode): boolean {
  return failures.every(({ filter }) => filter === 'NodeResourcesFit');
}

function totalOf({ node }: NodeState, { resource }: AcceleratorNeed): number {
  return node.allocatable.get(resource) ?? 0;
}

function countDevices(need: AcceleratorNeed | undefined, judged: readonly JudgedNode[]): DeviceNumbers {
  const open = need === undefined ? [] : judged.filter((node) => node.mismatches.length === 0 && isOpen(node));
  const frees = open.map(({ state }) => Math.max(0, need === undefined ? 0 : freeOf(state, need.resource)));
  const totals = open.map(({ state }) => (need === undefined ? 0 : totalOf(state, need)));
  return { free: sumOf(frees), total: sumOf(totals), largestFree: Math.max(0, ...frees), largest: Math.max(0, ...totals) };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
