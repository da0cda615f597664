/**
 * One form for the names of products. The node label `nvidia.com/gpu.product` has no blanks and may have endings, a DRA driver has the
 * product's own name, and people write either: `NVIDIA A100-SXM4-80GB`, `NVIDIA-A100-SXM4-80GB-MIG-1g.10gb-SHARED` and
 * `nvidia-a100-sxm4-80gb` are one product.
 */
const SHARED = /-shared$/i;
const SLICE = /-mig-((?:\d+c\.)?\d+g\.\d+gb\S*)$/i;

export interface ProductName {
  /** To compare by. */
  readonly product: string;
  /** The card is offered in shares. */
  readonly isShared: boolean;
  /** What is offered is a slice of this profile; undefined for the whole card. */
  readonly slice: string | undefined;
}

export function parseProduct(name: string): ProductName {
  const folded = name
    .toLowerCase()
    .replace(/[\s-]+/g, '-')
    .replace(/^-|-$/g, '');
  const alone = folded.replace(SHARED, '');
  const slice = SLICE.exec(alone)?.[1];
  return { product: alone.replace(SLICE, ''), isShared: alone !== folded, slice: slice === undefined ? undefined : sliceName(slice) };
}

/** As the label spells it, whole or as slices of a profile. */
export function labelName(name: string, slice: string | undefined): string {
  const whole = name.trim().replace(/\s+/g, '-').replace(SHARED, '').replace(SLICE, '');
  return slice === undefined ? whole : `${whole}-MIG-${slice}`;
}

/** A profile as names of resources and labels can have it: `1g.10gb+me` is `1g.10gb.me`. */
export function sliceName(profile: string): string {
  return profile
    .toLowerCase()
    .replaceAll('+', '.')
    .replace(/[.-]+$/, '');
}
