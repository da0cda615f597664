/** Nodes, pods on them and quotas, as the API has them: `makeNode('n1', { gpus: 8, product: 'NVIDIA-L4' })`. */
import { LABELS } from '../../contract/labels.js';
import type { KubeObject } from '../../operator/ports.js';

type Texts = Readonly<Record<string, string>>;

export interface NodeOptions {
  readonly gpus?: number;
  /** Those that are not healthy are counted here only. */
  readonly capacityGpus?: number;
  readonly product?: string;
  readonly labels?: Texts;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  readonly isCordoned?: boolean;
  readonly isReady?: boolean;
  readonly allocatable?: Texts;
}

export function makeNode(name: string, options: NodeOptions = {}): KubeObject {
  const { gpus, capacityGpus = gpus, product, labels = {}, taints = [], isCordoned = false, isReady = true, allocatable = {} } = options;
  const base = { cpu: '16', memory: '64Gi', 'ephemeral-storage': '100Gi', pods: '110', ...allocatable };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { ...(product === undefined ? {} : { 'nvidia.com/gpu.product': product }), ...labels } },
    spec: { taints, ...(isCordoned ? { unschedulable: true } : {}) },
    status: {
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
      allocatable: { ...base, ...devices(gpus) },
      capacity: { ...base, ...devices(capacityGpus) },
    },
  };
}

function devices(gpus: number | undefined): Texts {
  return gpus === undefined ? {} : { 'nvidia.com/gpu': String(gpus) };
}

export interface PlacedOptions {
  readonly node?: string;
  readonly namespace?: string;
  readonly gpus?: number;
  readonly requests?: Texts;
  readonly limits?: Texts;
  readonly model?: string;
  readonly priorityClass?: string;
  readonly isTerminating?: boolean;
  readonly phase?: string;
}

export function makePlacedPod(name: string, options: PlacedOptions = {}): KubeObject {
  const {
    node,
    namespace = 'shop',
    gpus,
    requests = { cpu: '250m', memory: '512Mi' },
    limits = {},
    model,
    isTerminating,
    phase,
    priorityClass,
  } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      ...(model === undefined ? {} : { labels: { [LABELS.model]: model } }),
      ...(isTerminating === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      ...(node === undefined ? {} : { nodeName: node }),
      ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
      containers: [{ name: 'main', resources: { requests, limits: { ...limits, ...devices(gpus) } } }],
    },
    status: { phase: phase ?? 'Running' },
  };
}

export function makeQuota(name: string, hard: Texts, used: Texts, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name, namespace: 'shop' }, spec: { hard, ...spec }, status: { hard, used } };
}
