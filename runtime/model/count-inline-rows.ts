/** Whether the serving thread should run a model itself, from what was measured in a thread at load. Pure. */
import type { BatchPlan } from '../core/batch-plan.js';
import type { Sweep } from './sweep-batches.js';

/** A run no longer than this may block the serving thread (docs/adr/0027). */
const INLINE_SECONDS = 0.0003;

/**
 * Rows of the largest batch that it may run there; 0: not at all. There it runs when the best batch is short, or when moving costs more
 * than the work: one row takes 40 µs, and of the best batch, 12 rows, laying and the way to the thread take 840, 70 for each.
 */
export function countInlineRows({ targetRows }: Pick<BatchPlan, 'targetRows'>, { seconds, inputSeconds }: Sweep): number {
  const isShort = (rows: number): boolean => (seconds.get(rows) ?? Number.POSITIVE_INFINITY) <= INLINE_SECONDS;
  const movedSeconds = (inputSeconds.get(targetRows) ?? 0) / targetRows;
  const isCheaperThanItsWay = isShort(1) && (seconds.get(1) ?? Number.POSITIVE_INFINITY) <= movedSeconds;
  if (!isShort(targetRows) && !isCheaperThanItsWay) return 0;
  return Math.max(...[...seconds.keys()].filter(isShort));
}
