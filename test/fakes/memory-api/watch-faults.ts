/**
 * What can go wrong between the events of a watch and its reader: lines that come twice, late, in another order, in pieces or not at
 * all. Without a fault a line passes as it comes.
 */
import type { Clock } from '../../../lib/clock.js';

const REORDER_PATIENCE_MS = 1000;

export class WatchFaults {
  readonly #clock: Clock;
  readonly #write: (chunk: Uint8Array) => void;
  #duplicates = 0;
  #drops = 0;
  #delay = { count: 0, ms: 0 };
  #reorder = 0;
  #held: string[] = [];
  #late = new Set<string[]>();
  #maxBytes = Number.POSITIVE_INFINITY;
  #isSilent = false;

  constructor(clock: Clock, write: (chunk: Uint8Array) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  duplicateNext(count: number): void {
    this.#duplicates += count;
  }

  dropNext(count: number): void {
    this.#drops += count;
  }

  delayNext(count: number, ms: number): void {
    this.#delay = { count, ms };
  }

  /** Those that have come after a second are all that there are. */
  reorderNext(count: number): void {
    this.#reorder = count;
    this.#clock.sleep(REORDER_PATIENCE_MS).then(() => this.#releaseHeld());
  }

  splitLines(maxBytes: number): void {
    this.#maxBytes = Math.max(1, maxBytes);
  }

  silence(): void {
    this.#isSilent = true;
  }

  /** A line about an object. */
  pass(line: string): void {
    if (this.#drops > 0) {
      this.#drops--;
    } else if (this.#delay.count > 0) {
      this.#passLate(line);
    } else if (this.#reorder > 0) {
      this.#held.push(line);
      if (--this.#reorder === 0) this.#releaseHeld();
    } else {
      this.write(line);
      if (this.#duplicates > 0) {
        this.#duplicates--;
        this.write(line);
      }
    }
  }

  /** A line as it is, in pieces if they must be small. */
  write(line: string): void {
    if (this.#isSilent) return;
    const bytes = Buffer.from(line);
    for (let start = 0; start < bytes.length; start += this.#maxBytes) this.#write(bytes.subarray(start, start + this.#maxBytes));
  }

  /** What was held back comes now: an end in peace loses nothing. */
  flush(): void {
    this.#releaseHeld();
    for (const lines of this.#late) this.#releaseLate(lines);
  }

  #passLate(line: string): void {
    const lines = [line];
    this.#late.add(lines);
    this.#clock.sleep(this.#delay.ms).then(() => this.#releaseLate(lines));
    this.#delay = { ...this.#delay, count: this.#delay.count - 1 };
  }

  #releaseLate(lines: string[]): void {
    this.#late.delete(lines);
    for (const line of lines.splice(0)) this.write(line);
  }

  #releaseHeld(): void {
    this.#reorder = 0;
    for (const line of this.#held.splice(0).reverse()) this.write(line);
  }
}
