/**
 * Field managers: who owns what, and what follows from it. An apply takes the fields that it names and removes those that the same
 * manager named before and nobody else owns; an update takes the fields that it changes. As structured-merge-diff does it.
 */
import { KubeError } from '../../../lib/kube/kube-error.js';
import { differenceOf, type FieldSet, fieldsIn, firstCommon, isSameSet, LEAF, unionOf, without } from './field-set.js';
import { merge, prune } from './merge.js';

/** Fields by manager, operation and endpoint. */
export type Managers = ReadonlyMap<string, FieldSet>;

export interface Author {
  readonly manager: string;
  readonly subresource?: 'status' | undefined;
}

export interface Managed {
  /** The fields that can be owned. */
  readonly fields: unknown;
  readonly managers: Managers;
}

export function applyFields(live: Managed, config: unknown, author: Author & { readonly force: boolean }): Managed {
  const id = managerId('Apply', author);
  const wanted = fieldsIn(config);
  const merged = merge(live.fields, config);
  const { changed } = differenceOf(live.fields, merged);
  const managers = new Map(live.managers);
  let kept = wanted;
  for (const [other, set] of live.managers) {
    if (other === id) continue;
    const conflict = changed === undefined ? undefined : firstCommon(set, changed);
    if (conflict !== undefined && !author.force) throw newConflict(other, conflict);
    kept = unionOf(kept, replace(managers, other, without(set, changed)) ?? LEAF);
  }
  replace(managers, id, wanted);
  const before = live.managers.get(id);
  return { fields: before === undefined ? merged : (prune(merged, before, { kept }) ?? {}), managers };
}

export function updateFields(live: Managed, next: unknown, author: Author): Managed {
  const id = managerId('Update', author);
  const { changed, gone } = differenceOf(live.fields, next);
  if (changed === undefined && gone === undefined) return { fields: next, managers: live.managers };
  const managers = new Map<string, FieldSet>();
  for (const [other, set] of live.managers) {
    const left = without(set, changed);
    replace(managers, other, left === undefined ? undefined : without(left, gone));
  }
  if (changed !== undefined) replace(managers, id, unionOf(managers.get(id) ?? LEAF, changed));
  return { fields: next, managers };
}

export function isSameManagers(left: Managers, right: Managers): boolean {
  if (left === right) return true;
  if (left.size !== right.size) return false;
  for (const [id, set] of left) {
    const other = right.get(id);
    if (other === undefined || !isSameSet(set, other)) return false;
  }
  return true;
}

function replace(managers: Map<string, FieldSet>, id: string, set: FieldSet | undefined): FieldSet | undefined {
  if (set === undefined || set.size === 0) managers.delete(id);
  else managers.set(id, set);
  return set;
}

function managerId(operation: 'Apply' | 'Update', { manager, subresource }: Author): string {
  return JSON.stringify([manager, operation, subresource ?? '']);
}

function newConflict(id: string, path: string): KubeError {
  const [manager] = id.slice(2).split('"');
  return new KubeError(`Apply failed with 1 conflict: conflict with "${manager}": .${path}`, { code: 409, reason: 'Conflict' });
}
