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

/** Of the calling thread. Takes a few milliseconds. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc === 'function') gc();
}
