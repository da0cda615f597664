/** What a cluster has on the machine, by kind: all of it has to be gone after `down`. Other clusters' things do not count. */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exec } from '../hack/exec.js';
import { processesIn } from './cgroups.js';
import { type Layout, secondNodeOf } from './layout.js';

export interface Traces {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly namespaces: readonly string[];
  readonly devices: readonly string[];
  readonly routes: readonly string[];
  readonly sockets: readonly string[];
  readonly cgroups: readonly string[];
  readonly folders: readonly string[];
}

export const NO_TRACES: Traces = { processes: [], mounts: [], namespaces: [], devices: [], routes: [], sockets: [], cgroups: [], folders: [] };

export async function tracesOf(layout: Layout): Promise<Traces> {
  const netns = statSync(layout.netns, { throwIfNoEntry: false })?.ino;
  const processes = allProcesses().map((pid) => describeProcess(pid));
  const ours = processes.filter((one) => (netns !== undefined && one.netns === netns) || one.command.includes(layout.stateDir));
  const mounts = processes.flatMap((one) => one.mounts).filter((line) => line.includes(layout.stateDir) || line.includes(`${layout.netns} `));
  const links = (await exec('ip', ['-o', 'link'])).split('\n').filter((line) => new RegExp(`: ${layout.link}(n|w|wn)?[@:]`).test(line));
  const routes = (await exec('ip', ['-4', 'route', 'show', 'table', 'all'])).split('\n').filter((line) => line.includes(layout.link));
  return {
    processes: [...ours.map((one) => `${one.pid} ${one.command}`), ...processesIn(layout).map(String)],
    mounts: [...new Set(mounts)],
    namespaces: [layout.netns, secondNodeOf(layout).netns].filter((netns) => existsSync(netns)),
    devices: links,
    routes,
    sockets: readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .filter((line) => line.includes(layout.stateDir)),
    cgroups: cgroupsOf(layout),
    folders: existsSync(layout.stateDir) ? [layout.stateDir] : [],
  };
}

/** What belongs to the machine and no cluster may change: its firewall, its view of the mounts, and settings that kubelets like to write. */
export async function hostState(stateDir: string): Promise<Readonly<Record<string, string>>> {
  const rules = (await exec('iptables-save', [])).split('\n').filter((line) => /^[-*]/.test(line));
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const settings = ['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops', 'net/ipv4/ip_forward'];
  return {
    rules: rules.join('\n'),
    mounts: mounts.filter((line) => line.includes(stateDir) || line.includes(' /var/lib/kubelet ')).join('\n'),
    ...Object.fromEntries(settings.map((name) => [name, readFileSync(`/proc/sys/${name}`, 'utf8').trim()])),
  };
}

function allProcesses(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
}

/** Empty where the process has ended meanwhile. */
function describeProcess(pid: string): {
  readonly pid: string;
  readonly netns: number | undefined;
  readonly command: string;
  readonly mounts: readonly string[];
} {
  const read = (file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  };
  return { pid, netns: namespaceOf(pid), command: read('cmdline').replaceAll('\0', ' ').trim(), mounts: read('mountinfo').split('\n') };
}

function namespaceOf(pid: string): number | undefined {
  try {
    return Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0]);
  } catch {
    return undefined;
  }
}

function cgroupsOf(layout: Layout): string[] {
  const root = '/sys/fs/cgroup';
  const candidates = [root, ...readdirSync(root).map((name) => join(root, name))].map((folder) => join(folder, layout.cgroup));
  return candidates.filter((folder) => existsSync(folder));
}
