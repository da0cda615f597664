/**
 * Notices that a burst of large batches is over: nothing runs any more for a second, or in a whole period no batch was a quarter as
 * large as the largest before.
 */
const MIN_BYTES = 4 * 2 ** 20;
const PERIOD_MS = 15_000;
const QUIET_MS = 1000;

export interface BurstWatchOptions {
  readonly onCalm: () => void;
  /** A batch is under way. */
  readonly isBusy: () => boolean;
  readonly periodMs?: number | undefined;
}

export class BurstWatch {
  #peak = 0;
  #period = 0;
  #isNoted = false;
  #periodTimer: NodeJS.Timeout | undefined;
  #quietTimer: NodeJS.Timeout | undefined;

  constructor(readonly options: BurstWatchOptions) {}

  /** Bytes of one batch's inputs or outputs. */
  note(bytes: number): void {
    this.#isNoted = true;
    if (bytes > this.#period) this.#period = bytes;
    if (bytes > this.#peak) this.#peak = bytes;
    if (this.#peak < MIN_BYTES || this.#periodTimer !== undefined) return;
    this.#periodTimer = setInterval(() => this.#checkPeriod(), this.options.periodMs ?? PERIOD_MS).unref();
    this.#quietTimer = setInterval(() => this.#checkQuiet(), QUIET_MS).unref();
  }

  stop(): void {
    clearInterval(this.#periodTimer);
    clearInterval(this.#quietTimer);
    this.#periodTimer = undefined;
  }

  #checkPeriod(): void {
    const period = this.#period;
    this.#period = 0;
    if (period * 4 > this.#peak) return;
    this.#calm(period);
  }

  #checkQuiet(): void {
    const isQuiet = !this.#isNoted && !this.options.isBusy();
    this.#isNoted = false;
    if (isQuiet) this.#calm(0);
  }

  #calm(peak: number): void {
    this.#peak = peak;
    if (peak < MIN_BYTES) this.stop();
    this.options.onCalm();
  }
}
