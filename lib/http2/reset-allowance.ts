/**
 * How many streams a client may open in vain: those it resets (CVE-2023-44487) and those that it makes the server reset
 * (CVE-2025-8671). A token bucket.
 */
export class ResetAllowance {
  #left: number;
  #atMs: number | undefined;

  constructor(
    readonly burst: number,
    readonly perSecond: number,
  ) {
    this.#left = burst;
  }

  /** Whether one more is allowed. */
  take(nowMs: number): boolean {
    if (this.#atMs !== undefined) this.#left = Math.min(this.burst, this.#left + ((nowMs - this.#atMs) / 1000) * this.perSecond);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
