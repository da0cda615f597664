/** Reads the CPU quota of this process's cgroups, v2 first, then v1. */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { computeTightestQuota, parseCfsQuota, parseCgroupPaths, parseCpuMax } from './core/threads.js';

/** CPUs granted, or undefined when nothing limits them. `root` stands in for / in tests. */
export function readCpuQuota(root = '/'): number | undefined {
  const paths = parseCgroupPaths(readText(posix.join(root, 'proc/self/cgroup')) ?? '');
  const v2 = listAncestors(paths.v2 ?? '/').map((path) => {
    const text = readText(posix.join(root, 'sys/fs/cgroup', path, 'cpu.max'));
    return text === undefined ? undefined : parseCpuMax(text);
  });
  const v1 = listAncestors(paths.v1 ?? '/').map((path) => {
    const folder = posix.join(root, 'sys/fs/cgroup/cpu', path);
    const quota = readText(posix.join(folder, 'cpu.cfs_quota_us'));
    const period = readText(posix.join(folder, 'cpu.cfs_period_us'));
    return quota === undefined || period === undefined ? undefined : parseCfsQuota(quota, period);
  });
  return computeTightestQuota([...v2, ...v1]);
}

/** "/a/b" → "/a/b", "/a", "/": inside a container's own namespace only "/" is there to be read. */
function listAncestors(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === path || path === '.' ? ['/'] : [path, ...listAncestors(parent)];
}

/** Undefined where the file is not: the other hierarchy is in use, or none. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
