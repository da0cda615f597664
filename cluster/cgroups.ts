/** The cluster's own cgroups: what runs in them is the cluster, and `down` ends all of it, also what a crash left behind. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from './error-code.js';
import type { Layout } from './layout.js';

const ROOT = '/sys/fs/cgroup';
const KUBELET_CONTROLLERS: ReadonlySet<string> = new Set(['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb']);

/** Makes the cluster's cgroups; resolves with the cgroup.procs files that its supervisor joins. */
export function makeCgroups(layout: Layout): string[] {
  return hierarchies().map((hierarchy) => {
    const parts = [...layout.cgroup.split('/').filter(Boolean), 'system'];
    let folder = hierarchy;
    for (const part of parts) {
      if (isUnified(hierarchy)) enableControllers(folder);
      const child = join(folder, part);
      mkdirSync(child, { recursive: true });
      inheritCpuset(folder, child);
      folder = child;
    }
    return join(folder, 'cgroup.procs');
  });
}

/**
 * So many processes' worth of CPU time where the machine is busy: the kernel counts a group as one. The groups above are raised too, for
 * a group within gets its part of what they get; no group is lowered.
 */
export function raiseWeight(layout: Layout, processes: number): void {
  for (const hierarchy of hierarchies()) {
    for (let path = layout.cgroup; path !== '/'; path = dirname(path)) raise(join(hierarchy, path), processes);
  }
}

function raise(folder: string, processes: number): void {
  for (const [name, ofOne] of [
    ['cpu.shares', 1024],
    ['cpu.weight', 100],
  ] as const) {
    const file = join(folder, name);
    if (existsSync(file) && Number(readFileSync(file, 'utf8')) < processes * ofOne) writeFileSync(file, String(processes * ofOne));
  }
}

/** Kills until nobody is left, then removes the cgroups. */
export async function removeCgroups(layout: Layout): Promise<void> {
  const folders = hierarchies().map((hierarchy) => join(hierarchy, layout.cgroup));
  await killAll(folders);
  for (const folder of folders) {
    await removeTree(folder);
    try {
      rmdirSync(join(folder, '..')); // the last cluster takes the common parent with it
    } catch {
      // another cluster lives in it, or it is gone already
    }
  }
}

async function killAll(folders: readonly string[]): Promise<void> {
  const until = Date.now() + 30_000;
  while (true) {
    const pids = new Set(folders.flatMap((folder) => processesOf(folder)));
    if (pids.size === 0) return;
    if (Date.now() > until) throw new Error(`Processes ${[...pids].join(', ')} did not end within 30 s of SIGKILL`);
    for (const pid of pids) kill(pid);
    await sleep(50);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

/** Everything that runs in the cluster: its components and its pods. */
export function processesIn(layout: Layout): number[] {
  const pids = hierarchies().flatMap((hierarchy) => processesOf(join(hierarchy, layout.cgroup)));
  return [...new Set(pids)].sort((a, b) => a - b);
}

function processesOf(folder: string): number[] {
  if (!existsSync(folder)) return [];
  const own = readProcs(join(folder, 'cgroup.procs'));
  return [...own, ...childrenOf(folder).flatMap((child) => processesOf(child))];
}

function readProcs(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENODEV', 'EOPNOTSUPP')) return [];
    throw error;
  }
}

async function removeTree(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const child of childrenOf(folder)) await removeTree(child);
  for (let attempt = 0; ; attempt += 1) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      if (!existsSync(folder)) return;
      if (attempt >= 100) throw new Error(`Could not remove the cgroup ${folder}`, { cause: error });
      await sleep(50); // a killed process stays counted until it is reaped
    }
  }
}

function childrenOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [join(folder, entry.name)] : []));
  } catch (error) {
    if (!existsSync(folder)) return [];
    throw error;
  }
}

/** cgroup v2 has one hierarchy, v1 one per controller. Links such as "cpu" to "cpu,cpuacct" are not followed. */
function hierarchies(): string[] {
  if (isUnified(ROOT)) return [ROOT];
  return readdirSync(ROOT, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() && existsSync(join(ROOT, entry.name, 'cgroup.procs')) ? [join(ROOT, entry.name)] : [],
  );
}

function isUnified(hierarchy: string): boolean {
  return hierarchy === ROOT && existsSync(join(ROOT, 'cgroup.controllers'));
}

/** Those that the kubelet wants; others may refuse to be handed down. */
function enableControllers(folder: string): void {
  const controllers = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim().split(' ');
  for (const controller of controllers.filter((one) => KUBELET_CONTROLLERS.has(one))) {
    try {
      writeFileSync(join(folder, 'cgroup.subtree_control'), `+${controller}`);
    } catch (cause) {
      throw new Error(
        `Could not hand the cgroup controller "${controller}" down from ${folder}: the local Kubernetes needs the machine's own cgroups`,
        { cause },
      );
    }
  }
}

/** cgroup v1: a new cpuset is empty, and nothing may join it before it names processors and memory. */
function inheritCpuset(parent: string, child: string): void {
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    const file = join(child, name);
    if (!existsSync(file) || existsSync(join(child, 'cgroup.controllers'))) continue;
    if (readFileSync(file, 'utf8').trim() === '') writeFileSync(file, readFileSync(join(parent, name), 'utf8').trim());
  }
}
