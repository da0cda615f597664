import { describe, expect, test } from '@jest/globals';
import { computeThreads, computeTightestQuota, parseCfsQuota, parseCgroupPaths, parseCpuMax } from './threads.js';

describe('computeThreads', () => {
  test.each([
    { name: 'no quota: every cpu', cpus: 4, quota: undefined, want: 4 },
    { name: 'half a cpu: one thread', cpus: 64, quota: 0.5, want: 1 },
    { name: 'one and a half: two, as the second is half used', cpus: 64, quota: 1.5, want: 2 },
    { name: 'exactly two', cpus: 64, quota: 2, want: 2 },
    { name: 'quota beyond the cpus of a cpuset', cpus: 2, quota: 8, want: 2 },
    { name: 'a sliver', cpus: 8, quota: 0.01, want: 1 },
  ])('$name', ({ cpus, quota, want }) => expect(computeThreads(cpus, quota)).toBe(want));
});

describe('parseCpuMax (v2)', () => {
  test.each([
    ['50000 100000\n', 0.5],
    ['200000 100000\n', 2],
    ['max 100000\n', undefined],
    ['max', undefined],
    ['garbage', undefined],
    ['', undefined],
  ])('%j', (text, want) => expect(parseCpuMax(text)).toBe(want));
});

test.each([
  ['150000\n', '100000\n', 1.5],
  ['-1\n', '100000\n', undefined],
  ['50000', '0', undefined],
])('parseCfsQuota (v1) of %j and %j', (quota, period, want) => expect(parseCfsQuota(quota, period)).toBe(want));

test.each([
  { name: 'a pod within a limited slice', quotas: [4, 0.5, undefined], want: 0.5 },
  { name: 'nothing limits', quotas: [undefined, undefined], want: undefined },
])('the tightest quota: $name', ({ quotas, want }) => expect(computeTightestQuota(quotas)).toBe(want));

test.each([
  { name: 'v2', text: '0::/kubepods.slice/pod1/c1\n', want: { v2: '/kubepods.slice/pod1/c1' } },
  { name: 'v1', text: '5:memory:/a\n4:cpu,cpuacct:/kubepods/pod1\n', want: { v1: '/kubepods/pod1' } },
  { name: 'hybrid', text: '4:cpu,cpuacct:/docker/x\n0::/system.slice\n', want: { v1: '/docker/x', v2: '/system.slice' } },
  { name: 'a colon in the path', text: '0::/a:b\n', want: { v2: '/a:b' } },
])('parseCgroupPaths: $name', ({ text, want }) => expect(parseCgroupPaths(text)).toEqual(want));
