/**
 * Counts of durations by bucket, in plain numbers: a request adds to four of them, and a metrics library's own histogram
 * costs more than the inference of a small model does. Rendered when somebody scrapes.
 */
/** Upper bounds in seconds: from 50 µs, for models that take less than a network does, to 30 s. */
export const SECONDS_BUCKETS = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

export class Histogram {
  /** Durations in each bucket alone, the last for those above every bound. */
  readonly counts = new Float64Array(SECONDS_BUCKETS.length + 1);
  count = 0;
  /** Seconds in all. */
  sum = 0;

  add(seconds: number): void {
    this.count += 1;
    this.sum += seconds;
    let index = 0;
    while (index < SECONDS_BUCKETS.length && seconds > (SECONDS_BUCKETS[index] ?? 0)) index += 1;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
  }
}
