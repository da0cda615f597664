/**
 * How long batches of each size take, for rows of one kind, and which size is the best. Pure.
 * Example: 1 row takes 1.0 ms, 2 take 1.2, 4 take 1.7 and 8 take 5.0: 1000, 1667, 2353 and 1600 rows/s, so 4.
 */
import { Latencies } from './latencies.js';

export interface SizeOptions {
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

export class SizeTimes {
  readonly #sizes: readonly number[];
  readonly #times: ReadonlyMap<number, Latencies>;
  #best: number;
  #batches = 0;
  #explored = 0;
  /** Batches that are still given a size which is not known. */
  #toTry: number;

  constructor(readonly options: SizeOptions) {
    this.#sizes = candidateSizes(options.maxRows);
    this.#times = new Map(this.#sizes.map((size) => [size, new Latencies(WINDOW)]));
    this.#best = options.maxRows;
    this.#toTry = ENOUGH * this.#sizes.length;
  }

  observe(rows: number, seconds: number): void {
    this.#times.get(rows)?.add(seconds);
    this.#batches += 1;
    if (this.#toTry > 0 || this.#batches % EXPLORE_EVERY === 0) this.settle();
  }

  /** The rows at which batches should stop growing, as known now; `maxRows` while nothing is. */
  get best(): number {
    return this.#best;
  }

  /** What is known counts at once. */
  settle(): number {
    this.#best = this.#choose();
    return this.#best;
  }

  /** For the batch that is made now: mostly the best; the sizes in turn while they are not known, and one of them once in a while. */
  next(): number {
    return this.#nextUnknown() ?? this.#nextExplored() ?? this.#best;
  }

  /** Whether a run of so many rows is known, or has to be expected from the size below, to take longer than a batch may. */
  isTooLong(rows: number): boolean {
    const bound = this.#boundSeconds();
    const known = this.#times.get(rows);
    if (known !== undefined && known.count >= ENOUGH) return known.least > bound;
    const smaller = this.#sizes.findLast((size) => size < rows && this.#times.get(size)?.median !== undefined);
    return smaller !== undefined && (this.#times.get(smaller)?.least ?? 0) > bound;
  }

  /** Batches may turn out smaller than this, when fewer requests wait: so it is tried for a number of batches, not until all is known. */
  #nextUnknown(): number | undefined {
    for (; this.#toTry > 0; ) {
      const size = this.#sizes[(ENOUGH * this.#sizes.length - this.#toTry) % this.#sizes.length] ?? this.#best;
      this.#toTry -= 1;
      if ((this.#times.get(size)?.count ?? ENOUGH) < ENOUGH && !this.isTooLong(size)) return size;
    }
    return undefined;
  }

  #nextExplored(): number | undefined {
    if (this.#batches % EXPLORE_EVERY !== EXPLORE_EVERY - 1) return undefined;
    this.#explored += 1;
    const size = this.#sizes[this.#explored % this.#sizes.length];
    return size === undefined || this.isTooLong(size) ? undefined : size;
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
