/** Hashes that name things: equal values give equal names, whatever the order of their keys. */
import { createHash } from 'node:crypto';

/** First 8 hexadecimal digits of the SHA-256 of a value's canonical JSON. */
export function hash8(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 8);
}

/** JSON with sorted keys, no spaces, and without what is undefined. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
