import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chooseGpus, type GpuState, type GpuWish, gpuLabels, healthyGpus, readGpuState, setGpuHealth, writeGpuState } from './gpus.js';

const NONE: GpuState = { resource: '', product: '', devices: [] };
const TWO: GpuState = {
  resource: 'nvidia.com/gpu',
  product: 'NVIDIA-A10',
  devices: [
    { id: 'gpu-0', health: 'Healthy' },
    { id: 'gpu-1', health: 'Unhealthy' },
  ],
};

describe('what a cluster gets', () => {
  test.each<[string, { known?: GpuState; wish: GpuWish; want: Partial<GpuState> & { count: number } }]>([
    ['nothing asked, nothing there', { wish: {}, want: { resource: '', count: 0 } }],
    ['GPUs without a vendor are NVIDIA L4', { wish: { gpus: 4 }, want: { resource: 'nvidia.com/gpu', product: 'NVIDIA-L4', count: 4 } }],
    [
      'another vendor has its own resource and product',
      { wish: { gpus: 1, gpuVendor: 'amd' }, want: { resource: 'amd.com/gpu', product: 'AMD_Instinct_MI300X_OAM', count: 1 } },
    ],
    ['nothing asked keeps what is there', { known: TWO, wish: {}, want: { ...TWO, count: 2 } }],
    ['the same count keeps the health', { known: TWO, wish: { gpus: 2 }, want: { ...TWO, count: 2 } }],
    ['another count keeps the product', { known: TWO, wish: { gpus: 3 }, want: { product: 'NVIDIA-A10', count: 3 } }],
    ['another product keeps the health', { known: TWO, wish: { gpuProduct: 'NVIDIA-T4' }, want: { ...TWO, product: 'NVIDIA-T4', count: 2 } }],
    [
      'another vendor keeps the count and not the product',
      { known: TWO, wish: { gpuVendor: 'intel' }, want: { resource: 'gpu.intel.com/i915', product: 'Max_1100', count: 2 } },
    ],
    ['zero takes them away', { known: TWO, wish: { gpus: 0 }, want: { ...NONE, count: 0 } }],
  ])('%s', (_, { known, wish, want }) => {
    const { count, ...fields } = want;
    const chosen = chooseGpus(known, wish);
    expect(chosen).toMatchObject(fields);
    expect(chosen.devices).toHaveLength(count);
  });

  test.each<[GpuWish, string]>([
    [{ gpus: 1, gpuVendor: 'voodoo' }, '--gpu-vendor "voodoo" is not known: use one of nvidia, amd, intel'],
    [{ gpuVendor: 'amd' }, '--gpu-vendor describes GPUs and the cluster has none: say how many with --gpus'],
    [{ gpuProduct: 'NVIDIA-L4' }, '--gpu-product describes GPUs and the cluster has none'],
    [{ gpus: 1, gpuProduct: 'my card' }, '--gpu-product "my card" is no value of a node label'],
  ])('%j is refused', (wish, message) => {
    expect(() => chooseGpus(undefined, wish)).toThrow(message);
  });
});

test('labels of the vendor are set and those of the others removed', () => {
  expect(gpuLabels(TWO)).toEqual([
    'nvidia.com/gpu.product=NVIDIA-A10',
    'nvidia.com/gpu.count=2',
    'amd.com/gpu.product-name-',
    'gpu.intel.com/product-',
  ]);
  expect(gpuLabels(NONE)).toEqual(['nvidia.com/gpu.product-', 'nvidia.com/gpu.count-', 'amd.com/gpu.product-name-', 'gpu.intel.com/product-']);
  expect(gpuLabels(chooseGpus(undefined, { gpus: 1, gpuVendor: 'amd' }))).toContain('amd.com/gpu.product-name=AMD_Instinct_MI300X_OAM');
});

describe('the file', () => {
  let folder = '';
  let file = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gpus-'));
    file = join(folder, 'gpus.json');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  test('gives back what was written; absent is undefined', () => {
    expect(readGpuState(file)).toBeUndefined();
    writeGpuState(file, TWO);
    expect(readGpuState(file)).toEqual(TWO);
  });

  test('one device changes its health, and no other', () => {
    writeGpuState(file, TWO);
    setGpuHealth(file, 'gpu-1', 'Healthy');
    expect(readGpuState(file)?.devices).toEqual([
      { id: 'gpu-0', health: 'Healthy' },
      { id: 'gpu-1', health: 'Healthy' },
    ]);
    setGpuHealth(file, 'gpu-0', 'Unhealthy');
    expect(healthyGpus(readGpuState(file) ?? NONE)).toBe(1);
    expect(() => setGpuHealth(file, 'gpu-7', 'Healthy')).toThrow('There is no device "gpu-7" in');
  });

  test.each([
    '',
    '[]',
    '{"resource":"nvidia.com/gpu"}',
    '{"resource":"x.com/y","devices":[]}',
    '{"resource":"nvidia.com/gpu","devices":[{"id":"a","health":"Fine"}]}',
  ])('%j is refused with the way out', (text) => {
    writeFileSync(file, text);
    expect(() => readGpuState(file)).toThrow(`"${file}" does not describe GPUs: remove the file and run cluster:up with --gpus`);
  });
});
