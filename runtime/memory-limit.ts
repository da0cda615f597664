/** Reads how much memory this process's cgroups and the machine allow, v2 first, then v1. */
import { posix } from 'node:path';
import { listAncestors, readText } from './cgroup-files.js';
import { computeTightestMemory, parseMemoryLimitV1, parseMemoryMax } from './core/memory-limit.js';

/** Bytes, or undefined when nothing says. `root` stands in for / in tests. */
export function readMemoryLimit(root = '/'): number | undefined {
  const group = readText(posix.join(root, 'proc/self/cgroup')) ?? '';
  const v2 = listAncestors(/^0::(.*)$/m.exec(group)?.[1] ?? '/').map((path) =>
    parse(parseMemoryMax, posix.join(root, 'sys/fs/cgroup', path, 'memory.max')),
  );
  const v1Path = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(group)?.[1] ?? '/';
  const v1 = listAncestors(v1Path).map((path) => parse(parseMemoryLimitV1, posix.join(root, 'sys/fs/cgroup/memory', path, 'memory.limit_in_bytes')));
  const kib = /^MemTotal:\s+(\d+) kB$/m.exec(readText(posix.join(root, 'proc/meminfo')) ?? '')?.[1];
  return computeTightestMemory([...v2, ...v1, kib === undefined ? undefined : Number(kib) * 1024]);
}

function parse(parser: (text: string) => number | undefined, path: string): number | undefined {
  const text = readText(path);
  return text === undefined ? undefined : parser(text);
}
