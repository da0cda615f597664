/**
 * How the pods of a new revision come to their places: beside the old ones where there is room, else after old ones have gone, else not.
 * Nothing is made that would wait for a device that an old pod of the same model holds: with one replica and no device to spare, a pod made
 * first would wait for ever for the one that waits for it.
 *
 * A pod that is ending keeps its device. So the plan is asked again when pods come and go: it waits for those that end before it ends
 * another, and what was made already and has no node yet counts as if it had.
 */
import type { ClusterView } from '../../view/cluster-view.js';
import type { PlacedPod } from '../../view/placed-pod-view.js';
import { clip } from '../finding.js';
import { demandOf, type FitInput, fitPod } from './fit-pod.js';
import { podsThatFit } from './node-failures.js';
import { quotaRoom } from './quota-room.js';
import type { FitReason } from './verdict.js';
import { withoutPods } from './without-pods.js';
import { compose, count, list } from './words.js';

export type SurgePlan =
  /** All that is wanted is made and has or gets a place. */
  | { readonly kind: 'Settled' }
  /** So many more are to be made now. */
  | { readonly kind: 'Surge'; readonly pods: number }
  /** These old ones go first: no fewer would do. */
  | { readonly kind: 'StopFirst'; readonly pods: readonly string[]; readonly message: string }
  /** A place is being freed. */
  | { readonly kind: 'Wait'; readonly pods: readonly string[]; readonly message: string }
  | { readonly kind: 'Blocked'; readonly reason: FitReason; readonly message: string };

export interface SurgeInput extends FitInput {
  /** Pods of the old revision that are not ending, in the order in which they may go. */
  readonly current: readonly string[];
  /** Pods of the new revision. */
  readonly wanted: number;
  /** Those of them that are made, ending ones left out. */
  readonly made: number;
  /** Those of them that are made and have no node. */
  readonly waiting: number;
}

export function planSurge(input: SurgeInput): SurgePlan {
  const { cluster, current, wanted, made, waiting } = input;
  const missing = Math.max(0, wanted - made);
  if (missing + waiting === 0) return { kind: 'Settled' };
  const room = roomIn(input, cluster);
  const placed = ownPods(input);
  // old ones without a node serve nobody, and would take the place that is meant for a new one
  const idle = current.filter((name) => !placed.has(name));
  if (idle.length === 0 && room.onNodes >= waiting) {
    const spare = Math.min(room.onNodes - waiting, room.inQuota);
    if (missing === 0) return { kind: 'Settled' };
    if (spare > 0) return { kind: 'Surge', pods: Math.min(missing, spare) };
  }
  const isEnough = (after: Room): boolean => {
    if (room.onNodes < waiting) return after.onNodes > room.onNodes;
    return missing === 0 || (after.onNodes > waiting && after.inQuota + idle.length > 0);
  };
  const settled = withoutPods(cluster, ({ isTerminating }) => isTerminating);
  const comesFree = isEnough(roomIn(input, settled));
  if (comesFree && idle.length === 0) return wait(input);
  const stopped = comesFree ? [] : leastToStop({ input, settled, placed, isEnough });
  if (stopped === undefined) return blocked(input, settled);
  return idle.length > 0 ? stopIdle(idle) : stopFirst(stopped, current.length);
}

interface Room {
  /** Such pods that find a place. */
  readonly onNodes: number;
  readonly inQuota: number;
}

function roomIn(input: FitInput, after: ClusterView): Room {
  const demand = demandOf(input);
  return {
    onNodes: after.nodes.reduce((sum, state) => sum + podsThatFit(demand, state), 0),
    inQuota: quotaRoom(demand, after.quotas).pods,
  };
}

/** Nodes of the old pods that have one, in the order in which they may go. */
function ownPods({ cluster, current, other }: SurgeInput): ReadonlyMap<string, string> {
  const nodeOf = new Map(
    cluster.nodes.flatMap(({ pods }) => pods.filter(({ namespace }) => namespace === other.namespace).map(({ name, node }) => [name, node])),
  );
  return new Map(
    current.flatMap((name) => {
      const node = nodeOf.get(name);
      return node === undefined ? [] : [[name, node] as const];
    }),
  );
}

