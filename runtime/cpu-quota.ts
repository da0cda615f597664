/** Reads the CPU quota of this process's cgroups, v2 first, then v1. */
import { posix } from 'node:path';
import { listAncestors, readText } from './cgroup-files.js';
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
