import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeNode } from '../../../test/builders/cluster.js';
import { completeSpec } from '../../api/defaults.js';
import { deviceLimits, deviceScheduling } from '../../render/accelerator.js';
import { viewNode } from '../../view/node-view.js';
import { viewPodDemand } from '../../view/pod-demand.js';
import { type AcceleratorSpec, acceleratorNeed, resourceNames } from './accelerator-need.js';

const nodes = (...objects: readonly ReturnType<typeof makeNode>[]) => objects.map(viewNode);
const offers = (resource: string, labels: Readonly<Record<string, string>> = {}) => makeNode('n1', { allocatable: { [resource]: '7' }, labels });
const SLICES = { 'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB-MIG-1g.10gb' };

describe('the resource that stands for a wish', () => {
  test.each<readonly [string, AcceleratorSpec, readonly ReturnType<typeof makeNode>[], string]>([
    ['NVIDIA', { vendor: 'nvidia' }, [], 'nvidia.com/gpu'],
    ['AMD', { vendor: 'amd' }, [], 'amd.com/gpu'],
    ['Intel', { vendor: 'intel' }, [], 'gpu.intel.com/i915'],
    ['Intel with the newer driver', { vendor: 'intel' }, [offers('gpu.intel.com/xe')], 'gpu.intel.com/xe'],
    ['a slice', { vendor: 'nvidia', sharing: 'Partition', partition: '1g.10gb' }, [], 'nvidia.com/mig-1g.10gb'],
    ['a slice with an attribute', { vendor: 'nvidia', sharing: 'Partition', partition: '1g.10gb+me' }, [], 'nvidia.com/mig-1g.10gb.me'],
    [
      'a slice that is called a GPU',
      { vendor: 'nvidia', sharing: 'Partition', partition: '1g.10gb' },
      [offers('nvidia.com/gpu', SLICES)],
      'nvidia.com/gpu',
    ],
    [
      'not a slice of another size',
      { vendor: 'nvidia', sharing: 'Partition', partition: '2g.20gb' },
      [offers('nvidia.com/gpu', SLICES)],
      'nvidia.com/mig-2g.20gb',
    ],
    [
      'shares that are renamed',
      { vendor: 'nvidia', sharing: 'TimeSlice' },
      [offers('nvidia.com/gpu.shared', { 'nvidia.com/gpu.sharing-strategy': 'time-slicing' })],
      'nvidia.com/gpu.shared',
    ],
    [
      'shares that are not',
      { vendor: 'nvidia', sharing: 'MPS' },
      [offers('nvidia.com/gpu', { 'nvidia.com/gpu.sharing-strategy': 'mps' })],
      'nvidia.com/gpu',
    ],
    [
      'shares of another kind',
      { vendor: 'nvidia', sharing: 'MPS' },
      [offers('nvidia.com/gpu', { 'nvidia.com/gpu.sharing-strategy': 'time-slicing' })],
      'nvidia.com/gpu.shared',
    ],
  ])('%s', (_, spec, objects, want) => expect(acceleratorNeed(spec, nodes(...objects)).resource).toBe(want));
});

test.each(['nvidia', 'amd', 'intel'] as const)(
  'of spec.accelerator as it is now, %s: the resource and the taint that pods are rendered with',
  (vendor) => {
    const accelerator = completeSpec({ model: { uri: 'oci://registry.test/m' }, accelerator: { vendor, count: 2 } }).accelerator;
    const need = accelerator === undefined ? undefined : acceleratorNeed(accelerator, []);
    const { requests, tolerations } = viewPodDemand('shop', {
      spec: { containers: [{ resources: { limits: deviceLimits(accelerator) } }], ...deviceScheduling(accelerator) },
    });
    expect([...requests]).toEqual([[need?.resource, need?.count]]);
    expect(tolerations).toContainEqual({ key: need?.taint, operator: 'Exists', value: '', effect: 'NoSchedule' });
  },
);

test('names are qualified names that the API server takes, whatever profile', () => {
  const profile = fc.stringMatching(/^([1-7]c\.)?[1-7]g\.[1-9][0-9]{0,2}gb([+-][a-z0-9.]{1,8})?$/);
  fc.assert(
    fc.property(fc.constantFrom('Exclusive', 'TimeSlice', 'MPS', 'Partition'), profile, (sharing, partition) => {
      for (const name of resourceNames({ vendor: 'nvidia', sharing, partition }))
        expect(name).toMatch(/^nvidia\.com\/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
    }),
  );
});

test('a wish in a form that compares: products once and in order, memory in MiB, rounded up', () => {
  const spec: AcceleratorSpec = {
    vendor: 'nvidia',
    products: ['NVIDIA L4', 'NVIDIA-A10', 'nvidia-l4'],
    memory: '1000001Ki',
    minComputeCapability: '8.6',
  };
  expect(acceleratorNeed(spec, [])).toEqual({
    count: 1,
    resource: 'nvidia.com/gpu',
    taint: 'nvidia.com/gpu',
    products: [
      { product: 'nvidia-l4', name: 'NVIDIA L4' },
      { product: 'nvidia-a10', name: 'NVIDIA-A10' },
    ],
    memoryMiB: 977,
    compute: { major: 8, minor: 6 },
    sharing: 'Exclusive',
    slice: undefined,
  });
  expect(acceleratorNeed({ vendor: 'amd', memory: 'much', minComputeCapability: 'high' }, [])).toMatchObject({
    memoryMiB: undefined,
    compute: undefined,
  });
});
