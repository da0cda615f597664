/**
 * What one pod needs of accelerators: spec.accelerator with names that can be compared, and with the extended resource that stands for
 * it. The same wish has several names, by how a vendor's device plugin is set up: the first that a node offers in that form is taken.
 */
import { parseNanos } from '../../view/amounts.js';
import type { NodeView } from '../../view/node-view.js';
import { formMismatch } from './device-match.js';
import { parseProduct, sliceName } from './product-name.js';

export type Sharing = 'Exclusive' | 'TimeSlice' | 'MPS' | 'Partition';

/** spec.accelerator as the CRD has it, and what placement can tell more. */
export interface AcceleratorSpec {
  readonly vendor: 'nvidia' | 'amd' | 'intel';
  readonly count?: number;
  readonly products?: readonly string[];
  /** Least per device. */
  readonly memory?: string;
  readonly minComputeCapability?: string;
  readonly sharing?: Sharing;
  /** Profile of a slice, with sharing Partition. */
  readonly partition?: string;
}

export interface AcceleratorNeed {
  readonly count: number;
  /** Extended resource. */
  readonly resource: string;
  /** Taint that the vendor's nodes carry. */
  readonly taint: string;
  /** In order of preference, each once. */
  readonly products: readonly { readonly name: string; readonly product: string }[];
  readonly memoryMiB: number | undefined;
  readonly compute: { readonly major: number; readonly minor: number } | undefined;
  readonly sharing: Sharing;
  readonly slice: string | undefined;
}

const WHOLE = { nvidia: ['nvidia.com/gpu'], amd: ['amd.com/gpu'], intel: ['gpu.intel.com/i915', 'gpu.intel.com/xe'] } as const;
const MIB = 2n ** 20n * 10n ** 9n;

/** Names of the resource, the best first. */
export function resourceNames({ vendor, sharing = 'Exclusive', partition }: AcceleratorSpec): readonly [string, ...string[]] {
  const [whole, ...others] = WHOLE[vendor];
  if (vendor !== 'nvidia' || sharing === 'Exclusive') return [whole, ...others];
  // a slice has a resource of its own with MIG_STRATEGY=mixed, and is called a GPU with single; a share is renamed or not
  return sharing === 'Partition' ? [`nvidia.com/mig-${sliceName(partition ?? '')}`, whole] : [`${whole}.shared`, whole];
}

export function acceleratorNeed(spec: AcceleratorSpec, nodes: readonly NodeView[]): AcceleratorNeed {
  const { vendor, count = 1, memory, minComputeCapability, sharing = 'Exclusive', partition } = spec;
  const [first, ...others] = resourceNames(spec);
  const need = (resource: string): AcceleratorNeed => ({
    count,
    resource,
    taint: WHOLE[vendor][0],
    products: distinct(spec.products ?? []),
    memoryMiB: toMiB(memory),
    compute: toCompute(minComputeCapability),
    sharing,
    slice: sharing === 'Partition' ? sliceName(partition ?? '') : undefined,
  });
  const isOffered = (candidate: AcceleratorNeed): boolean =>
    nodes.some(({ capacity, labels }) => capacity.has(candidate.resource) && formMismatch(candidate, labels) === undefined);
  return [first, ...others].map(need).find(isOffered) ?? need(first);
}

function distinct(names: readonly string[]): AcceleratorNeed['products'] {
  const byProduct = new Map<string, string>();
  for (const name of names) {
    const { product } = parseProduct(name);
    if (!byProduct.has(product)) byProduct.set(product, name);
  }
  return [...byProduct].map(([product, name]) => ({ product, name }));
}

/** Rounded up. What is no quantity is refused by the CRD and counts as absent here. */
function toMiB(memory: string | undefined): number | undefined {
  const bytes = parseNanos(memory);
  return bytes === undefined || bytes <= 0n ? undefined : Number((bytes + MIB - 1n) / MIB);
}

function toCompute(text: string | undefined): AcceleratorNeed['compute'] {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})$/.exec(text ?? '') ?? [];
  const compute = { major: Number(major), minor: Number(minor) };
  return major === undefined || compute.major + compute.minor === 0 ? undefined : compute;
}
