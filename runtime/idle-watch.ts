/**
 * Notices that requests have stopped coming after they made the process larger, so that it can give memory back: V8 sees no reason to
 * collect while nobody allocates, and what a burst left would stay for hours (docs/adr/0033). Pure; looked at twice a second.
 */

export interface IdleWatchOptions {
  /** Grows with everything that is asked of the process. */
  readonly readWork: () => number;
  readonly isBusy: () => boolean;
  readonly readResidentBytes: () => number;
  /** Costs some 13 ms; `isThorough`: and a slower first second of the next requests. */
  readonly giveBack: (isThorough: boolean) => void;
}

export const LOOK_MS = 500;
/** So many looks in a row without work are a rest. */
const QUIET_LOOKS = 2;
/** And so many are a long one: 20 s. */
const LONG_LOOKS = 40;
/** Growth since the last time that is worth the trouble. */
const GROWTH = 1.1;

export class IdleWatch {
  #work: number;
  #quietLooks = 0;
  #isDue = false;
  #isLongDue = false;
  #hasGiven = false;
  /** What the process held at the look after it gave back; undefined until then. */
  #restBytes: number | undefined;

  constructor(readonly options: IdleWatchOptions) {
    this.#work = options.readWork();
  }

  look(): void {
    const { readWork, isBusy, readResidentBytes, giveBack } = this.options;
    const work = readWork();
    if (work !== this.#work || isBusy()) {
      this.#work = work;
      this.#quietLooks = 0;
      this.#isDue = true;
      this.#isLongDue = true;
      return;
    }
    this.#quietLooks++;
    if (this.#quietLooks === QUIET_LOOKS && this.#isDue) {
      this.#isDue = false;
      this.#hasGiven = readResidentBytes() > (this.#restBytes ?? 0) * GROWTH;
      if (this.#hasGiven) giveBack(false);
    } else if (this.#quietLooks === QUIET_LOOKS + 1 && this.#hasGiven) this.#restBytes = readResidentBytes();
    else if (this.#quietLooks === LONG_LOOKS && this.#isLongDue) {
      this.#isLongDue = false;
      giveBack(true);
    }
  }
}
