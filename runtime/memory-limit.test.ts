import { afterEach, expect, test } from '@jest/globals';
import { RecordedFiles } from '../test/runtime/recorded-files.js';
import { readMemoryLimit } from './memory-limit.js';

const recorded = new RecordedFiles();
afterEach(() => recorded.remove());

const MEMINFO = 'MemTotal:        8388608 kB\nMemFree:         1 kB\n';

test.each<[string, Record<string, string>, number | undefined]>([
  ['nothing readable', {}, undefined],
  ['no limit: the machine', { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.max': 'max\n', 'proc/meminfo': MEMINFO }, 2 ** 33],
  ['v2 in a container', { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.max': '536870912\n', 'proc/meminfo': MEMINFO }, 2 ** 29],
  [
    'v2: the tightest on the way up',
    { 'proc/self/cgroup': '0::/pods/c1\n', 'sys/fs/cgroup/pods/c1/memory.max': 'max\n', 'sys/fs/cgroup/pods/memory.max': '1073741824\n' },
    2 ** 30,
  ],
  [
    'v1',
    {
      'proc/self/cgroup': '4:cpu,cpuacct:/x\n3:memory:/pod\n',
      'sys/fs/cgroup/memory/pod/memory.limit_in_bytes': '268435456\n',
      'proc/meminfo': MEMINFO,
    },
    2 ** 28,
  ],
  [
    'v1 unlimited',
    { 'proc/self/cgroup': '3:memory:/\n', 'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n', 'proc/meminfo': MEMINFO },
    2 ** 33,
  ],
])('%s', (_name, files, want) => expect(readMemoryLimit(recorded.write(files))).toBe(want));
