/**
 * Server-side apply for one field manager: what it applied before and leaves out now goes, unless somebody else has set it since;
 * what others set stays. Lists that the API declares as maps are merged item by item, other lists are replaced whole.
 */
import { isRecord, isSameJson, type JsonRecord } from '../../lib/kube/json.js';

/** Key of the items of lists that are maps, by the name of the field. */
const LIST_KEYS: Readonly<Record<string, (item: JsonRecord) => unknown>> = {
  containers: (item) => item['name'],
  initContainers: (item) => item['name'],
  env: (item) => item['name'],
  volumes: (item) => item['name'],
  imagePullSecrets: (item) => item['name'],
  volumeMounts: (item) => item['mountPath'],
  ports: (item) => `${item['containerPort'] ?? item['port']}/${item['protocol'] ?? 'TCP'}`,
  conditions: (item) => item['type'],
  ownerReferences: (item) => item['uid'],
};

/** Maps that the API declares atomic: replaced whole, in Services and wherever labels are selected. */
const ATOMIC_MAPS = new Set(['selector', 'matchLabels']);

/** `live` after its manager, which applied `before` last time, applies `next`. */
export function mergeApplied(live: unknown, before: unknown, next: unknown, field = ''): unknown {
  if (isRecord(next) && !ATOMIC_MAPS.has(field)) return mergeRecords(isRecord(live) ? live : {}, isRecord(before) ? before : {}, next);
  const keyOf = LIST_KEYS[field];
  if (keyOf === undefined || !Array.isArray(next)) return next;
  return mergeLists(asList(live), asList(before), asList(next), keyOf);
}

function mergeRecords(live: JsonRecord, before: JsonRecord, next: JsonRecord): JsonRecord {
  const merged: Record<string, unknown> = { ...live };
  for (const [key, value] of Object.entries(next)) {
    if (value !== undefined) merged[key] = mergeApplied(live[key], before[key], value, key);
  }
  for (const key of Object.keys(before)) {
    if (next[key] !== undefined || !(key in merged)) continue;
    const rest = withoutApplied(merged[key], before[key], key);
    if (rest === undefined) delete merged[key];
    else merged[key] = rest;
  }
  return merged;
}

function mergeLists(live: readonly unknown[], before: readonly unknown[], next: readonly unknown[], keyOf: (item: JsonRecord) => unknown): unknown[] {
  const find = (list: readonly unknown[], key: unknown) => list.find((item) => isRecord(item) && keyOf(item) === key);
  const keys = (list: readonly unknown[]) => list.filter(isRecord).map(keyOf);
  const [nextKeys, beforeKeys] = [new Set(keys(next)), new Set(keys(before))];
  const applied = next.filter(isRecord).map((item) => mergeApplied(find(live, keyOf(item)), find(before, keyOf(item)), item));
  const others = live.filter((item) => isRecord(item) && !nextKeys.has(keyOf(item)) && !beforeKeys.has(keyOf(item)));
  return [...applied, ...others];
}

/** What stays of `live` when its manager gives `before` up; undefined when nothing does. */
function withoutApplied(live: unknown, before: unknown, field: string): unknown {
  if (isRecord(live) && isRecord(before)) {
    const rest = mergeRecords(live, before, {});
    return Object.keys(rest).length === 0 ? undefined : rest;
  }
  const keyOf = LIST_KEYS[field];
  if (keyOf === undefined || !Array.isArray(live)) return undefined;
  const rest = mergeLists(live, asList(before), [], keyOf);
  return rest.length === 0 ? undefined : rest;
}

/** What of `applied` its manager still holds after somebody else turned `live` into `changed`: a field that was changed changes hands. */
export function stillApplied(applied: unknown, live: unknown, changed: unknown): unknown {
  if (isSameJson(live, changed)) return applied;
  if (!isRecord(applied) || !isRecord(changed)) return undefined;
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(applied)) {
    const still = stillApplied(value, isRecord(live) ? live[key] : undefined, changed[key]);
    if (still !== undefined) kept[key] = still;
  }
  return kept;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
