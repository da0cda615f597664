/**
 * How long a run of so many rows takes, from the runs so far: what admission and the second slot reckon with. Runs are
 * kept by powers of two, so that an estimate needs no run of exactly that size.
 */
import { Latencies } from './latencies.js';

/** Fewer runs than this prove nothing: the first of a process is slow, and the second may be. */
const ENOUGH = 3;
const WINDOW = 9;

export class RunTimes {
  readonly #buckets: (Latencies | undefined)[] = [];

  add(rows: number, seconds: number): void {
    const index = bucketOf(rows);
    const bucket = this.#buckets[index] ?? new Latencies(WINDOW);
    this.#buckets[index] = bucket;
    bucket.add(seconds);
  }

  /** Seconds of a run of `rows`; undefined while too little is known. Larger batches are reckoned in proportion, smaller ones as the next larger. */
  expect(rows: number): number | undefined {
    const index = bucketOf(rows);
    for (let larger = index; larger < this.#buckets.length; larger++) {
      const bucket = this.#buckets[larger];
      if (bucket !== undefined && bucket.count >= ENOUGH && larger === index) return bucket.median;
      if (bucket !== undefined && bucket.count >= ENOUGH) return this.#smaller(index, rows, bucket.median);
    }
    return this.#smaller(index, rows, undefined);
  }

  /** From the nearest smaller size, in proportion to the rows, but no more than `most`. */
  #smaller(index: number, rows: number, most: number | undefined): number | undefined {
    for (let smaller = index - 1; smaller >= 0; smaller--) {
      const bucket = this.#buckets[smaller];
      if (bucket === undefined || bucket.count < ENOUGH || bucket.median === undefined) continue;
      const scaled = (bucket.median * Math.max(1, rows)) / 2 ** smaller;
      return most === undefined ? scaled : Math.min(scaled, most);
    }
    return most;
  }
}

/** 0 for up to 1 row, 1 for 2, 2 for 3 and 4, 3 for 5 to 8, … */
function bucketOf(rows: number): number {
  return rows <= 1 ? 0 : Math.ceil(Math.log2(rows));
}
