/**
 * Pod templates that mean the same, in one form: lists whose order Kubernetes does not heed are sorted, and the revision's name,
 * which every template carries, is left out. So templates of two revisions can be compared, and a new order is no update.
 */
import { LABELS } from '../../contract/labels.js';
import { isRecord, type Json } from '../view/json.js';
import { canonicalJson, hash8 } from './hash.js';
import { parseQuantity } from './quantity.js';

/** Lists that are maps or sets to Kubernetes. Not initContainers, which run in their order, nor args, which are read in it. */
const UNORDERED = new Set([
  ...['containers', 'volumes', 'volumeMounts', 'ports', 'env', 'envFrom', 'imagePullSecrets', 'tolerations'],
  ...['add', 'drop', 'topologySpreadConstraints', 'resourceClaims', 'claims'],
]);
const QUANTITIES = new Set(['requests', 'limits']);

/** Equal as JSON, whatever the order of keys: the quick answer for templates that are rendered alike. */
export function isSameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) return Array.isArray(right) && left.length === right.length && left.every((item, at) => isSameJson(item, right[at]));
  if (!isRecord(left) || !isRecord(right)) return false;
  const names = Object.keys(left).filter((name) => left[name] !== undefined);
  return (
    names.every((name) => Object.hasOwn(right, name) && isSameJson(left[name], right[name])) &&
    Object.keys(right).every((name) => right[name] === undefined || Object.hasOwn(left, name))
  );
}

/** Idempotent. Quantities stay as they are written, for people to read. */
export function normalTemplate(template: Json): Json {
  const { metadata, ...rest } = template;
  const { labels, ...others } = isRecord(metadata) ? metadata : {};
  const kept = isRecord(labels) ? Object.entries(labels).filter(([name]) => name !== LABELS.revision) : [];
  const sorted = sortLists({ ...rest, metadata: { ...others, labels: Object.fromEntries(kept) } }, '');
  return isRecord(sorted) ? sorted : {};
}

/** Equal exactly for templates that mean the same. */
export function templateId(template: Json): string {
  return hash8(readQuantities(normalTemplate(template), ''));
}

function sortLists(value: unknown, key: string): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => sortLists(item, ''));
    if (items.length < 2 || !UNORDERED.has(key) || hasReferences(items)) return items;
    const keyed = items.map((item) => [canonicalJson(item), item] as const);
    return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, sortLists(part, name)]));
}

/** `$(NAME)` sees only variables that stand before it. */
function hasReferences(items: readonly unknown[]): boolean {
  return items.some((item) => isRecord(item) && typeof item['value'] === 'string' && item['value'].includes('$('));
}

/** 1000m and 1 are one quantity. */
function readQuantities(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((item) => readQuantities(item, ''));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, QUANTITIES.has(key) ? (parseQuantity(String(part)) ?? part) : readQuantities(part, name)]),
  );
}
