/**
 * Which fields somebody owns: a tree of keys. A leaf is a value that is owned whole; an item of a list also holds `.`, for itself.
 * The same as `metadata.managedFields`, without its spelling.
 */
import { isSameJson } from '../../../lib/kube/json.js';
import { isItemKey, partsOf } from './schema.js';

export type FieldSet = ReadonlyMap<string, FieldSet>;

export const LEAF: FieldSet = new Map();
const ITSELF = '.';

export function fieldsIn(value: unknown, field = ''): FieldSet {
  const parts = partsOf(value, field);
  if (parts === undefined) return LEAF;
  const set = new Map<string, FieldSet>();
  if (isItemKey(field)) set.set(ITSELF, LEAF);
  for (const [key, part] of parts) set.set(key, fieldsIn(part, key));
  return set;
}

export interface Difference {
  /** New or of another value. */
  readonly changed: FieldSet | undefined;
  readonly gone: FieldSet | undefined;
}

const NONE: Difference = { changed: undefined, gone: undefined };

export function differenceOf(before: unknown, after: unknown, field = ''): Difference {
  if (before === after) return NONE;
  if (after === undefined) return { changed: undefined, gone: fieldsIn(before, field) };
  if (before === undefined) return { changed: fieldsIn(after, field), gone: undefined };
  const [old, next] = [partsOf(before, field), partsOf(after, field)];
  if (old === undefined || next === undefined) return isSameJson(before, after) ? NONE : { changed: fieldsIn(after, field), gone: undefined };
  const [changed, gone] = [new Map<string, FieldSet>(), new Map<string, FieldSet>()];
  for (const key of new Set([...old.keys(), ...next.keys()])) {
    const inner = differenceOf(old.get(key), next.get(key), key);
    if (inner.changed !== undefined) changed.set(key, inner.changed);
    if (inner.gone !== undefined) gone.set(key, inner.gone);
  }
  return { changed: changed.size === 0 ? undefined : changed, gone: gone.size === 0 ? undefined : gone };
}

export function unionOf(left: FieldSet, right: FieldSet): FieldSet {
  if (left.size === 0 || left === right) return right;
  if (right.size === 0) return left;
  const union = new Map(left);
  for (const [key, set] of right) union.set(key, unionOf(left.get(key) ?? LEAF, set));
  return union;
}

/** `set` without `taken`; undefined when nothing is left. */
export function without(set: FieldSet, taken: FieldSet | undefined): FieldSet | undefined {
  if (taken === undefined) return set;
  if (taken.size === 0) return undefined;
  if (set.size === 0) return set; // an empty value is owned, and what was put into it is somebody else's
  const rest = new Map<string, FieldSet>();
  for (const [key, inner] of set) {
    const takenInner = taken.get(key);
    const left = takenInner === undefined ? inner : without(inner, takenInner);
    if (left !== undefined) rest.set(key, left);
  }
  return rest.size === 0 ? undefined : rest;
}

/** A path that both hold, as `spec.replicas`; undefined when there is none. */
export function firstCommon(left: FieldSet, right: FieldSet): string | undefined {
  if (left.size === 0 || right.size === 0) return left.size === right.size ? '' : undefined;
  for (const [key, inner] of left) {
    const other = right.get(key);
    const common = other === undefined ? undefined : firstCommon(inner, other);
    if (common !== undefined) return common === '' ? key : `${key}.${common}`;
  }
  return undefined;
}

export function isSameSet(left: FieldSet, right: FieldSet): boolean {
  if (left === right) return true;
  if (left.size !== right.size) return false;
  for (const [key, inner] of left) {
    const other = right.get(key);
    if (other === undefined || !isSameSet(inner, other)) return false;
  }
  return true;
}
