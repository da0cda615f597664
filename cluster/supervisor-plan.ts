/** What the supervisor starts, in which order, with which flags. Pure; `nodebox supervise` reads the result as JSON. */
import { dirname, join } from 'node:path';
import type { Binaries, KwokBinaries } from './binaries.js';
import { KWOK_NODE_LABEL, KWOK_POD_CIDR, type KwokState } from './kwok.js';
import { API_PORT, type Layout, REGISTRY_PORT, SERVICE_CIDR } from './layout.js';

export interface ComponentPlan {
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly waitFor: readonly string[];
  /** What it gets when the supervisor dies; SIGKILL unless it is told otherwise. */
  readonly deathSignal?: 'SIGTERM';
}

export interface SupervisorPlan {
  readonly stateFile: string;
  readonly logDir: string;
  /** cgroup.procs files that the supervisor joins. */
  readonly cgroups: readonly string[];
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
  readonly shadows: readonly { readonly path: string; readonly value: string }[];
  readonly components: readonly ComponentPlan[];
}

export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** contract/ports.ts: metrics, probes and /statusz of a runtime. */
const STATUSZ_PORT = 8002;

const ETCD = 'tcp://127.0.0.1:2379';
const API = `https://127.0.0.1:${API_PORT}/readyz`;
const CONTAINERD = 'unix:///run/containerd/containerd.sock';

export interface PlanWish {
  /** cgroup.procs files. */
  readonly cgroups: readonly string[];
  /** Absent: no pretended nodes. */
  readonly kwok?: KwokState & KwokBinaries;
}

/** What makes a machine a node. A cluster of pretended nodes alone has none of it. */
const NODE_COMPONENTS: readonly string[] = ['registry', 'containerd', 'kubelet', 'kube-proxy', 'coredns', 'gpu-plugin'];

export function supervisorPlan(layout: Layout, binaries: Binaries, { cgroups, kwok }: PlanWish): SupervisorPlan {
  const all = [...componentsOf(layout, binaries, cgroups), ...(kwok === undefined ? [] : kwokComponents(layout, kwok))];
  const isWanted = ({ name }: ComponentPlan): boolean => kwok?.alone !== true || !NODE_COMPONENTS.includes(name);
  return { ...isolation(layout, cgroups), components: kwok === undefined ? all : all.filter(isWanted).map(forThousands) };
}

function componentsOf(layout: Layout, binaries: Binaries, cgroups: readonly string[]): ComponentPlan[] {
  const kube = kubeComponent(binaries);
  const file = (name: string): string => join(layout.stateDir, name);
  return [
    reaper(binaries, cgroups),
    { name: 'registry', path: binaries.nodebox, args: [`:${REGISTRY_PORT}`, file('registry')], env: [], waitFor: [] },
    kube('etcd', [], etcdArgs(layout)),
    kube('kube-apiserver', [ETCD], apiserverArgs(layout)),
    kube('kube-controller-manager', [API], controllerManagerArgs(layout)),
    kube('kube-scheduler', [API], [`--kubeconfig=${file('scheduler.kubeconfig')}`, '--leader-elect=false']),
    ...nodeComponents(layout, binaries, API),
    { name: 'coredns', path: binaries.coredns, args: ['-conf', file('Corefile')], env: [], waitFor: [API] },
    { name: 'gpu-plugin', path: binaries.nodebox, args: [layout.gpuStateFile], env: [], waitFor: [] },
  ];
}

/** kwok answers for the kubelets, the responder for the pods. */
function kwokComponents(layout: Layout, { kwok, responder }: KwokBinaries): ComponentPlan[] {
  const flags = [
    `--kubeconfig=${layout.kubeconfig}`,
    `--config=${join(layout.stateDir, 'kwok.yaml')}`,
    `--manage-nodes-with-label-selector=${KWOK_NODE_LABEL}`,
    `--cidr=${KWOK_POD_CIDR}`,
    `--node-ip=${layout.nodeAddress}`,
  ];
  return [
    { name: 'kwok', path: kwok, args: flags, env: [], waitFor: [API] },
    {
      name: 'pod-responder',
      path: responder,
      args: [layout.kubeconfig, `:${STATUSZ_PORT}`, join(layout.stateDir, 'statusz.json')],
      env: [],
      waitFor: [API],
    },
  ];
}

/** Limits that are right for one node and its hundred pods would be what is measured of ten thousand. A later flag replaces an earlier one. */
const MORE_FLAGS: Readonly<Record<string, readonly string[]>> = {
  'kube-apiserver': ['--max-requests-inflight=1600', '--max-mutating-requests-inflight=800'],
  'kube-controller-manager': [
    '--kube-api-qps=2000',
    '--kube-api-burst=4000',
    '--concurrent-deployment-syncs=20',
    '--concurrent-replicaset-syncs=20',
    '--concurrent-endpoint-syncs=20',
    '--concurrent-service-endpoint-syncs=20',
    '--concurrent-gc-syncs=40',
  ],
  'kube-scheduler': ['--kube-api-qps=2000', '--kube-api-burst=4000'],
};

/** Cores are short there and memory is not: Go's own 100 spends a quarter of the API server's time on collections. */
const COLLECT_LATER = 'GOGC=300';

function forThousands(component: ComponentPlan): ComponentPlan {
  const { name, args, env } = component;
  return { ...component, args: [...args, ...(MORE_FLAGS[name] ?? [])], env: name in MORE_FLAGS ? [...env, COLLECT_LATER] : env };
}

/** A node that only runs pods. */
export function secondNodePlan(layout: Layout, binaries: Binaries, cgroups: readonly string[]): SupervisorPlan {
  const api = `https://${layout.controlAddress}:${API_PORT}/readyz`;
  return { ...isolation(layout, cgroups), components: [reaper(binaries, cgroups), ...nodeComponents(layout, binaries, api)] };
}

