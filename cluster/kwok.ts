/**
 * Pretended nodes by the hundred, for tests of scale: kwok answers for their kubelets, and one responder for all of their pods.
 * What was asked for is kept beside the cluster, as its GPUs are. Pure but for the functions that read and write files.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KwokState {
  /** 0: kwok does not run. */
  readonly nodes: number;
  /** nvidia.com/gpu of each. */
  readonly gpusPerNode: number;
  /** The cluster has no real node: no kubelet, containerd, kube-proxy, CoreDNS and registry take the time that is measured. */
  readonly alone: boolean;
}

/** What the user asks for; what is left out stays as it is. */
export interface KwokWish {
  readonly kwokNodes?: number;
  readonly kwokGpus?: number;
  readonly kwokOnly?: boolean;
}

export const NO_KWOK: KwokState = { nodes: 0, gpusPerNode: 0, alone: false };
export const MOST_KWOK_NODES = 1000;
export const MOST_KWOK_GPUS = 16;

/** Room for 262,142 pods; local to the cluster's network namespace, and apart from the real node's pods. */
export const KWOK_POD_CIDR = '10.88.0.0/14';
export const KWOK_NODE_LABEL = 'type=kwok';
/** On pretended nodes beside a real one: pods that do not tolerate it go where they really run. */
export const KWOK_TAINT = { key: 'kwok.x-k8s.io/node', value: 'fake', effect: 'NoSchedule' } as const;
/** Pods of each node; the scheduler counts nothing else that is scarce but GPUs. */
export const PODS_PER_NODE = 1000;

const PRODUCT = 'NVIDIA-L4';
const STAGES = join('cluster', 'kwok', 'stages');
const RECORDED_STATUSZ = join('cluster', 'kwok', 'recorded', 'statusz.json');

export function chooseKwok(before: KwokState, wish: KwokWish): KwokState {
  const nodes = bounded('--kwok-nodes', wish.kwokNodes ?? before.nodes, MOST_KWOK_NODES);
  const gpusPerNode = bounded('--kwok-gpus', wish.kwokGpus ?? before.gpusPerNode, MOST_KWOK_GPUS);
  if (nodes > 0) return { nodes, gpusPerNode, alone: wish.kwokOnly ?? before.alone };
  const flag = wish.kwokGpus !== undefined ? '--kwok-gpus' : wish.kwokOnly === true ? '--kwok-only' : undefined;
  if (flag !== undefined) throw new Error(`${flag} describes pretended nodes and the cluster has none: say how many with --kwok-nodes, such as 100`);
  return NO_KWOK;
}

function bounded(flag: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new Error(`${flag} "${value}" cannot be: use 0 to ${most}`);
}

/** All stages and kwok's own settings in the one file that it reads. */
export function kwokConfig(stages: readonly string[] = readStages()): string {
  const settings = {
    apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
    kind: 'KwokConfiguration',
    options: { podPlayStageParallelism: 16, nodePlayStageParallelism: 8, nodeLeaseParallelism: 8, nodeLeaseDurationSeconds: 40 },
  };
  return [JSON.stringify(settings), ...stages].join('\n---\n');
}

/** What kwok and the responder read, by path below the state folder. */
export function kwokFiles(): Record<string, string> {
  return { 'kwok.yaml': kwokConfig(), 'statusz.json': readFileSync(RECORDED_STATUSZ, 'utf8') };
}

export function readStages(folder: string = STAGES): string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return files.sort().map((name) => readFileSync(join(folder, name), 'utf8'));
}

export function kwokNodeNames({ nodes }: KwokState): string[] {
  return Array.from({ length: nodes }, (_, index) => `kwok-${String(index).padStart(4, '0')}`);
}

/** A node as its kubelet would register it. The annotation tells whether a node that is there is still what is wanted. */
export function kwokNode(name: string, state: KwokState): object {
  const { gpusPerNode, alone } = state;
  const gpus = gpusPerNode === 0 ? {} : { 'nvidia.com/gpu': String(gpusPerNode) };
  const gpuLabels = gpusPerNode === 0 ? {} : { 'nvidia.com/gpu.product': PRODUCT, 'nvidia.com/gpu.count': String(gpusPerNode) };
  const amounts = { cpu: '1k', memory: '4Ti', 'ephemeral-storage': '4Ti', pods: String(PODS_PER_NODE), ...gpus };
  const labels = { type: 'kwok', 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', ...gpuLabels };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels, annotations: { 'kwok.slipway.dev/shape': shapeOf(state) } },
    spec: alone ? {} : { taints: [KWOK_TAINT] },
    status: { capacity: amounts, allocatable: amounts },
  };
}

export function shapeOf({ gpusPerNode, alone }: KwokState): string {
  return `${gpusPerNode}-${PODS_PER_NODE}-${alone ? 'alone' : 'tainted'}`;
}

export function readKwokState(path: string): KwokState {
  if (!existsSync(path)) return NO_KWOK;
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const fields: Readonly<Record<string, unknown>> = typeof value === 'object' && value !== null ? { ...value } : {};
  const { nodes, gpusPerNode, alone } = fields;
  if (typeof nodes === 'number' && typeof gpusPerNode === 'number' && typeof alone === 'boolean') return { nodes, gpusPerNode, alone };
  throw new Error(`"${path}" does not describe pretended nodes: remove the file and run cluster:up with --kwok-nodes`);
}

export function writeKwokState(path: string, state: KwokState): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(state)}\n`);
  renameSync(`${path}.new`, path);
}
