/**
 * How many threads one inference may use. Inside a container the host's cores are the wrong answer: a quota of 2 CPUs on
 * a node with 64 gives 64 threads that throttle one another.
 * threads = clamp(ceil(quota), 1, cpus). Examples: quota 500m → 1; 1500m → 2; none on 4 cpus → 4.
 */
export function computeThreads(cpus: number, quotaCpus: number | undefined): number {
  const usable = Math.max(1, Math.floor(cpus));
  return quotaCpus === undefined ? usable : Math.min(usable, Math.max(1, Math.ceil(quotaCpus)));
}

/** CPUs granted by a cgroup v2 `cpu.max` ("50000 100000", "max 100000"); undefined when unlimited or unreadable. */
export function parseCpuMax(text: string): number | undefined {
  const [quota, period] = text.trim().split(/\s+/);
  return quota === 'max' ? undefined : divide(quota, period ?? '100000');
}

/** CPUs granted by cgroup v1 `cpu.cfs_quota_us` (-1: unlimited) and `cpu.cfs_period_us`. */
export function parseCfsQuota(quota: string, period: string): number | undefined {
  return divide(quota.trim(), period.trim());
}

/** The tightest of the limits on the way from the root to the process's group: each of them binds. */
export function computeTightestQuota(quotas: readonly (number | undefined)[]): number | undefined {
  const known = quotas.filter((quota) => quota !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Path of this process in the v2 hierarchy and in the v1 cpu hierarchy, from /proc/self/cgroup. */
export function parseCgroupPaths(text: string): { readonly v2?: string; readonly v1?: string } {
  const paths: { v2?: string; v1?: string } = {};
  for (const line of text.split('\n')) {
    const [id, controllers, ...path] = line.split(':');
    if (id === '0' && controllers === '') paths.v2 = path.join(':');
    else if (controllers?.split(',').includes('cpu')) paths.v1 = path.join(':');
  }
  return paths;
}

function divide(quota: string | undefined, period: string): number | undefined {
  const cpus = Number(quota) / Number(period);
  return Number.isFinite(cpus) && cpus > 0 ? cpus : undefined;
}
