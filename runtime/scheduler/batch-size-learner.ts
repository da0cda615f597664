/**
 * Learns how many rows a batch should have: the most rows per second, stopping at the knee, since past it a batch only makes
 * everybody in it wait. More is not always better: a kernel that falls out of the cache at 8 rows is slower there than at 2.
 * First from a sweep at load, then kept up to date by the batches that run, of which a few are given another size to find out
 * whether it has become the better one. What holds for small rows says nothing about large ones: the best size of an image
 * model was 48 for the images that the warm-up made up, and 4 for those that came. So rows are told apart by their bytes,
 * by powers of two; a kind that the sweep has not seen is swept by its first batches.
 */
import { candidateSizes, type SizeOptions, SizeTimes } from './size-times.js';

export type LearnerOptions = SizeOptions;

const SWEEP_REPEATS = 7;

/** Rows of the runs of a warm-up sweep, in order. Sizes take turns, so that a machine which slows down meanwhile slows all of them. */
export function planSweep(maxRows: number): number[] {
  const sizes = candidateSizes(maxRows);
  return Array.from({ length: SWEEP_REPEATS }, () => sizes).flat();
}

export class BatchSizeLearner {
  readonly #kinds = new Map<number, SizeTimes>();

  constructor(readonly options: LearnerOptions) {}

  /** Of a run that took `seconds`, waiting for the session not counted; `rowBytes` are the inputs of one of its rows. */
  observe(rows: number, seconds: number, rowBytes: number): void {
    this.#kindOf(rowBytes).observe(rows, seconds);
  }

  /** The rows at which batches of such rows should stop growing, as known now; `maxRows` while nothing is. */
  targetRows(rowBytes: number): number {
    return this.#kindOf(rowBytes).best;
  }

  /** After a sweep: what it says counts at once. */
  settle(rowBytes: number): number {
    return this.#kindOf(rowBytes).settle();
  }

  /** For the batch that is made now: mostly `targetRows`, once in a while one of the other sizes in turn. */
  nextRows(rowBytes: number): number {
    return this.#kindOf(rowBytes).next();
  }

  /** Whether a run of so many rows is known, or has to be expected from the size below, to take longer than a batch may. */
  isTooLong(rows: number, rowBytes: number): boolean {
    return this.#kindOf(rowBytes).isTooLong(rows);
  }

  /** At most one for each bit of a number. */
  #kindOf(rowBytes: number): SizeTimes {
    const kind = Math.ceil(Math.log2(Math.max(1, rowBytes)));
    let times = this.#kinds.get(kind);
    if (times === undefined) {
      times = new SizeTimes(this.options);
      this.#kinds.set(kind, times);
    }
    return times;
  }
}
