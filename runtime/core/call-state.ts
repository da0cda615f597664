/**
 * Whether anybody still waits for a request. The transport makes one per request and the scheduler hangs one callback on
 * it: an AbortController does the same at many times the cost, which shows at tens of thousands of requests a second.
 */
export class CallState {
  #isGone = false;
  #onGone: (() => void) | undefined;

  /** The client cancelled or hung up, or its deadline passed. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** One listener at a time: who holds the request now. It is called at once if everybody has gone already. */
  set onGone(listener: (() => void) | undefined) {
    this.#onGone = listener;
    if (this.#isGone) listener?.();
  }

  /** Said by the transport; saying it again does nothing. */
  abandon(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#onGone?.();
  }
}
