/** A change of revision where devices are scarce: by examples, and as a whole on random clusters until nothing is left to do. */
import { describe, expect, test } from '@jest/globals';
import { makeNode, makePlacedPod, makeQuota } from '../../../test/builders/cluster.js';
import { randomCase } from '../../../test/scheduler/random-case.js';
import { Chance } from '../../../test/wire/chance.js';
import { type ClusterObjects, type ClusterView, nodeState, viewCluster } from '../../view/cluster-view.js';
import { viewNode } from '../../view/node-view.js';
import type { PlacedPod } from '../../view/placed-pod-view.js';
import { type PodDemand, viewPodDemand } from '../../view/pod-demand.js';
import { type AcceleratorSpec, acceleratorNeed } from './accelerator-need.js';
import { demandOf, type FitInput, fitPod } from './fit-pod.js';
import { podsThatFit } from './node-failures.js';
import { planSurge, type SurgeInput, type SurgePlan } from './plan-surge.js';
import { withoutPods } from './without-pods.js';

const SMALL = { spec: { containers: [{ resources: { requests: { cpu: '250m' } } }] } };

interface Given {
  readonly objects: Partial<ClusterObjects>;
  readonly spec?: AcceleratorSpec;
  readonly current?: readonly string[];
  readonly wanted?: number;
  readonly made?: number;
  readonly waiting?: number;
}

function inputOf({ objects, spec = { vendor: 'nvidia' }, current = [], wanted = 1, made = 0, waiting = 0 }: Given): SurgeInput {
  const { nodes = [], pods = [], quotas = [] } = objects;
  const need = acceleratorNeed(spec, nodes.map(viewNode));
  return { need, other: viewPodDemand('shop', SMALL), cluster: viewCluster({ nodes, pods, quotas }), current, wanted, made, waiting };
}

const node = (name: string, gpus: number) => makeNode(name, { gpus });
const old = (name: string, on: string, gpus = 1) => makePlacedPod(name, { node: on, gpus, model: 'reader' });
const other = makePlacedPod('other', { node: 'n1', gpus: 1, namespace: 'bank' });

