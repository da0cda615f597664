/** The cluster's GPUs as the device plugin advertises them. A test switches a device's health by writing this file. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export type GpuHealth = 'Healthy' | 'Unhealthy';

export interface GpuState {
  readonly resource: string;
  readonly devices: readonly { readonly id: string; readonly health: GpuHealth }[];
}

const VENDOR_RESOURCES: Readonly<Record<string, string>> = { nvidia: 'nvidia.com/gpu', amd: 'amd.com/gpu', intel: 'gpu.intel.com/xe' };

/** Throws for a vendor that is not known. No GPUs: nothing is advertised. */
export function newGpuState(vendor: string, count: number): GpuState {
  const resource = VENDOR_RESOURCES[vendor];
  if (resource === undefined) throw new Error(`--gpu-vendor "${vendor}" is not known: use one of ${Object.keys(VENDOR_RESOURCES).join(', ')}`);
  if (count === 0) return { resource: '', devices: [] };
  return { resource, devices: Array.from({ length: count }, (_, index) => ({ id: `gpu-${index}`, health: 'Healthy' })) };
}

export function readGpuState(path: string): GpuState | undefined {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** In one step, so that the plugin never reads half a file. */
export function writeGpuState(path: string, state: GpuState): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(state)}\n`);
  renameSync(`${path}.new`, path);
}
