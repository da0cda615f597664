/** Counts frames that cost the client nothing and the server an answer. PINGs between calls are normal: clients measure bandwidth with them. */
export class PingPolicy {
  #strikes = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #hadCall = true;

  constructor(readonly options: { readonly minIntervalMs: number; readonly maxStrikes: number }) {}

  /** A call began: the next ping is welcome. */
  onCall(): void {
    this.#hadCall = true;
    this.#strikes = 0;
  }

  /** Whether the connection is to be closed. */
  onPing(nowMs: number): boolean {
    const isTooSoon = !this.#hadCall && nowMs - this.#lastMs < this.options.minIntervalMs;
    this.#hadCall = false;
    this.#lastMs = nowMs;
    if (!isTooSoon) return false;
    this.#strikes++;
    return this.#strikes > this.options.maxStrikes;
  }
}