describe('planSurge', () => {
  test.each<readonly [string, Given, SurgePlan]>([
    [
      'one replica and a device to spare: beside the old one',
      { objects: { nodes: [node('n1', 2)], pods: [old('a', 'n1')] }, current: ['a'] },
      { kind: 'Surge', pods: 1 },
    ],
    [
      'one replica and none to spare: the old one first',
      { objects: { nodes: [node('n1', 1)], pods: [old('a', 'n1')] }, current: ['a'] },
      {
        kind: 'StopFirst',
        pods: ['a'],
        message: 'There is no room for a new pod beside the old ones: a stops first. Nobody answers until a new pod is ready',
      },
    ],
    [
      'while it ends nothing is made',
      { objects: { nodes: [node('n1', 1)], pods: [makePlacedPod('a', { node: 'n1', gpus: 1, isTerminating: true })] } },
      { kind: 'Wait', pods: ['a'], message: 'A place for a new pod comes free when a has ended. It is made then' },
    ],
    ['and when it is gone', { objects: { nodes: [node('n1', 1)] } }, { kind: 'Surge', pods: 1 }],
    [
      'as many as there is room for',
      { objects: { nodes: [node('n1', 4)], pods: [old('a', 'n1'), old('b', 'n1')] }, current: ['a', 'b'], wanted: 3 },
      { kind: 'Surge', pods: 2 },
    ],
    [
      'less what is made and waits',
      { objects: { nodes: [node('n1', 4)], pods: [old('a', 'n1')] }, current: ['a'], wanted: 4, made: 2, waiting: 2 },
      { kind: 'Surge', pods: 1 },
    ],
    ['all are made', { objects: { nodes: [node('n1', 2)], pods: [old('a', 'n1')] }, current: ['a'], made: 1 }, { kind: 'Settled' }],
    [
      'and the last gets its place',
      { objects: { nodes: [node('n1', 2)], pods: [old('a', 'n1')] }, current: ['a'], made: 1, waiting: 1 },
      { kind: 'Settled' },
    ],
    [
      'one of several goes, and the others serve',
      { objects: { nodes: [node('n1', 2)], pods: [old('a', 'n1'), old('b', 'n1')] }, current: ['b', 'a'], wanted: 2 },
      {
        kind: 'StopFirst',
        pods: ['b'],
        message: 'There is no room for a new pod beside the old ones: b stops first. 1 of 2 old pods stay until then',
      },
    ],
    [
      'two on one node for one that needs two',
      {
        objects: { nodes: [node('n1', 2), node('n2', 1)], pods: [old('a', 'n1'), old('b', 'n2'), old('c', 'n1')] },
        spec: { vendor: 'nvidia', count: 2 },
        current: ['a', 'b', 'c'],
      },
      {
        kind: 'StopFirst',
        pods: ['a', 'c'],
        message: 'There is no room for a new pod beside the old ones: a, c stop first. 1 of 3 old pods stay until then',
      },
    ],
    [
      'no more of many than have to',
      {
        objects: { nodes: [node('n1', 8)], pods: [...'abcdefgh'].map((name) => old(name, 'n1')) },
        spec: { vendor: 'nvidia', count: 2 },
        current: [...'abcdefgh'],
      },
      {
        kind: 'StopFirst',
        pods: ['a', 'b'],
        message: 'There is no room for a new pod beside the old ones: a, b stop first. 6 of 8 old pods stay until then',
      },
    ],
    [
      'an old pod that waits would take the place that comes free',
      { objects: { nodes: [node('n1', 1)], pods: [old('a', 'n1')] }, current: ['a', 'b'] },
      {
        kind: 'StopFirst',
        pods: ['b'],
        message: 'b of the old revision waits for a place that a new pod is to have. It stops first',
      },
    ],
    [
      'also where there is room, for it may need more',
      { objects: { nodes: [node('n1', 3)], pods: [old('a', 'n1')] }, current: ['a', 'b', 'c'] },
      { kind: 'StopFirst', pods: ['b', 'c'], message: 'b, c of the old revision wait for a place that a new pod is to have. They stop first' },
    ],
    [
      'and may have the quota',
      { objects: { nodes: [node('n1', 1)], quotas: [makeQuota('q', { pods: '1' }, { pods: '1' })] }, current: ['b'] },
      { kind: 'StopFirst', pods: ['b'], message: 'b of the old revision waits for a place that a new pod is to have. It stops first' },
    ],
    [
      'a quota that the old one fills',
      {
        objects: {
          nodes: [node('n1', 8)],
          pods: [old('a', 'n1')],
          quotas: [makeQuota('q', { 'requests.nvidia.com/gpu': '1' }, { 'requests.nvidia.com/gpu': '1' })],
        },
        current: ['a'],
      },
      {
        kind: 'StopFirst',
        pods: ['a'],
        message: 'There is no room for a new pod beside the old ones: a stops first. Nobody answers until a new pod is ready',
      },
    ],
    [
      'made, and somebody else took the device',
      { objects: { nodes: [node('n1', 2)], pods: [old('a', 'n1'), other] }, current: ['a'], made: 1, waiting: 1 },
      {
        kind: 'StopFirst',
        pods: ['a'],
        message: 'There is no room for a new pod beside the old ones: a stops first. Nobody answers until a new pod is ready',
      },
    ],
    [
      'a device of others comes free',
      { objects: { nodes: [node('n1', 1)], pods: [makePlacedPod('x', { node: 'n1', gpus: 1, namespace: 'bank', isTerminating: true })] } },
      { kind: 'Wait', pods: [], message: 'A place for a new pod comes free when 1 pod of other namespaces has ended. It is made then' },
    ],
    [
      'nothing of ours would help',
      { objects: { nodes: [node('n1', 1), node('n2', 4)], pods: [other, old('a', 'n2', 2)] }, spec: { vendor: 'nvidia', count: 5 }, current: ['a'] },
      {
        kind: 'Blocked',
        reason: 'AcceleratorTooLarge',
        message:
          'Even without 1 old pod: One pod needs 5 nvidia.com/gpu on one node, and the largest such node has 4 (n2). Lower spec.accelerator.count, or add a larger node',
      },
    ],
    [
      'more wait than there will be places',
      { objects: { nodes: [node('n1', 1)] }, wanted: 2, made: 2, waiting: 2 },
      {
        kind: 'Blocked',
        reason: 'AcceleratorBusy',
        message: 'There is 1 place and 2 pods of the new revision that wait for one. Free devices, or lower spec.replicas',
      },
    ],
  ])('%s', (_, given, want) => expect(planSurge(inputOf(given))).toEqual(want));
});

/** A model that changes on a cluster on which nobody else moves: pods are made, get nodes as a scheduler may choose, stop and go. */
class Change {
  readonly #chance: Chance;
  readonly #input: FitInput;
  readonly #wanted: number;
  readonly #old: PodDemand;
  #cluster: ClusterView;
  #current: string[];
  #made = 0;
  readonly stops: number[] = [];

