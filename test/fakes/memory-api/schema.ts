/** What the API's schemas say about merging: lists that are maps or sets, maps that are atomic. By the name of the field. */
import { isRecord, type JsonRecord } from '../../../lib/kube/json.js';

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
const SETS = new Set(['finalizers']);

/** Replaced whole: wherever labels are selected. */
const ATOMIC_MAPS = new Set(['selector', 'matchLabels', 'nodeSelector']);

/** The parts that are owned and merged one by one, by key; undefined for what is one value: scalars, atomic lists and maps, empty ones. */
export function partsOf(value: unknown, field: string): ReadonlyMap<string, unknown> | undefined {
  const parts = Array.isArray(value) ? itemsOf(value, field) : fieldsOf(value, field);
  return parts === undefined || parts.size === 0 ? undefined : parts;
}

/** `value` with other parts; undefined when none is left. */
export function withParts(value: unknown, parts: ReadonlyMap<string, unknown>): unknown {
  if (parts.size === 0) return undefined;
  return Array.isArray(value) ? [...parts.values()] : Object.fromEntries(parts);
}

/** An item of a list is itself something that is owned, beside its fields. */
export function isItemKey(key: string): boolean {
  return key.startsWith('[');
}

function fieldsOf(value: unknown, field: string): Map<string, unknown> | undefined {
  if (!isRecord(value) || ATOMIC_MAPS.has(field)) return undefined;
  const fields = new Map<string, unknown>();
  for (const key in value) if (value[key] !== undefined) fields.set(key, value[key]);
  return fields;
}

function itemsOf(list: readonly unknown[], field: string): Map<string, unknown> | undefined {
  if (SETS.has(field)) return new Map(list.map((item) => [`[${item}]`, item]));
  const keyOf = LIST_KEYS[field];
  if (keyOf === undefined || !list.every(isRecord)) return undefined;
  return new Map(list.map((item) => [`[${keyOf(item)}]`, item]));
}