function isolation(layout: Layout, cgroups: readonly string[]): Omit<SupervisorPlan, 'components'> {
  return { stateFile: layout.stateFile, logDir: layout.logDir, cgroups, mounts: mountsOf(layout), shadows: KUBELET_SYSCTLS };
}

/** What runs pods, on whichever node. */
function nodeComponents(layout: Layout, binaries: Binaries, api: string): ComponentPlan[] {
  const kube = kubeComponent(binaries);
  const file = (name: string): string => join(layout.stateDir, name);
  return [
    { name: 'containerd', path: binaries.containerd, args: ['--config', file('containerd.toml')], env: [pathEnv(binaries)], waitFor: [] },
    kube(
      'kubelet',
      [CONTAINERD, api],
      [
        `--config=${file('kubelet.json')}`,
        `--kubeconfig=${file('kubelet.kubeconfig')}`,
        `--hostname-override=${layout.id}`,
        `--node-ip=${layout.nodeAddress}`,
      ],
    ),
    kube('kube-proxy', [api], [`--config=${file('kube-proxy.json')}`]),
  ];
}

function kubeComponent(binaries: Binaries): (name: string, waitFor: readonly string[], args: readonly string[]) => ComponentPlan {
  // the supervisor calls a component by its name, and the program looks at that
  return (name, waitFor, args) => ({ name, path: binaries.kubebox, args, env: [], waitFor });
}

/** Components die with the supervisor, but pods are nobody's children: the reaper outlives the supervisor by as long as it takes to end them. */
function reaper(binaries: Binaries, cgroups: readonly string[]): ComponentPlan {
  const folders = cgroups.map((procs) => dirname(dirname(procs)));
  return { name: 'reaper', path: binaries.nodebox, args: folders, env: [], waitFor: [], deathSignal: 'SIGTERM' };
}

/** Settings that the kubelet wants to write and that belong to the whole machine: it sees these values instead. */
const KUBELET_SYSCTLS = [
  { path: '/proc/sys/vm/overcommit_memory', value: '1' },
  { path: '/proc/sys/vm/panic_on_oom', value: '0' },
  { path: '/proc/sys/kernel/panic', value: '10' },
  { path: '/proc/sys/kernel/panic_on_oops', value: '1' },
  { path: '/proc/sys/kernel/keys/root_maxkeys', value: '1000000' },
  { path: '/proc/sys/kernel/keys/root_maxbytes', value: '25000000' },
];

/** Components use their usual folders; in the cluster's mount namespace these are the cluster's own. */
export function mountsOf(layout: Layout): { readonly source: string; readonly target: string }[] {
  return [
    { source: join(layout.stateDir, 'kubelet'), target: '/var/lib/kubelet' },
    { source: join(layout.stateDir, 'cni'), target: '/var/lib/cni' },
    { source: join(layout.stateDir, 'containerd'), target: '/var/lib/containerd' },
    { source: join(layout.stateDir, 'container-logs'), target: '/var/log/containers' },
    { source: '', target: '/run/containerd' },
    { source: '', target: '/run/netns' },
  ];
}

function etcdArgs(layout: Layout): string[] {
  return [
    `--data-dir=${join(layout.stateDir, 'etcd')}`,
    '--listen-client-urls=http://127.0.0.1:2379',
    '--advertise-client-urls=http://127.0.0.1:2379',
    '--listen-peer-urls=http://127.0.0.1:2380',
    '--unsafe-no-fsync', // the disk of a laptop is no reason for a leader to be lost; nothing here outlives the machine
    '--quota-backend-bytes=4294967296',
    '--auto-compaction-mode=periodic',
    '--auto-compaction-retention=30m',
  ];
}

function apiserverArgs(layout: Layout): string[] {
  const pki = (name: string): string => join(layout.pkiDir, name);
  return [
    '--etcd-servers=http://127.0.0.1:2379',
    `--advertise-address=${layout.nodeAddress}`,
    '--bind-address=0.0.0.0',
    `--secure-port=${API_PORT}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    `--cert-dir=${layout.pkiDir}`,
    `--kubelet-client-certificate=${pki('apiserver-kubelet-client.crt')}`,
    `--kubelet-client-key=${pki('apiserver-kubelet-client.key')}`,
    `--kubelet-certificate-authority=${pki('ca.crt')}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--authorization-mode=Node,RBAC,ABAC',
    `--authorization-policy-file=${join(layout.stateDir, 'coredns-policy.jsonl')}`,
    '--enable-admission-plugins=NodeRestriction',
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${pki('service-accounts.pub')}`,
    `--service-account-signing-key-file=${pki('service-accounts.key')}`,
    '--allow-privileged=true',
    '--profiling=false',
  ];
}

function controllerManagerArgs(layout: Layout): string[] {
  const pki = (name: string): string => join(layout.pkiDir, name);
  return [
    `--kubeconfig=${join(layout.stateDir, 'controller-manager.kubeconfig')}`,
    `--service-account-private-key-file=${pki('service-accounts.key')}`,
    `--root-ca-file=${pki('ca.crt')}`,
    `--cluster-signing-cert-file=${pki('ca.crt')}`,
    `--cluster-signing-key-file=${pki('ca.key')}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    '--kube-api-qps=200', // at 20 it takes seconds to make its own service accounts
    '--kube-api-burst=400',
  ];
}

/** containerd finds its shim on the PATH, and runc where Debian puts it. */
function pathEnv(binaries: Binaries): string {
  return `PATH=${dirname(binaries.containerd)}:${SYSTEM_PATH}`;
}
