/** What its cgroups and the machine grant this process: read once, at start, since a container's limits come with it. */
import { availableParallelism } from 'node:os';
import { readCpuQuota } from './cpu-quota.js';
import { readMemoryLimit } from './memory-limit.js';

export interface Grants {
  /** Of the machine, or of its cpuset. */
  readonly cores: number;
  /** A quota may grant a part of one; never more than `cores`. */
  readonly cpus: number;
  /** Undefined: nothing says. */
  readonly memoryBytes: number | undefined;
}

export function readGrants(): Grants {
  const cores = availableParallelism();
  return { cores, cpus: Math.min(cores, readCpuQuota() ?? cores), memoryBytes: readMemoryLimit() };
}
