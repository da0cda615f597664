/** Reads the record that `slipway fetch` leaves beside a model: where its bytes came from and what they were proven to be. */
import { readFileSync } from 'node:fs';
import { type FetchRecord, isFetchRecord } from '../../contract/statusz.js';

/** Undefined when there is none: a file on a laptop was fetched by nobody. Throws on one that cannot be read. */
export function readFetchRecord(path: string): FetchRecord | undefined {
  const text = readIfPresent(path);
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (!isFetchRecord(value)) throw new Error(`"${path}" is not a record of slipway fetch: delete it, or fetch the model again`);
  return value;
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
