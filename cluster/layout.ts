/**
 * Where a local cluster lives: names, addresses and files, all derived from its name, its slot and the working copy. Pure.
 * A slot is a number from 1 to 250 that no two clusters of a machine share. It names what the machine has only one of (link, network
 * namespace, cgroup, addresses), so that clusters of one name in several working copies never meet.
 */
import { join } from 'node:path';

export interface Layout {
  readonly name: string;
  readonly slot: number;
  /** kubectl context and node name. */
  readonly id: string;
  readonly link: string;
  readonly peerLink: string;
  /** The network namespace as a file: nsenter --net=<netns>. */
  readonly netns: string;
  /** Path of the cluster's cgroup below each hierarchy's root. */
  readonly cgroup: string;
  /** Where the node's packets go that are for somewhere else: the other end of its link. */
  readonly hostAddress: string;
  readonly nodeAddress: string;
  /** Of the node that has API server, DNS and registry. */
  readonly controlAddress: string;
  /** The node's pods have these addresses of POD_CIDR. */
  readonly podRange: { readonly first: string; readonly last: string };
  /** Names the kubelet's certificate. */
  readonly kubelet: string;
  readonly stateDir: string;
  readonly logDir: string;
  readonly pkiDir: string;
  readonly kubeconfig: string;
  readonly planFile: string;
  readonly stateFile: string;
  readonly gpuStateFile: string;
  readonly kwokStateFile: string;
}

export const REGISTRY_NAME = 'registry.slipway.internal';
export const REGISTRY_PORT = 5000;
export const API_PORT = 6443;
export const POD_CIDR = '10.85.0.0/16';
/** What the second node's pods have of it. */
export const SECOND_POD_CIDR = '10.85.128.0/17';
export const SERVICE_CIDR = '10.96.0.0/16';
export const API_SERVICE_ADDRESS = '10.96.0.1';
export const MAX_SLOT = 250;

export const STATE_ROOT = '.slipway';

export function clusterStateDir(root: string, name: string): string {
  return join(root, STATE_ROOT, 'clusters', name);
}

export function layoutOf(root: string, name: string, slot: number): Layout {
  const stateDir = clusterStateDir(root, name);
  return {
    name,
    slot,
    id: `slipway-${name}`,
    link: linkOf(slot),
    peerLink: `${linkOf(slot)}n`,
    netns: `/run/netns/${linkOf(slot)}`,
    cgroup: `/slipway/${slot}`,
    hostAddress: `10.201.${slot}.1`,
    nodeAddress: nodeAddressOf(slot),
    controlAddress: nodeAddressOf(slot),
    podRange: { first: '10.85.0.2', last: '10.85.127.254' },
    kubelet: 'kubelet',
    stateDir,
    logDir: join(stateDir, 'logs'),
    pkiDir: join(stateDir, 'pki'),
    kubeconfig: join(stateDir, 'kubeconfig'),
    planFile: join(stateDir, 'plan.json'),
    stateFile: join(stateDir, 'supervisor.json'),
    gpuStateFile: join(stateDir, 'gpus.json'),
    kwokStateFile: join(stateDir, 'kwok.json'),
  };
}

/**
 * The second node: its own network namespace, cgroup below the first one's, and state folder, with containerd, kubelet and kube-proxy
 * alone. Its link leads into the first node's namespace, so the machine has nothing of it to see but the namespace.
 */
export function secondNodeOf(first: Layout): Layout {
  const stateDir = join(first.stateDir, 'node-2');
  return {
    ...first,
    id: `${first.id}-2`,
    link: `${first.link}w`,
    peerLink: `${first.link}wn`,
    netns: `${first.netns}w`,
    cgroup: `${first.cgroup}/node-2`,
    hostAddress: `10.201.${first.slot}.5`,
    nodeAddress: `10.201.${first.slot}.6`,
    podRange: { first: '10.85.128.1', last: '10.85.255.254' },
    kubelet: 'kubelet-2',
    stateDir,
    logDir: join(stateDir, 'logs'),
    planFile: join(stateDir, 'plan.json'),
    stateFile: join(stateDir, 'supervisor.json'),
    gpuStateFile: join(stateDir, 'gpus.json'),
  };
}

/** Interface names have at most 15 characters. */
export function linkOf(slot: number): string {
  return `slipway${slot}`;
}

export function nodeAddressOf(slot: number): string {
  return `10.201.${slot}.2`;
}

/** Undefined when the name is fine, else what is wrong with it. */
export function nameProblem(name: string): string | undefined {
  if (/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/.test(name)) return undefined;
  return `--name "${name}" is no cluster name: use 1 to 20 lower-case letters, digits and "-", beginning with a letter, such as "dev"`;
}
