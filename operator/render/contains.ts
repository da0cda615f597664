/**
 * Does an object of the API server already say all that a manifest says? The server adds defaults, status and other people's
 * fields, so equality is not asked for: every field of the manifest must be there with its value.
 */
import { isRecord, type Json } from '../view/json.js';
import { parseQuantity } from './quantity.js';

/** Maps that are replaced as a whole: a key more is another meaning. */
const WHOLE = new Set(['selector', 'matchLabels']);
/** Maps whose values are quantities, which the server may write in another way: 1000m and 1. */
const QUANTITIES = new Set(['requests', 'limits']);

export function containsManifest(actual: unknown, manifest: unknown, key = ''): boolean {
  if (Array.isArray(manifest)) return Array.isArray(actual) && containsList(actual, manifest);
  if (!isRecord(manifest)) return actual === manifest;
  if (!isRecord(actual)) return Object.keys(manifest).length === 0 && actual === undefined;
  if (WHOLE.has(key) && Object.keys(actual).length !== Object.keys(manifest).length) return false;
  return Object.entries(manifest).every(([name, value]) =>
    QUANTITIES.has(key) ? isSameQuantity(actual[name], value) : containsManifest(actual[name], value, name),
  );
}

/** Lists of named things may hold foreign ones too; other lists must be of one length and agree place by place. */
function containsList(actual: readonly unknown[], manifest: readonly unknown[]): boolean {
  if (manifest.length > 0 && manifest.every(isNamed)) {
    return manifest.every((wanted) =>
      actual.some((item) => isNamed(item) && item['name'] === wanted['name'] && isSameOwner(item, wanted) && containsManifest(item, wanted)),
    );
  }
  return actual.length === manifest.length && manifest.every((wanted, index) => containsManifest(actual[index], wanted));
}

function isNamed(value: unknown): value is Json {
  return isRecord(value) && typeof value['name'] === 'string';
}

/** Two owners of one name differ by uid. */
function isSameOwner(item: Json, wanted: Json): boolean {
  return wanted['uid'] === undefined || item['uid'] === wanted['uid'];
}

function isSameQuantity(actual: unknown, wanted: unknown): boolean {
  if (actual === wanted) return true;
  const [a, b] = [parseQuantity(String(actual)), parseQuantity(String(wanted))];
  return a !== undefined && a === b;
}
