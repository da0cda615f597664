/**
 * Notices that a session which has work makes no progress. The limit is `seconds`, or a hundred times the longest run seen,
 * whichever is more, so that a model with long runs is not called hung. One timer at a time, and none while nothing runs.
 */
const FACTOR = 100;

export class HangWatch {
  #busy = 0;
  #progressedSeconds = 0;
  #longestSeconds = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly options: { readonly seconds: number; readonly monotonicSeconds: () => number; readonly onHang: (seconds: number) => void }) {}

  get limitSeconds(): number {
    return Math.max(this.options.seconds, FACTOR * this.#longestSeconds);
  }

  began(): void {
    if (this.#busy++ === 0) this.#progressedSeconds = this.options.monotonicSeconds();
    if (this.#timer === undefined) this.#arm(this.limitSeconds);
  }

  ended(inferenceSeconds: number): void {
    this.#busy--;
    this.#progressedSeconds = this.options.monotonicSeconds();
    this.#longestSeconds = Math.max(this.#longestSeconds, inferenceSeconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(seconds: number): void {
    this.#timer = setTimeout(() => this.#check(), Math.min(seconds * 1000, 2 ** 31 - 1)).unref();
  }

  #check(): void {
    this.#timer = undefined;
    if (this.#busy === 0) return;
    const idle = this.options.monotonicSeconds() - this.#progressedSeconds;
    const left = this.limitSeconds - idle;
    if (left > 0.001) this.#arm(left);
    else this.options.onHang(idle);
  }
}
