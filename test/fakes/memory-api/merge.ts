/** Merging and pruning of JSON by what the schema says. */
import { isRecord } from '../../../lib/kube/json.js';
import type { FieldSet } from './field-set.js';
import { partsOf, withParts } from './schema.js';

/** `live` with what `config` says of it; the rest stays. */
export function merge(live: unknown, config: unknown, field = ''): unknown {
  const said = partsOf(config, field);
  if (said === undefined) return isEmptyOf(config, live, field) ? live : config;
  const held = partsOf(live, field);
  if (held === undefined) return config;
  // items that were applied come first, in their order
  const parts = new Map(Array.isArray(config) ? [...said, ...held].map(([key]) => [key, held.get(key)] as const) : held);
  for (const [key, part] of said) parts.set(key, merge(held.get(key), part, key));
  return withParts(live, parts);
}

/** An empty map or list in what is applied says nothing of what is in it. */
function isEmptyOf(config: unknown, live: unknown, field: string): boolean {
  if (partsOf(live, field) === undefined) return false;
  return isRecord(config) || (Array.isArray(config) && config.length === 0);
}

/** `value` without the fields `lost`, unless somebody in `kept` holds them or something in them; undefined when nothing is left. */
export function prune(
  value: unknown,
  lost: FieldSet,
  { kept, field = '' }: { readonly kept: FieldSet | undefined; readonly field?: string },
): unknown {
  if (kept === undefined && (lost.size === 0 || lost.has('.'))) return undefined;
  const parts = partsOf(value, field);
  if (lost.size === 0 || parts === undefined) return value;
  const left = new Map(parts);
  for (const [key, inner] of lost) {
    if (!left.has(key)) continue;
    const rest = prune(left.get(key), inner, { kept: kept?.get(key), field: key });
    if (rest === undefined) left.delete(key);
    else left.set(key, rest);
  }
  return withParts(value, left);
}

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else if (value !== undefined) merged[field] = mergePatch(merged[field], value);
  }
  return merged;
}
