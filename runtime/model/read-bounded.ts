/** Small files that lie beside models: read whole, up to a bound. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { toError } from '../../lib/errors.js';

/** Undefined when there is no such file. Throws on one that is larger than `maxBytes` or cannot be read. */
export function readBounded(path: string, maxBytes: number): Buffer | undefined {
  const file = openIfPresent(path);
  if (file === undefined) return undefined;
  try {
    const { size } = fstatSync(file);
    if (size > maxBytes) throw new Error(`"${path}" has ${size} bytes: at most ${maxBytes} are read`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function openIfPresent(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    if (typeof cause === 'object' && cause !== null && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) return undefined;
    throw new Error(`"${path}" cannot be read: ${toError(cause).message}`, { cause });
  }
}
