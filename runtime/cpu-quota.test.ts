import { afterEach, expect, test } from '@jest/globals';
import { RecordedFiles } from '../test/runtime/recorded-files.js';
import { readCpuQuota } from './cpu-quota.js';

const recorded = new RecordedFiles();
afterEach(() => recorded.remove());

const POD = 'sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice';

test.each([
  {
    name: 'v2 in a container: its group is the root it sees',
    files: { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': '50000 100000\n' },
    want: 0.5,
  },
  {
    name: 'v2 seen from the host: the tightest on the way up',
    files: {
      'proc/self/cgroup': '0::/kubepods.slice/kubepods-burstable.slice/c1\n',
      [`${POD}/c1/cpu.max`]: 'max 100000\n',
      [`${POD}/cpu.max`]: '150000 100000\n',
      'sys/fs/cgroup/kubepods.slice/cpu.max': '400000 100000\n',
    },
    want: 1.5,
  },
  { name: 'v2 without a limit', files: { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': 'max 100000\n' }, want: undefined },
  {
    name: 'v1 in a container',
    files: {
      'proc/self/cgroup': '4:cpu,cpuacct:/kubepods/pod1/c1\n',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
    want: 2,
  },
  {
    name: 'v1 without a limit',
    files: {
      'proc/self/cgroup': '4:cpu,cpuacct:/\n',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
    want: undefined,
  },
  { name: 'no cgroups at all', files: {}, want: undefined },
])('$name', ({ files, want }) => expect(readCpuQuota(recorded.write(files))).toBe(want));
