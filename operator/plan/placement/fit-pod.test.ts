/** Verdicts by examples, one or more of each reason, with their words; and what has to hold of any cluster. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeNode, makePlacedPod, makeQuota } from '../../../test/builders/cluster.js';
import { randomCase } from '../../../test/scheduler/random-case.js';
import { Chance } from '../../../test/wire/chance.js';
import { type ClusterObjects, nodeState, viewCluster } from '../../view/cluster-view.js';
import type { Json } from '../../view/json.js';
import { viewNode } from '../../view/node-view.js';
import { viewPodDemand } from '../../view/pod-demand.js';
import { type AcceleratorSpec, acceleratorNeed } from './accelerator-need.js';
import { demandOf, type FitInput, fitPod } from './fit-pod.js';
import { nodeFailures } from './node-failures.js';

const asks = (requests: Json, more: Json = {}): Json => ({ spec: { containers: [{ name: 'runtime', resources: { requests } }], ...more } });
const SMALL = asks({ cpu: '250m', memory: '512Mi' });

interface Case {
  readonly objects: Partial<ClusterObjects>;
  readonly spec?: AcceleratorSpec | undefined;
  readonly template?: Json;
}

function inputOf({ objects, spec, template = SMALL }: Case): FitInput {
  const { nodes = [], pods = [], quotas = [] } = objects;
  const need = spec === undefined ? undefined : acceleratorNeed(spec, nodes.map(viewNode));
  return { need, other: viewPodDemand('shop', template), cluster: viewCluster({ nodes, pods, quotas }) };
}

const GPU: AcceleratorSpec = { vendor: 'nvidia' };
const L4 = makeNode('n1', { gpus: 1, product: 'NVIDIA-L4' });
const A100 = (name: string, gpus = 8) => makeNode(name, { gpus, product: 'NVIDIA-A100-SXM4-80GB', labels: { 'nvidia.com/gpu.memory': '81920' } });
const TAINT = { key: 'dedicated', value: 'ml', effect: 'NoSchedule' };

describe('blocked', () => {
  test.each<readonly [string, Case, string, string]>([
    [
      'a quota on devices',
      {
        objects: { nodes: [A100('n1')], quotas: [makeQuota('gpus', { 'requests.nvidia.com/gpu': '1' }, { 'requests.nvidia.com/gpu': '1' })] },
        spec: GPU,
      },
      'QuotaExceeded',
      'Quota gpus of namespace shop allows 1 of requests.nvidia.com/gpu and 1 is used; one pod more needs 1. Raise the quota, or ask for less in spec.runtime.resources, spec.accelerator.count or spec.replicas',
    ],
    [
      'a quota on memory',
      { objects: { nodes: [L4], quotas: [makeQuota('small', { memory: '1Gi' }, { memory: '768Mi' })] } },
      'QuotaExceeded',
      'Quota small of namespace shop allows 1Gi of memory and 768Mi is used; one pod more needs 512Mi. Raise the quota, or ask for less in spec.runtime.resources, spec.accelerator.count or spec.replicas',
    ],
    [
      'a quota that counts what the pod does not say',
      { objects: { nodes: [L4], quotas: [makeQuota('strict', { 'limits.memory': '64Gi' }, {})] } },
      'QuotaExceeded',
      'Quota strict of namespace shop counts limits.memory, which a pod of this model does not set. Set it in spec.runtime.resources',
    ],
    [
      'a resource that nobody offers',
      { objects: { nodes: [A100('n1'), A100('n2')] }, spec: { vendor: 'nvidia', sharing: 'Partition', partition: '1g.10gb' } },
      'AcceleratorNotInstalled',
      'No node offers nvidia.com/mig-1g.10gb; nodes offer nvidia.com/gpu (2 nodes). Install the device plugin that offers it, or ask in spec.accelerator for what nodes offer',
    ],
    [
      'no devices anywhere',
      { objects: { nodes: [makeNode('n1')] }, spec: { vendor: 'amd' } },
      'AcceleratorNotInstalled',
      'No node offers amd.com/gpu; nodes offer no devices at all. Install the device plugin that offers it, or ask in spec.accelerator for what nodes offer',
    ],
    [
      'a plugin that is gone, and devices that are sick',
      { objects: { nodes: [makeNode('n1', { gpus: 0 }), makeNode('n2', { gpus: 0, capacityGpus: 8 })] }, spec: GPU },
      'DevicePluginDown',
      'n1: nvidia.com/gpu is known and 0 of it are offered, n2: all 8 nvidia.com/gpu are unhealthy. See the device plugin and the driver on these nodes',
    ],
    [
      'a plugin that is gone on the only node of the product',
      {
        objects: { nodes: [A100('n1'), makeNode('n2', { gpus: 0, product: 'NVIDIA-H100' })] },
        spec: { vendor: 'nvidia', products: ['NVIDIA H100'] },
      },
      'DevicePluginDown',
      'n2: nvidia.com/gpu is known and 0 of it are offered. See the device plugin and the driver on these nodes',
    ],
    [
      'near misses, the nearest first',
      {
        objects: { nodes: [makeNode('n1', { gpus: 1, product: 'NVIDIA-L4', labels: { 'nvidia.com/gpu.memory': '23034' } }), A100('n2'), A100('n3')] },
        spec: { vendor: 'nvidia', products: ['NVIDIA-A100-SXM4-80GB'], memory: '90Gi' },
      },
      'NoMatchingAccelerator',
      'No node has 1 nvidia.com/gpu of NVIDIA-A100-SXM4-80GB, with 92160Mi each. Nearest: NVIDIA-A100-SXM4-80GB (memory 81920Mi < 92160Mi) on 2 nodes, NVIDIA-L4 (another product, memory 23034Mi < 92160Mi) on 1 node. Ask for less in spec.accelerator, or add such a node',
    ],
    [
      'more than a node has',
      { objects: { nodes: [A100('n1'), A100('n2', 4)] }, spec: { vendor: 'nvidia', count: 9 } },
      'AcceleratorTooLarge',
      'One pod needs 9 nvidia.com/gpu on one node, and the largest such node has 8 (n1). Lower spec.accelerator.count, or add a larger node',
    ],
    [
      'a taint, a cordon and a node that is silent',
      {
        objects: {
          nodes: [
            makeNode('n1', { gpus: 1, taints: [TAINT] }),
            makeNode('n2', { gpus: 1, isCordoned: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] }),
            makeNode('n3', { gpus: 1, isReady: false, taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }] }),
          ],
        },
        spec: GPU,
      },
      'UntoleratedTaint',
      '3 nodes would do and keep this pod away: n1 (taint dedicated=ml:NoSchedule), n2 (cordoned, taint node.kubernetes.io/unschedulable:NoSchedule), n3 (not ready, taint node.kubernetes.io/unreachable:NoSchedule). Uncordon such a node, take its taint away, or add another',
    ],
    [
      'a selector of the template',
      { objects: { nodes: [L4] }, spec: GPU, template: asks({}, { nodeSelector: { disk: 'ssd' } }) },
      'Unschedulable',
      '1 node would do and none is one that the pod may be on by its node selector and affinity: n1. Correct the selection, or label a node',
    ],
    [
      'affinity that nothing can match, not even with what the accelerator adds',
      {
        objects: { nodes: [L4] },
        spec: GPU,
        template: asks({}, { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } } }),
      },
      'Unschedulable',
      '1 node would do and none is one that the pod may be on by its node selector and affinity: n1. Correct the selection, or label a node',
    ],
    ['no nodes', { objects: {} }, 'Unschedulable', 'The cluster has no nodes. Add one'],
    [
      'devices are free where cpu and memory are not',
      {
        objects: {
          nodes: [makeNode('n1', { gpus: 2, allocatable: { cpu: '2', memory: '4Gi', pods: '1' } }), A100('n2', 1)],
          pods: [makePlacedPod('x', { node: 'n1' }), makePlacedPod('y', { node: 'n2', gpus: 1 })],
        },
        spec: GPU,
        template: asks({ cpu: '4', memory: '8Gi' }),
      },
      'CpuOrMemoryShort',
      'Enough nvidia.com/gpu are free on 1 node with too little else: n1 (2 free) lacks a place for a pod and 2250m cpu and 4608Mi memory. Lower spec.runtime.resources, or free such a node',
    ],
    [
      'a pod for CPUs on a full cluster',
      { objects: { nodes: [makeNode('n1', { allocatable: { cpu: '100m' } })] } },
      'CpuOrMemoryShort',
      'No node has enough left for one pod more: n1 lacks 150m cpu. Lower spec.runtime.resources, or free such a node',
    ],
    [
      'free, and nowhere together',
      {
        objects: {
          nodes: [A100('n1', 4), A100('n2', 4)],
          pods: [makePlacedPod('a', { node: 'n1', gpus: 2, model: 'reader' }), makePlacedPod('b', { node: 'n2', gpus: 3, model: 'reader' })],
        },
        spec: { vendor: 'nvidia', count: 3 },
      },
      'AcceleratorFragmented',
      '3 of 8 nvidia.com/gpu are free and no node has 3 of them: n1 2, n2 1; held by model reader 5. Move pods so that they are free on one node, or add one',
    ],
    [
      'all in use: by whom, of others only how many, what is ending, and what is free elsewhere',
      {
        objects: {
          nodes: [A100('n1', 4), A100('n2', 4), makeNode('n3', { gpus: 4, taints: [TAINT] })],
          pods: [
            makePlacedPod('a', { node: 'n1', gpus: 1, model: 'reader' }),
            makePlacedPod('trainer', { node: 'n1', gpus: 3 }),
            makePlacedPod('secret', { node: 'n2', gpus: 3, namespace: 'bank' }),
            makePlacedPod('b', { node: 'n2', gpus: 1, model: 'reader', isTerminating: true }),
          ],
        },
        spec: GPU,
      },
      'AcceleratorBusy',
      '0 of 8 nvidia.com/gpu are free and one pod needs 1; held by pod trainer 3, model reader 2, 1 pod of other namespaces 3; 1 of them by pods that are ending; more are free where this pod may not go: n3 (taint dedicated=ml:NoSchedule). Free one or add a node, or ask for others too in spec.accelerator',
    ],
  ])('%s', (_, given, reason, message) => expect(fitPod(inputOf(given))).toMatchObject({ kind: 'Blocked', reason, message }));

  test('numbers are of the devices that are asked for', () => {
    const objects = { nodes: [A100('n1'), A100('n2', 4), L4], pods: [makePlacedPod('x', { node: 'n1', gpus: 7 })] };
    const input = inputOf({ objects, spec: { vendor: 'nvidia', count: 6, products: ['NVIDIA-A100-SXM4-80GB'] } });
    expect(fitPod(input)).toMatchObject({ reason: 'AcceleratorBusy', devices: { free: 5, total: 12, largestFree: 4, largest: 8 } });
  });

  test('a message of names as long as names can be keeps its next step', () => {
    const nodes = Array.from({ length: 30 }, (_, at) =>
      makeNode(`${'n'.repeat(250)}${at}`, { gpus: 1, taints: [{ key: 'k'.repeat(300), effect: 'NoSchedule' }] }),
    );
    const verdict = fitPod(inputOf({ objects: { nodes }, spec: GPU }));
    const message = verdict.kind === 'Blocked' ? verdict.message : '';
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024);
    expect(message).toMatch(/…\. Uncordon such a node, take its taint away, or add another$/);
  });
});

describe('fits', () => {
  test.each<readonly [string, Case, number]>([
    ['as many as there are devices', { objects: { nodes: [A100('n2'), L4] }, spec: GPU }, 9],
    ['each on one node', { objects: { nodes: [A100('n2'), A100('n3', 7)] }, spec: { vendor: 'nvidia', count: 3 } }, 4],
    ['as memory allows', { objects: { nodes: [makeNode('n1', { allocatable: { memory: '2Gi' } })] } }, 4],
    [
      'as the number of pods allows',
      { objects: { nodes: [makeNode('n1', { allocatable: { pods: '3' } })], pods: [makePlacedPod('x', { node: 'n1' })] } },
      2,
    ],
    ['as the quota allows', { objects: { nodes: [L4], quotas: [makeQuota('q', { pods: '5' }, { pods: '2' })] } }, 3],
    [
      'whatever the quota of another namespace',
      { objects: { nodes: [L4], quotas: [{ ...makeQuota('q', { pods: '0' }, {}), metadata: { name: 'q', namespace: 'bank' } }] }, spec: GPU },
      1,
    ],
    [
      'whatever the quota of another class',
      {
        objects: {
          nodes: [makeNode('n1', { allocatable: { pods: '9' } })],
          quotas: [
            makeQuota(
              'q',
              { pods: '0' },
              {},
              { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] } },
            ),
          ],
        },
      },
      9,
    ],
    [
      'nor of pods that end by themselves',
      {
        objects: {
          nodes: [makeNode('n1', { allocatable: { pods: '9' } })],
          quotas: [makeQuota('q', { pods: '0' }, {}, { scopes: ['Terminating'] })],
        },
      },
      9,
    ],
    [
      'behind the taint of the device itself',
      { objects: { nodes: [makeNode('n1', { gpus: 2, taints: [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }] })] }, spec: GPU },
      2,
    ],
    ['with products in any spelling', { objects: { nodes: [L4] }, spec: { vendor: 'nvidia', products: ['nvidia l4'] } }, 1],
    [
      'in shares',
      {
        objects: { nodes: [makeNode('n1', { gpus: 4, product: 'NVIDIA-L4-SHARED', labels: { 'nvidia.com/gpu.sharing-strategy': 'time-slicing' } })] },
        spec: { vendor: 'nvidia', sharing: 'TimeSlice' },
      },
      4,
    ],
  ])('%s', (_, given, pods) => expect(fitPod(inputOf(given))).toMatchObject({ kind: 'Fits', pods }));
});

describe('on random clusters', () => {
  const CASES = 300;
  const cases = Array.from({ length: CASES }, (_, index) => ({ ...randomCase(3, index), chance: new Chance(4, index) }));

  test('there is room on some, and on others there is none for many reasons', () => {
    const said = cases
      .map(({ objects, spec, template }) => fitPod(inputOf({ objects, spec, template })))
      .map((verdict) => (verdict.kind === 'Fits' ? 'Fits' : verdict.reason));
    expect(said.filter((one) => one === 'Fits').length).toBeGreaterThan(25);
    expect(new Set(said).size).toBeGreaterThan(7);
  });

  test('the order of nodes and pods changes nothing', () => {
    for (const { objects, spec, template, chance } of cases) {
      const shuffled = { ...objects, nodes: chance.shuffle(objects.nodes), pods: chance.shuffle(objects.pods) };
      expect(fitPod(inputOf({ objects: shuffled, spec, template }))).toEqual(fitPod(inputOf({ objects, spec, template })));
    }
  });

  test('a pod less, or a node more that has room, never makes less room', () => {
    for (const { objects, spec, template, chance } of cases) {
      const input = inputOf({ objects, spec, template });
      const before = fitPod(input);
      const pods = before.kind === 'Fits' ? before.pods : 0;
      const fewer = viewCluster({ ...objects, pods: objects.pods.filter(() => chance.isTrue(0.7)) });
      const more = fitPod({ ...input, cluster: fewer });
      expect(more.kind === 'Fits' ? more.pods : 0).toBeGreaterThanOrEqual(pods);
      const [another] = randomCase(5, chance.integer(1000)).objects.nodes;
      if (another === undefined) continue;
      const grown = fitPod({
        ...input,
        cluster: viewCluster({ ...objects, nodes: [...objects.nodes, { ...another, metadata: { ...another.metadata, name: 'zz' } }] }),
      });
      expect(grown.kind === 'Fits' ? grown.pods : 0).toBeGreaterThanOrEqual(pods);
    }
  });

  test('so many pods fit as can be placed one after the other', () => {
    for (const { objects, spec, template } of cases) {
      const input = inputOf({ objects, spec, template });
      const demand = demandOf(input);
      let states = [...input.cluster.nodes];
      let placed = 0;
      for (let at = 0; at < states.length; ) {
        const state = states[at];
        if (state === undefined || placed > 300) break;
        if (nodeFailures(demand, state).length > 0) {
          at += 1;
          continue;
        }
        const pod = { namespace: 'shop', name: `new-${placed}`, node: state.node.name, model: '', priorityClass: '', isTerminating: false };
        states = states.with(at, nodeState(state.node, [...state.pods, { ...pod, requests: demand.requests, limits: demand.limits }]));
        placed += 1;
      }
      const verdict = fitPod(input);
      if (placed <= 300) expect(verdict.kind === 'Fits' ? verdict.pods : 0).toBe(placed);
    }
  });

  test('whatever objects come, one verdict comes, with a message of at most 1 KiB', () => {
    const fields = fc.dictionary(
      fc.constantFrom('spec', 'status'),
      fc.dictionary(
        fc.constantFrom('allocatable', 'capacity', 'taints', 'unschedulable', 'hard', 'used', 'scopes', 'nodeName', 'containers'),
        fc.jsonValue(),
      ),
    );
    fc.assert(
      fc.property(fields, fc.jsonValue(), fc.string(), (json, templateSpec, product) => {
        const object = { apiVersion: 'v1', kind: 'X', metadata: { name: 'x', namespace: 'shop' }, ...json };
        const verdict = fitPod(
          inputOf({
            objects: { nodes: [object, L4], pods: [object], quotas: [object] },
            spec: { vendor: 'nvidia', products: [product] },
            template: { spec: templateSpec },
          }),
        );
        expect(['Fits', 'Blocked']).toContain(verdict.kind);
        if (verdict.kind === 'Blocked') expect(Buffer.byteLength(verdict.message)).toBeLessThanOrEqual(1024);
      }),
    );
  });
});
