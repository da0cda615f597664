/** Reads of JSON that nobody vouches for: a field of the wrong type is as good as none. */

export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function readRecord(value: unknown, field: string): JsonRecord {
  const read = isRecord(value) ? value[field] : undefined;
  return isRecord(read) ? read : {};
}

export function readString(value: unknown, field: string): string | undefined {
  const read = isRecord(value) ? value[field] : undefined;
  return typeof read === 'string' ? read : undefined;
}

export function readNumber(value: unknown, field: string): number | undefined {
  const read = isRecord(value) ? value[field] : undefined;
  return typeof read === 'number' ? read : undefined;
}

export function readArray(value: unknown, field: string): readonly unknown[] {
  const read = isRecord(value) ? value[field] : undefined;
  return Array.isArray(read) ? read : [];
}

/** Equal as JSON, whatever the order of keys. A key with the value undefined is as good as none. */
export function isSameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) return Array.isArray(right) && left.length === right.length && left.every((item, at) => isSameJson(item, right[at]));
  if (!isRecord(left) || !isRecord(right)) return false;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => isSameJson(left[key], right[key]));
}
