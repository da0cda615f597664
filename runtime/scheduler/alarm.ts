/** The scheduler's one timer. Setting it later than it is set costs nothing: it rings early, and whoever hears it looks again. */

/** What setTimeout can count. */
const LONGEST_MS = 2 ** 31 - 1;

export interface AlarmOptions {
  readonly nowSeconds: () => number;
  readonly setTimer: (ms: number, callback: () => void) => () => void;
}

export class Alarm {
  #at = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(
    readonly options: AlarmOptions,
    readonly ring: () => void,
  ) {}

  /** It rings at `at` or earlier; Infinity: not at all. */
  set(at: number): void {
    if (at === Number.POSITIVE_INFINITY) {
      this.#clear();
      return;
    }
    if (this.#cancel !== undefined && this.#at <= at) return;
    this.#clear();
    const ms = Math.ceil((at - this.options.nowSeconds()) * 1000);
    this.#at = at;
    this.#cancel = this.options.setTimer(Math.min(Math.max(ms, 0), LONGEST_MS), () => {
      this.#cancel = undefined;
      this.ring();
    });
  }

  #clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
