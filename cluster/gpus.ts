/** The cluster's GPUs as the device plugin advertises them. A test switches a device's health by writing this file. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export type GpuHealth = 'Healthy' | 'Unhealthy';

export interface GpuState {
  /** Empty: nothing is advertised. */
  readonly resource: string;
  readonly product: string;
  readonly devices: readonly { readonly id: string; readonly health: GpuHealth }[];
}

/** What the user asks for; what is left out stays as it is. */
export interface GpuWish {
  readonly gpus?: number;
  readonly gpuVendor?: string;
  readonly gpuProduct?: string;
}

interface Vendor {
  readonly name: string;
  readonly resource: string;
  /** Node labels that the vendor's own tools set. */
  readonly productLabel: string;
  readonly countLabel?: string;
  readonly product: string;
}

const VENDORS: readonly Vendor[] = [
  {
    name: 'nvidia',
    resource: 'nvidia.com/gpu',
    productLabel: 'nvidia.com/gpu.product',
    countLabel: 'nvidia.com/gpu.count',
    product: 'NVIDIA-L4',
  },
  { name: 'amd', resource: 'amd.com/gpu', productLabel: 'amd.com/gpu.product-name', product: 'AMD_Instinct_MI300X_OAM' },
  { name: 'intel', resource: 'gpu.intel.com/i915', productLabel: 'gpu.intel.com/product', product: 'Max_1100' },
];

export const NO_GPUS: GpuState = { resource: '', product: '', devices: [] };

/** From what the cluster has and what is asked for. Devices keep their health as long as vendor and count stay. Pure. */
export function chooseGpus(known: GpuState | undefined, wish: GpuWish): GpuState {
  const before = known ?? NO_GPUS;
  const vendor = chooseVendor(before, wish);
  const count = wish.gpus ?? before.devices.length;
  if (count === 0) return wish.gpus === 0 ? NO_GPUS : refuseWishForNone(wish);
  const product = chooseProduct(before, vendor, wish);
  const same = before.resource === vendor.resource && before.devices.length === count;
  const devices = same ? before.devices : Array.from({ length: count }, (_, index) => ({ id: `gpu-${index}`, health: 'Healthy' as const }));
  return { resource: vendor.resource, product, devices };
}

function chooseVendor(before: GpuState, wish: GpuWish): Vendor {
  const name = wish.gpuVendor ?? vendorOf(before)?.name ?? 'nvidia';
  const vendor = VENDORS.find((one) => one.name === name);
  if (vendor === undefined) throw new Error(`--gpu-vendor "${name}" is not known: use one of ${VENDORS.map((one) => one.name).join(', ')}`);
  return vendor;
}

function chooseProduct(before: GpuState, vendor: Vendor, wish: GpuWish): string {
  const product = wish.gpuProduct ?? (before.resource === vendor.resource ? before.product : vendor.product);
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(product)) return product;
  throw new Error(
    `--gpu-product "${product}" is no value of a node label: use up to 63 letters, digits, "-", "_" and ".", such as ${vendor.product}`,
  );
}

function refuseWishForNone(wish: GpuWish): GpuState {
  const flag = wish.gpuVendor !== undefined ? '--gpu-vendor' : wish.gpuProduct !== undefined ? '--gpu-product' : undefined;
  if (flag !== undefined) throw new Error(`${flag} describes GPUs and the cluster has none: say how many with --gpus, such as --gpus 4`);
  return NO_GPUS;
}

/** Changes of the node's labels as `kubectl label` takes them: "key=value" sets, "key-" removes. Pure. */
export function gpuLabels(state: GpuState): string[] {
  return VENDORS.flatMap(({ resource, productLabel, countLabel }) => {
    const has = resource === state.resource;
    const product = has ? `${productLabel}=${state.product}` : `${productLabel}-`;
    if (countLabel === undefined) return [product];
    return [product, has ? `${countLabel}=${state.devices.length}` : `${countLabel}-`];
  });
}

export function healthyGpus(state: GpuState): number {
  return state.devices.filter((device) => device.health === 'Healthy').length;
}

export function readGpuState(path: string): GpuState | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return parseGpuState(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new Error(`"${path}" does not describe GPUs: remove the file and run cluster:up with --gpus`, { cause });
  }
}

function parseGpuState(value: unknown): GpuState {
  const { resource, product, devices } = fieldsOf(value);
  if (typeof resource !== 'string' || !Array.isArray(devices)) throw new Error('It has no resource and devices');
  const vendor = VENDORS.find((one) => one.resource === resource);
  if (resource !== '' && vendor === undefined) throw new Error(`The resource "${resource}" is not known`);
  return { resource, product: typeof product === 'string' ? product : (vendor?.product ?? ''), devices: devices.map(parseDevice) };
}

function parseDevice(value: unknown): { readonly id: string; readonly health: GpuHealth } {
  const { id, health } = fieldsOf(value);
  if (typeof id !== 'string' || (health !== 'Healthy' && health !== 'Unhealthy'))
    throw new Error('A device needs an id and a health, Healthy or Unhealthy');
  return { id, health };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Error('It is no object');
  return { ...value };
}

function vendorOf(state: GpuState): Vendor | undefined {
  return VENDORS.find((one) => one.resource === state.resource);
}

/** In one step, so that the plugin never reads half a file. */
export function writeGpuState(path: string, state: GpuState): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(state)}\n`);
  renameSync(`${path}.new`, path);
}

/** What a test does to break a device or to mend it. */
export function setGpuHealth(path: string, id: string, health: GpuHealth): void {
  const state = readGpuState(path);
  if (state?.devices.some((device) => device.id === id) !== true) throw new Error(`There is no device "${id}" in ${path}`);
  writeGpuState(path, { ...state, devices: state.devices.map((device) => (device.id === id ? { id, health } : device)) });
}
