/** How a request for devices is written into a pod. */
import type { CompleteSpec } from '../api/defaults.js';

type Accelerator = NonNullable<CompleteSpec['accelerator']>;
type Part = Readonly<Record<string, unknown>>;

/** Extended resource of each vendor's device plugin. */
export const RESOURCES = { nvidia: 'nvidia.com/gpu', amd: 'amd.com/gpu', intel: 'gpu.intel.com/i915' } as const satisfies Record<
  Accelerator['vendor'],
  string
>;

/** Node label that names the product, where a vendor has one that can be relied on. */
const PRODUCT_LABEL = 'nvidia.com/gpu.product';

/** Limits alone: the API server copies them into requests, and refuses requests without limits. */
export function deviceLimits(accelerator: Accelerator | undefined): Record<string, string> {
  return accelerator === undefined ? {} : { [RESOURCES[accelerator.vendor]]: String(accelerator.count) };
}

export function deviceScheduling(accelerator: Accelerator | undefined): Part {
  if (accelerator === undefined) return {};
  const tolerations = [{ key: RESOURCES[accelerator.vendor], operator: 'Exists', effect: 'NoSchedule' }];
  return accelerator.products.length === 0 ? { tolerations } : { tolerations, affinity: { nodeAffinity: productAffinity(accelerator.products) } };
}

/** Any of the products; earlier ones weigh more: of 3 products the weights are 100, 66 and 33. */
function productAffinity(products: readonly string[]): Part {
  const one = (values: readonly string[]): Part => ({ matchExpressions: [{ key: PRODUCT_LABEL, operator: 'In', values }] });
  return {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [one(products)] },
    ...(products.length < 2
      ? {}
      : {
          preferredDuringSchedulingIgnoredDuringExecution: products.map((product, index) => ({
            weight: Math.max(1, Math.floor((100 * (products.length - index)) / products.length)),
            preference: one([product]),
          })),
        }),
  };
}
