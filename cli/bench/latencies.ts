/**
 * Latencies in buckets that are 1 % wide, so that an hour of measuring takes no more memory than a second. Pure.
 * A quantile is the upper edge of its bucket: at most 1 % too high.
 */

const RATIO = Math.log(1.01);
const LEAST_MS = 0.001;
/** Up to 1000 s. */
const BUCKETS = Math.ceil(Math.log(1e9) / RATIO) + 1;

export class Latencies {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  get count(): number {
    return this.#total;
  }

  add(ms: number): void {
    const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.ceil(Math.log(ms / LEAST_MS) / RATIO)));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  /** In ms, nearest rank: of 1, 2, 3, 4 the 0.5 quantile is 2. NaN without any. */
  quantile(share: number): number {
    if (this.#total === 0) return Number.NaN;
    let left = Math.max(1, Math.ceil(share * this.#total));
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return LEAST_MS * Math.exp(bucket * RATIO);
    }
    return Number.NaN;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }
}
