/**
 * Whether the devices of a node are those that are asked for, by the labels of NVIDIA's GPU feature discovery, and what is wrong with
 * them if not. `required-terms.ts` says the same in the scheduler's language; a property test holds the two together.
 */
import type { NodeView } from '../../view/node-view.js';
import type { AcceleratorNeed } from './accelerator-need.js';
import { integer } from './matches-node.js';
import { parseProduct } from './product-name.js';

type Labels = NodeView['labels'];

export const DEVICE_LABELS = {
  product: 'nvidia.com/gpu.product',
  memory: 'nvidia.com/gpu.memory',
  replicas: 'nvidia.com/gpu.replicas',
  strategy: 'nvidia.com/gpu.sharing-strategy',
  major: 'nvidia.com/gpu.compute.major',
  minor: 'nvidia.com/gpu.compute.minor',
} as const;

/** As the label `strategy` has them. */
export const STRATEGIES = { TimeSlice: 'time-slicing', MPS: 'mps' } as const;

/** Slices with a resource of their own have a label of their own. */
export function memoryLabel({ resource }: Pick<AcceleratorNeed, 'resource'>): string {
  return resource.startsWith('nvidia.com/mig-') ? `${resource}.memory` : DEVICE_LABELS.memory;
}

/** Empty when they are; else each thing that is wrong, such as `memory 24576Mi < 81920Mi`. */
export function deviceMismatches(need: AcceleratorNeed, { labels }: NodeView): string[] {
  return [formMismatch(need, labels), productMismatch(need, labels), memoryMismatch(need, labels), computeMismatch(need, labels)].filter(
    (text) => text !== undefined,
  );
}

/** Whole, in shares or in slices. */
export function formMismatch(
  { resource, sharing, slice }: Pick<AcceleratorNeed, 'resource' | 'sharing' | 'slice'>,
  labels: Labels,
): string | undefined {
  if (!resource.startsWith('nvidia.com/') || resource.startsWith('nvidia.com/mig-')) return undefined;
  const strategy = labels[DEVICE_LABELS.strategy];
  const product = labels[DEVICE_LABELS.product] ?? '';
  if (!isOfForm({ sharing, slice }, product)) return `offers ${formOf(product)} under this name`;
  if (sharing === 'Partition') return undefined;
  if (sharing !== 'Exclusive') return strategy === STRATEGIES[sharing] ? undefined : `sharing is ${strategy ?? 'none'}, not ${STRATEGIES[sharing]}`;
  return strategy === STRATEGIES.TimeSlice || strategy === STRATEGIES.MPS ? `shares its devices (${strategy})` : undefined;
}

/** By the product's name alone. */
export function isOfForm({ sharing, slice }: Pick<AcceleratorNeed, 'sharing' | 'slice'>, product: string): boolean {
  const offered = parseProduct(product);
  if (sharing === 'TimeSlice' || sharing === 'MPS') return offered.slice === undefined;
  return !offered.isShared && offered.slice === slice;
}

function formOf(product: string): string {
  const { isShared, slice } = parseProduct(product);
  const whole = slice === undefined ? 'whole devices' : `slices ${slice}`;
  return isShared ? `shares of ${whole}` : whole;
}

function productMismatch({ products }: AcceleratorNeed, labels: Labels): string | undefined {
  if (products.length === 0) return undefined;
  const label = labels[DEVICE_LABELS.product];
  if (label === undefined) return `no label ${DEVICE_LABELS.product}`;
  const { product } = parseProduct(label);
  return products.some((wanted) => wanted.product === product) ? undefined : 'another product';
}

function memoryMismatch(need: AcceleratorNeed, labels: Labels): string | undefined {
  if (need.memoryMiB === undefined) return undefined;
  const key = memoryLabel(need);
  const has = integer(labels[key]);
  const share = need.sharing === 'MPS' ? integer(labels[DEVICE_LABELS.replicas]) : 1n;
  if (has === undefined || share === undefined) return `no label ${has === undefined ? key : DEVICE_LABELS.replicas}`;
  if (has >= BigInt(need.memoryMiB) * share) return undefined;
  return `memory ${has}Mi${share === 1n ? '' : ` / ${share}`} < ${need.memoryMiB}Mi`;
}

function computeMismatch({ compute }: AcceleratorNeed, labels: Labels): string | undefined {
  if (compute === undefined) return undefined;
  const major = integer(labels[DEVICE_LABELS.major]);
  const minor = integer(labels[DEVICE_LABELS.minor]);
  if (major === undefined) return `no label ${DEVICE_LABELS.major}`;
  if (major > BigInt(compute.major) || (major === BigInt(compute.major) && compute.minor === 0)) return undefined;
  if (labels[DEVICE_LABELS.major] === String(compute.major) && minor !== undefined && minor >= BigInt(compute.minor)) return undefined;
  return `compute capability ${major}.${minor ?? '?'} < ${compute.major}.${compute.minor}`;
}
