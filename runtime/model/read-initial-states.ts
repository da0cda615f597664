/** Files that sequences begin with: raw bytes in `<model>/initial_state/`. */
import { dirname, join } from 'node:path';
import { LIMITS } from '../core/limits.js';
import type { ModelSettings } from '../core/model-settings.js';
import type { LocatedModel } from './located-model.js';
import { readBounded } from './read-bounded.js';

/** Content by file name; one that is missing is left out, and whoever needs it says so. Throws on one that is larger than all states may be. */
export function readInitialStates({ path }: LocatedModel, { sequence }: ModelSettings): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const { initialFile } of sequence?.states ?? []) {
    if (initialFile === undefined) continue;
    const bytes = readBounded(join(dirname(dirname(path)), 'initial_state', initialFile), LIMITS.sequenceStateBytes);
    if (bytes !== undefined) files.set(initialFile, bytes);
  }
  return files;
}
