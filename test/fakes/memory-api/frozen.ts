/** Copies that nobody can change. What is frozen already is shared, so that versions of an object share what they have in common. */
import { isRecord } from '../../../lib/kube/json.js';
import type { KubeObject } from '../../../operator/ports.js';

/** As JSON would carry it: a field without a value is none. */
function frozenCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  const copy: Record<string, unknown> = {};
  if (isRecord(value)) for (const key in value) if (value[key] !== undefined) copy[key] = frozenCopy(value[key]);
  return Object.freeze(copy);
}

/** Begins with apiVersion, kind and metadata, as the API server writes it. */
export function frozenObject({ apiVersion, kind, metadata, ...fields }: KubeObject): KubeObject {
  const { name, ...others } = metadata;
  const copy: Record<string, unknown> = {};
  for (const key in fields) if (fields[key] !== undefined) copy[key] = frozenCopy(fields[key]);
  const named: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(others)) if (value !== undefined) named[key] = frozenCopy(value);
  return Object.freeze({ apiVersion, kind, metadata: Object.freeze({ name, ...named }), ...copy });
}