  constructor(chance: Chance, input: FitInput, old: { readonly demand: PodDemand; readonly replicas: number }) {
    this.#chance = chance;
    this.#input = input;
    this.#wanted = old.replicas;
    this.#old = old.demand;
    this.#cluster = input.cluster;
    this.#current = Array.from({ length: old.replicas }, (_, at) => `old-${at}`);
    for (const name of this.#current) this.#place(name, old.demand); // those that find no place wait
  }

  /** Goes on until there is nothing to do; the last plan. */
  run(): SurgePlan {
    for (let pass = 0; pass < 200; pass++) {
      const plan = planSurge({ ...this.#input, cluster: this.#cluster, current: this.#current, wanted: this.#wanted, made: this.#made, waiting: 0 });
      if (plan.kind === 'Settled' || plan.kind === 'Blocked') return plan;
      if (plan.kind === 'Surge') this.#make(plan.pods);
      if (plan.kind === 'Wait') this.#endOne();
      if (plan.kind === 'StopFirst') this.#stop(plan.pods);
    }
    throw new Error('A change that never ends');
  }

  get made(): number {
    return this.#made;
  }

  get oldPlaced(): number {
    return this.#cluster.nodes.flatMap(({ pods }) => pods).filter(({ name }) => this.#current.includes(name)).length;
  }

  #make(pods: number): void {
    const before = { ...this.#input, cluster: this.#cluster };
    const demand = demandOf(before);
    const { need } = this.#input;
    const verdict = fitPod(before);
    expect(pods).toBeGreaterThan(0);
    if (need !== undefined) expect(pods * need.count).toBeLessThanOrEqual(verdict.devices.free);
    this.#scheduleOld(); // whoever waits longer may come first
    for (let at = 0; at < pods; at++) {
      // whatever node the scheduler takes, there is one for each: no pod is left Pending
      expect(this.#place(`new-${this.#made}`, demand)).toBe(true);
      this.#made += 1;
    }
  }

  #scheduleOld(): void {
    const placed = new Set(this.#cluster.nodes.flatMap(({ pods }) => pods.map(({ name }) => name)));
    for (const name of this.#current.filter((one) => !placed.has(one))) this.#place(name, this.#old);
  }

  #place(name: string, demand: PodDemand): boolean {
    const room = this.#cluster.nodes.filter((state) => podsThatFit(demand, state) > 0);
    if (room.length === 0) return false;
    const chosen = this.#chance.pick(room);
    const { requests, limits } = demand;
    const pod: PlacedPod = {
      namespace: 'shop',
      name,
      node: chosen.node.name,
      model: 'reader',
      priorityClass: '',
      isTerminating: false,
      requests,
      limits,
    };
    this.#change(chosen.node.name, (pods) => [...pods, pod]);
    return true;
  }

  #stop(names: readonly string[]): void {
    expect(names.length).toBeGreaterThan(0);
    expect(this.#current).toEqual(expect.arrayContaining([...names]));
    this.stops.push(names.length);
    this.#current = this.#current.filter((name) => !names.includes(name));
    for (const { node: is } of this.#cluster.nodes) {
      this.#change(is.name, (pods) => pods.map((pod) => (names.includes(pod.name) ? { ...pod, isTerminating: true } : pod)));
    }
  }

  #endOne(): void {
    const ending = this.#cluster.nodes.flatMap(({ pods }) => pods).filter(({ isTerminating }) => isTerminating);
    const one = this.#chance.pick(ending);
    this.#cluster = withoutPods(this.#cluster, (pod) => pod === one);
    this.#scheduleOld();
  }

  #change(name: string, change: (pods: readonly PlacedPod[]) => readonly PlacedPod[]): void {
    const nodes = this.#cluster.nodes.map((state) => (state.node.name === name ? nodeState(state.node, change(state.pods)) : state));
    this.#cluster = { ...this.#cluster, nodes };
  }
}

describe('a change on random clusters', () => {
  const changes = Array.from({ length: 600 }, (_, index) => {
    const chance = new Chance(21, index);
    const { objects, spec, template } = randomCase(22, index);
    const nodes = objects.nodes.map(viewNode);
    const need = spec === undefined ? undefined : acceleratorNeed(spec, nodes);
    const input: FitInput = { need, other: viewPodDemand('shop', template), cluster: viewCluster(objects) };
    const isSame = chance.isTrue(0.5);
    const demand = isSame || need === undefined ? demandOf(input) : demandOf({ ...input, need: { ...need, count: chance.pick([1, 1, 2]) } });
    return { index, isSame, input, replicas: chance.pick([1, 1, 1, 2, 3, 5]), demand, chance };
  });

  test('never asks for more devices than are free, never leaves a pod Pending, and ends', () => {
    const ends = new Map<string, number>();
    for (const { index, isSame, input, replicas, demand, chance } of changes) {
      const change = new Change(chance, input, { demand, replicas });
      const before = change.oldPlaced;
      const plan = change.run();
      const how = `${plan.kind}${change.stops.length > 0 ? ' after stops' : ''}`;
      ends.set(how, (ends.get(how) ?? 0) + 1);
      if (plan.kind === 'Settled') expect([index, change.made]).toEqual([index, replicas]);
      // what an old pod had, a new one of the same size can have: such a change gets at least as far as the old revision was
      if (isSame && before > 0) expect([index, plan.kind, change.made >= before]).toEqual([index, before === replicas ? 'Settled' : plan.kind, true]);
      if (isSame && replicas === 1) expect([index, change.stops.every((stopped) => stopped === 1)]).toEqual([index, true]);
    }
    expect(Math.min(...['Settled', 'Settled after stops', 'Blocked'].map((how) => ends.get(how) ?? 0))).toBeGreaterThan(15);
  });
});
