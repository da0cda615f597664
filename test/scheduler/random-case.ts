/** A random cluster and a pod for it, from a seed: small, and full of what makes the scheduler's filters say no. */
import type { AcceleratorSpec } from '../../operator/plan/placement/accelerator-need.js';
import type { KubeObject } from '../../operator/ports.js';
import type { ClusterObjects } from '../../operator/view/cluster-view.js';
import { Chance } from '../wire/chance.js';

type Fields = Readonly<Record<string, unknown>>;

export interface RandomCase {
  readonly objects: ClusterObjects;
  readonly spec: AcceleratorSpec | undefined;
  /** Of the pod to be placed, without what the accelerator adds. */
  readonly template: { readonly spec: Fields };
}

const CPUS = ['0', '100u', '0.4m', '250m', '0.5', '1', '1500m', '2', '3.9', '4e0'] as const;
const MEMORIES = ['0', '128Mi', '1.5Gi', '512Mi', '1e9', '2G', '4Gi', '100000Ki', '3000m'] as const;
const PRODUCTS = ['NVIDIA-L4', 'NVIDIA-A100-SXM4-80GB', 'NVIDIA-A100-SXM4-80GB-SHARED', 'NVIDIA-A100-SXM4-80GB-MIG-1g.10gb', 'nvidia-l4'] as const;
const SPECS: readonly (readonly string[])[] = [
  ['NVIDIA L4'],
  ['NVIDIA-A100-SXM4-80GB'],
  ['NVIDIA-L4', 'NVIDIA A100-SXM4-80GB'],
  ['NVIDIA-H100'],
  [],
  [],
];
const TAINTS: readonly Fields[] = [
  { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' },
  { key: 'dedicated', value: 'ml', effect: 'NoSchedule' },
  { key: 'dedicated', value: 'web', effect: 'NoExecute' },
  { key: 'spot', effect: 'PreferNoSchedule' },
  { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
];
const TOLERATIONS: readonly Fields[] = [
  { key: 'dedicated', operator: 'Equal', value: 'ml', effect: 'NoSchedule' },
  { key: 'dedicated', value: 'ml' },
  { key: 'dedicated', operator: 'Exists', effect: 'NoExecute' },
  { operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists' },
];
const REQUIREMENTS: readonly Fields[] = [
  { key: 'disk', operator: 'In', values: ['ssd', 'nvme'] },
  { key: 'disk', operator: 'NotIn', values: ['ssd'] },
  { key: 'disk', operator: 'Exists' },
  { key: 'disk', operator: 'DoesNotExist' },
  { key: 'cores', operator: 'Gt', values: ['7'] },
  { key: 'cores', operator: 'Lt', values: ['8'] },
];

export function randomCase(seed: number, index: number): RandomCase {
  const chance = new Chance(seed, index);
  const names = Array.from({ length: chance.integer(9) }, (_, at) => `n${at}`);
  const nodes = names.map((name) => randomNode(chance, name));
  const pods = names.flatMap((name) => Array.from({ length: chance.integer(4) }, (_, at) => randomPod(chance, `${name}-p${at}`, name)));
  return {
    objects: { nodes, pods, quotas: [] },
    spec: chance.isTrue(0.8) ? randomSpec(chance) : undefined,
    template: { spec: randomTemplate(chance, names) },
  };
}

function randomNode(chance: Chance, name: string): KubeObject {
  const maybe = (probability: number, fields: Fields): Fields => (chance.isTrue(probability) ? fields : {});
  const amounts = {
    cpu: chance.pick(['1', '3920m', '8', '16']),
    memory: chance.pick(['2Gi', '7.5Gi', '16384000Ki', '64Gi']),
    ...maybe(0.9, { 'ephemeral-storage': chance.pick(['1Gi', '100Gi']) }),
    ...maybe(0.95, { pods: chance.pick(['2', '110']) }),
    ...maybe(0.8, { 'nvidia.com/gpu': chance.pick(['0', '1', '2', '8']) }),
    ...maybe(0.1, { 'nvidia.com/mig-1g.10gb': '7' }),
    ...maybe(0.1, { 'nvidia.com/gpu.shared': '4' }),
  };
  const labels = {
    'kubernetes.io/hostname': name,
    ...maybe(0.85, { 'nvidia.com/gpu.product': chance.pick(PRODUCTS) }),
    ...maybe(0.85, { 'nvidia.com/gpu.memory': chance.pick(['23034', '40960', '81920']) }),
    ...maybe(0.85, { 'nvidia.com/gpu.compute.major': chance.pick(['7', '8', '9']) }),
    ...maybe(0.85, { 'nvidia.com/gpu.compute.minor': chance.pick(['0', '5', '9']) }),
    ...maybe(0.85, {
      'nvidia.com/gpu.sharing-strategy': chance.pick(['none', 'none', 'time-slicing', 'mps']),
      'nvidia.com/gpu.replicas': chance.pick(['1', '2', '4']),
    }),
    ...maybe(0.3, { 'nvidia.com/mig-1g.10gb.memory': '9728' }),
    ...maybe(0.6, { disk: chance.pick(['ssd', 'nvme', 'hdd']) }),
    ...maybe(0.6, { cores: chance.pick(['4', '8', '+16', 'many']) }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: { ...maybe(0.1, { unschedulable: true }), taints: TAINTS.filter(() => chance.isTrue(0.12)) },
    status: { allocatable: amounts, capacity: amounts },
  };
}

function randomPod(chance: Chance, name: string, node: string): KubeObject {
  const containers = randomContainers(chance, 'c');
  const reported = containers.map((container) => ({
    name: container['name'],
    ...(chance.isTrue(0.7) ? { resources: { requests: { cpu: chance.pick(CPUS) } } } : {}),
    ...(chance.isTrue(0.5) ? { allocatedResources: { cpu: chance.pick(CPUS), memory: chance.pick(MEMORIES) } } : {}),
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: chance.pick(['shop', 'other']),
      uid: name,
      ...(chance.isTrue(0.2) ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { ...(chance.isTrue(0.95) ? { nodeName: node } : {}), ...randomPodSpec(chance, containers) },
    status: {
      phase: chance.pick(['Running', 'Running', 'Running', 'Pending', 'Succeeded', 'Failed']),
      ...(chance.isTrue(0.2) ? { containerStatuses: reported } : {}),
      ...(chance.isTrue(0.1) ? { conditions: [{ type: 'PodResizePending', status: 'True', reason: chance.pick(['Infeasible', 'Deferred']) }] } : {}),
    },
  };
}

function randomTemplate(chance: Chance, nodes: readonly string[]): Fields {
  const field = { key: 'metadata.name', operator: 'In', values: [chance.pick([...nodes, 'n0'])] };
  const terms = Array.from({ length: chance.integer(3) }, () => ({
    matchExpressions: REQUIREMENTS.filter(() => chance.isTrue(0.25)),
    ...(chance.isTrue(0.1) ? { matchFields: [field] } : {}),
  }));
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } };
  return {
    ...randomPodSpec(chance, randomContainers(chance, 'c', false), false),
    tolerations: TOLERATIONS.filter(() => chance.isTrue(0.15)),
    ...(chance.isTrue(0.15) ? { nodeSelector: { disk: chance.pick(['ssd', 'hdd']) } } : {}),
    ...(chance.isTrue(0.3) && terms.length > 0 ? { affinity: { nodeAffinity: required } } : {}),
    ...(chance.isTrue(0.05) ? { nodeName: chance.pick([...nodes, 'n0']) } : {}),
  };
}

function randomPodSpec(chance: Chance, containers: readonly Fields[], mayHaveDevices = true): Fields {
  return {
    containers,
    ...(chance.isTrue(0.4) ? { initContainers: randomContainers(chance, 'i', mayHaveDevices) } : {}),
    ...(chance.isTrue(0.1) ? { overhead: { cpu: chance.pick(CPUS), memory: chance.pick(MEMORIES) } } : {}),
    ...(chance.isTrue(0.1) ? { resources: { requests: { cpu: chance.pick(CPUS), memory: chance.pick(MEMORIES) } } } : {}),
  };
}

function randomContainers(chance: Chance, prefix: string, mayHaveDevices = true): Fields[] {
  return Array.from({ length: 1 + chance.integer(2) }, (_, at) => {
    const devices =
      mayHaveDevices && chance.isTrue(0.2)
        ? { [chance.pick(['nvidia.com/gpu', 'nvidia.com/mig-1g.10gb', 'nvidia.com/gpu.shared'])]: String(chance.integer(3)) }
        : {};
    const amounts = (probability: number): Fields => ({
      ...(chance.isTrue(probability) ? { cpu: chance.pick(CPUS) } : {}),
      ...(chance.isTrue(probability) ? { memory: chance.pick(MEMORIES) } : {}),
      ...(chance.isTrue(probability / 4) ? { 'ephemeral-storage': chance.pick(['100Mi', '2Gi']) } : {}),
    });
    return {
      name: `${prefix}${at}`,
      image: 'x',
      resources: { requests: { ...amounts(0.8), ...devices }, limits: { ...amounts(0.1), ...devices } },
      ...(prefix === 'i' && chance.isTrue(0.4) ? { restartPolicy: 'Always' } : {}),
    };
  });
}

function randomSpec(chance: Chance): AcceleratorSpec {
  const sharing = chance.pick(['Exclusive', 'Exclusive', 'Exclusive', 'TimeSlice', 'MPS', 'Partition'] as const);
  return {
    vendor: 'nvidia',
    count: sharing === 'Exclusive' ? chance.pick([1, 1, 2, 4, 9]) : 1,
    products: chance.pick(SPECS),
    sharing,
    ...(chance.isTrue(0.4) ? { memory: chance.pick(['16Gi', '40Gi', '9Gi']) } : {}),
    ...(chance.isTrue(0.3) ? { minComputeCapability: chance.pick(['8.0', '7.5', '8.9']) } : {}),
    ...(sharing === 'Partition' ? { partition: '1g.10gb' } : {}),
  };
}
