/**
 * Collects garbage on purpose, when nothing runs after a burst: the engine sees no reason to while nobody allocates, and the
 * outputs of the last large batches would stay for hours. Together with sessions without arena and glibc's thresholds in the
 * image (docs/adr/0027) the process goes back to its idle size.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let isPlanned = false;

/** At the end of this turn, once for all who ask in it: every session of a model does when its batches were trials. */
export function collectGarbageSoon(): void {
  if (isPlanned) return;
  isPlanned = true;
  setImmediate(() => {
    isPlanned = false;
    collectGarbage();
  });
}

/**
 * Of the calling thread: 13 ms with 100,000 objects. `isThorough`: as if memory had run out, since only then does V8 give back its young
 * generation (16 MiB for each thread that had much to do) and the pages it keeps for later; it takes a second of load to grow them again.
 */
export function collectGarbage(isThorough = true): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc === 'function') gc({ type: 'major', flavor: isThorough ? 'last-resort' : 'regular' });
}
