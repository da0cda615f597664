/**
 * Learns how many rows a batch should have: the most rows per second, stopping at the knee, since past it a batch only makes
 * everybody in it wait. More is not always better: a kernel that falls out of the cache at 8 rows is slower there than at 2.
 * First from a sweep at load, then kept up to date by the batches that run, of which a few are given another size to find out
 * whether it has become the better one. Example: 1 row takes 1.0 ms, 2 take 1.2, 4 take 1.7 and 8 take 5.0: 1000, 1667, 2353
 * and 1600 rows/s, so 4.
 */
import { Latencies } from './latencies.js';

export interface LearnerOptions {
  readonly maxRows: number;
  /** Longest run that a batch may take, such as the latency objective; absent: 8 times the run of one row, but at least 5 ms. */
  readonly maxRunSeconds?: number;
}

/** A larger size must be faster per row by so much. */
const GAIN = 1.03;
const SINGLE_RUNS = 8;
const SHORT_SECONDS = 0.005;
const WINDOW = 15;
/** One batch in so many is of another size. */
const EXPLORE_EVERY = 48;
const SWEEP_REPEATS = 7;
/** Runs of a size before one slow run can no longer rule it out. */
const ENOUGH = 3;

/** 1, 2, 3, 4, 6, 8, 12, … and `maxRows`: a knee lies within a third of one of them. */
export function candidateSizes(maxRows: number): number[] {
  const sizes = [1];
  for (let power = 2; power <= maxRows; power *= 2) {
    sizes.push(power);
    if (power * 1.5 <= maxRows) sizes.push(power * 1.5);
  }
  return sizes.includes(maxRows) ? sizes : [...sizes, maxRows];
}

/** Rows of the runs of a warm-up sweep, in order. Sizes take turns, so that a machine which slows down meanwhile slows all of them. */
export function planSweep(maxRows: number): number[] {
  const sizes = candidateSizes(maxRows);
  return Array.from({ length: SWEEP_REPEATS }, () => sizes).flat();
}

export class BatchSizeLearner {
  readonly #sizes: readonly number[];
  readonly #times: ReadonlyMap<number, Latencies>;
  #best: number;
  #batches = 0;
  #explored = 0;

  constructor(readonly options: LearnerOptions) {
    this.#sizes = candidateSizes(options.maxRows);
    this.#times = new Map(this.#sizes.map((size) => [size, new Latencies(WINDOW)]));
    this.#best = options.maxRows;
  }

  /** Of a run that took `seconds`, waiting for the session not counted. */
  observe(rows: number, seconds: number): void {
    this.#times.get(rows)?.add(seconds);
    this.#batches += 1;
    if (this.#batches % EXPLORE_EVERY === 0) this.#best = this.#choose();
  }

  /** The rows at which batches should stop growing, as known now; `maxRows` while nothing is. */
  get targetRows(): number {
    return this.#best;
  }

  /** After a sweep: what it says counts at once. */
  settle(): number {
    this.#best = this.#choose();
    return this.#best;
  }

  /** For the batch that is made now: mostly `targetRows`, once in a while one of the other sizes in turn. */
  nextRows(): number {
    if (this.#batches % EXPLORE_EVERY !== EXPLORE_EVERY - 1) return this.#best;
    this.#explored += 1;
    const size = this.#sizes[this.#explored % this.#sizes.length] ?? this.#best;
    return this.isTooLong(size) ? this.#best : size;
  }

  /** Whether a run of so many rows is known, or has to be expected from the size below, to take longer than a batch may. */
  isTooLong(rows: number): boolean {
    const bound = this.#boundSeconds();
    const known = this.#times.get(rows);
    if (known !== undefined && known.count >= ENOUGH) return known.least > bound;
    const smaller = this.#sizes.findLast((size) => size < rows && this.#times.get(size)?.median !== undefined);
    return smaller !== undefined && (this.#times.get(smaller)?.least ?? 0) > bound;
  }

  #boundSeconds(): number {
    const { maxRunSeconds } = this.options;
    const single = this.#times.get(1)?.median;
    if (maxRunSeconds !== undefined) return maxRunSeconds;
    return single === undefined ? Number.POSITIVE_INFINITY : Math.max(SHORT_SECONDS, SINGLE_RUNS * single);
  }

  #choose(): number {
    const bound = this.#boundSeconds();
    let best: { readonly size: number; readonly rate: number } | undefined;
    for (const size of this.#sizes) {
      const seconds = this.#times.get(size)?.median;
      if (seconds === undefined || (best !== undefined && seconds > bound)) continue;
      const rate = size / Math.max(seconds, 1e-9);
      if (best === undefined || rate >= best.rate * GAIN) best = { size, rate };
    }
    return best?.size ?? this.#best;
  }
}
