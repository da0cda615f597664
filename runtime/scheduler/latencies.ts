/**
 * The last few times of one thing, and their median. A median forgets: after half a window of new behaviour it is the new
 * behaviour, and a single slow run never moves it, so no request is refused because of one.
 */
export class Latencies {
  readonly #ring: number[] = [];
  #next = 0;
  #median: number | undefined = undefined;

  /** @param window how many are kept */
  constructor(readonly window: number) {}

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
    if (this.#median === undefined) this.#median = [...this.#ring].sort((a, b) => a - b)[Math.floor(this.#ring.length / 2)];
    return this.#median;
  }

  /** The shortest: noise only ever adds. Infinity while there is none. */
  get least(): number {
    return Math.min(...this.#ring);
  }
}