interface Search {
  readonly input: SurgeInput;
  /** The cluster when all pods have gone that are ending. */
  readonly settled: ClusterView;
  readonly placed: ReadonlyMap<string, string>;
  readonly isEnough: (after: Room) => boolean;
}

/** The shortest beginning of the old pods of one node, or of all of them, that makes room; of those the shortest. */
function leastToStop({ input, settled, placed, isEnough }: Search): readonly string[] | undefined {
  const makesRoom = (names: readonly string[]): boolean => isEnough(roomIn(input, withoutPods(settled, isOneOf(input, names))));
  const all = [...placed.keys()];
  if (!makesRoom(all)) return undefined;
  let best = all;
  for (const queue of [all, ...Map.groupBy(all, (name) => placed.get(name)).values()]) best = shortest(queue, best, makesRoom);
  return best;
}

/** By halves: what makes room when so many stop makes it when more do. `best` when it takes as many or more. */
function shortest(queue: readonly string[], best: string[], makesRoom: (names: readonly string[]) => boolean): string[] {
  let high = Math.min(queue.length, best.length - 1);
  if (high < 1 || !makesRoom(queue.slice(0, high))) return best;
  let low = 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (makesRoom(queue.slice(0, middle))) high = middle;
    else low = middle + 1;
  }
  return queue.slice(0, high);
}

function isOneOf({ other }: FitInput, names: readonly string[]): (pod: PlacedPod) => boolean {
  const wanted = new Set(names);
  return ({ namespace, name }) => namespace === other.namespace && wanted.has(name);
}

function stopIdle(pods: readonly string[]): SurgePlan {
  const what = `${list(pods)} of the old revision wait${pods.length === 1 ? 's' : ''} for a place that a new pod is to have`;
  return { kind: 'StopFirst', pods, message: compose(what, `${pods.length === 1 ? 'It stops' : 'They stop'} first`) };
}

function stopFirst(pods: readonly string[], current: number): SurgePlan {
  const left = current - pods.length;
  const what = `There is no room for a new pod beside the old ones: ${list(pods)} stop${pods.length === 1 ? 's' : ''} first`;
  return {
    kind: 'StopFirst',
    pods,
    message: compose(what, left === 0 ? 'Nobody answers until a new pod is ready' : `${left} of ${count(current, 'old pod')} stay until then`),
  };
}

function wait({ cluster, other }: SurgeInput): SurgePlan {
  const ending = cluster.nodes.flatMap(({ pods }) => pods.filter(({ isTerminating }) => isTerminating));
  const own = ending.filter(({ namespace }) => namespace === other.namespace).map(({ name }) => name);
  const what =
    own.length === 0
      ? `${count(ending.length, 'pod')} of other namespaces ${ending.length === 1 ? 'has' : 'have'}`
      : `${list(own)} ${own.length === 1 ? 'has' : 'have'}`;
  return { kind: 'Wait', pods: own, message: compose(`A place for a new pod comes free when ${what} ended`, 'It is made then') };
}

/** Told as it is without the model's own pods: what they have is not what is in the way. */
function blocked(input: SurgeInput, settled: ClusterView): SurgePlan {
  const { current } = input;
  const verdict = fitPod({ ...input, cluster: withoutPods(settled, isOneOf(input, current)) });
  if (verdict.kind === 'Fits') {
    const what = `${count(verdict.pods, 'place')} and ${count(input.waiting, 'pod')} of the new revision that wait${input.waiting === 1 ? 's' : ''} for one`;
    const reason = input.need === undefined ? 'CpuOrMemoryShort' : 'AcceleratorBusy';
    return {
      kind: 'Blocked',
      reason,
      message: compose(`There ${verdict.pods === 1 ? 'is' : 'are'} ${what}`, 'Free devices, or lower spec.replicas'),
    };
  }
  const alone = current.length === 0 ? '' : `Even without ${count(current.length, 'old pod')}: `;
  const told = `${alone}${verdict.message}`;
  return { kind: 'Blocked', reason: verdict.reason, message: clip(told) === told ? told : verdict.message };
}
