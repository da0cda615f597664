/**
 * Notices that a burst of large batches is over: nothing runs any more for a second, or in a whole period no batch was a quarter as
 * large as the largest before.
 */
const MIN_BYTES = 4 * 2 ** 20;
const PERIOD_MS = 15_000;
/** How often it is looked, and how often nothing has to run. */
const LOOK_MS = 500;
const QUIET_LOOKS = 2;

export interface BurstWatchOptions {
  readonly onCalm: () => void;
  /** A batch is under way. */
  readonly isBusy: () => boolean;
  readonly periodMs?: number | undefined;
}

export class BurstWatch {
  #peak = 0;
  #period = 0;
  #quietLooks = 0;
  #periodTimer: NodeJS.Timeout | undefined;
  #quietTimer: NodeJS.Timeout | undefined;

  constructor(readonly options: BurstWatchOptions) {}

  /** Bytes of one batch's inputs or outputs. */
  note(bytes: number): void {
    this.#quietLooks = 0;
    if (bytes > this.#period) this.#period = bytes;
    if (bytes > this.#peak) this.#peak = bytes;
    if (this.#peak < MIN_BYTES || this.#periodTimer !== undefined) return;
    this.#periodTimer = setInterval(() => this.#checkPeriod(), this.options.periodMs ?? PERIOD_MS).unref();
    this.#quietTimer = setInterval(() => this.#checkQuiet(), LOOK_MS).unref();
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
    if (this.options.isBusy()) return;
    this.#quietLooks += 1;
    if (this.#quietLooks > QUIET_LOOKS) this.#calm(0); // the first look may come right after the last batch
  }

  #calm(peak: number): void {
    this.#peak = peak;
    if (peak < MIN_BYTES) this.stop();
    this.options.onCalm();
  }
}
