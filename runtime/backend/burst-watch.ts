/** Notices that a burst of large batches is over: in a whole period no batch was a quarter as large as the largest before. */
const MIN_BYTES = 4 * 2 ** 20;
const PERIOD_MS = 15_000;

export class BurstWatch {
  #peak = 0;
  #period = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly onCalm: () => void,
    readonly periodMs = PERIOD_MS,
  ) {}

  /** Bytes of one batch's inputs or outputs. */
  note(bytes: number): void {
    if (bytes > this.#period) this.#period = bytes;
    if (bytes > this.#peak) this.#peak = bytes;
    if (this.#peak >= MIN_BYTES && this.#timer === undefined) this.#timer = setInterval(() => this.#check(), this.periodMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    const period = this.#period;
    this.#period = 0;
    if (period * 4 > this.#peak) return;
    this.#peak = period;
    if (period < MIN_BYTES) this.stop();
    this.onCalm();
  }
}
