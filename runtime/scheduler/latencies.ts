/**
 * The last few times of one thing, and their median. A median forgets: after half a window of new behaviour it is the new
 * behaviour, and a single slow run never moves it, so no request is refused because of one.
 */
export class Latencies {
  readonly #ring: number[] = [];
  readonly #sorted: Float64Array;
  #next = 0;
  #median: number | undefined = undefined;

  /** @param window how many are kept */
  constructor(readonly window: number) {
    this.#sorted = new Float64Array(window);
  }

  get count(): number {
    return this.#ring.length;
  }

  add(seconds: number): void {
    this.#ring[this.#next] = seconds;
    this.#next = (this.#next + 1) % this.window;
    this.#median = undefined;
  }

  /** Undefined while there is none. */
  get median(): number | undefined {
    if (this.#ring.length === 0) return undefined;
    this.#median ??= this.#computeMedian();
    return this.#median;
  }

  /** Asked after every run: an insertion sort of a few numbers in memory that is there already. */
  #computeMedian(): number | undefined {
    const sorted = this.#sorted;
    for (const [count, seconds] of this.#ring.entries()) {
      let place = count;
      for (; place > 0 && (sorted[place - 1] ?? 0) > seconds; place--) sorted[place] = sorted[place - 1] ?? 0;
      sorted[place] = seconds;
    }
    return sorted[Math.floor(this.#ring.length / 2)];
  }

  /** The shortest: noise only ever adds. Infinity while there is none. */
  get least(): number {
    return Math.min(...this.#ring);
  }
}
