/**
 * One number for all bytes that requests and answers in flight hold, whatever connection or protocol they came by. Without
 * it a hundred clients with the largest permitted message each end the process.
 */
export class ByteBudget {
  #used = 0;

  constructor(readonly limit: number) {}

  get used(): number {
    return this.#used;
  }

  /** False when there is no room: nothing is taken then. */
  tryTake(bytes: number): boolean {
    if (this.#used + bytes > this.limit) return false;
    this.#used += bytes;
    return true;
  }

  /** For what exists already, such as an answer: it goes over the limit, and new requests wait for it. */
  take(bytes: number): void {
    this.#used += bytes;
  }

  give(bytes: number): void {
    if (bytes > this.#used) throw new Error(`${bytes} bytes came back to a budget that lent ${this.#used}: something was released twice`);
    this.#used -= bytes;
  }
}
