/**
 * One number for all bytes that requests and answers in flight hold, whatever connection or protocol they came by. Without
 * it a hundred clients with the largest permitted message each end the process.
 */
import { InferenceError } from './inference-error.js';

export class ByteBudget {
  #used = 0;
  #total = 0;

  constructor(readonly limit: number) {}

  get used(): number {
    return this.#used;
  }

  /** All that was ever taken: grows with everything that is asked. */
  get total(): number {
    return this.#total;
  }

  /** False when there is no room: nothing is taken then. */
  tryTake(bytes: number): boolean {
    if (this.#used + bytes > this.limit) return false;
    this.take(bytes);
    return true;
  }

  /** For what exists already, such as an answer: it goes over the limit, and new requests wait for it. */
  take(bytes: number): void {
    this.#used += bytes;
    this.#total += bytes;
  }

  give(bytes: number): void {
    if (bytes > this.#used) throw new Error(`${bytes} bytes came back to a budget that lent ${this.#used}: something was released twice`);
    this.#used -= bytes;
  }
}

/** What one request or answer holds of the budget: given back once, however it ends. */
export class BudgetHold {
  #held = 0;
  #isReleased = false;

  constructor(readonly budget: ByteBudget) {}

  get held(): number {
    return this.#held;
  }

  /** Throws InferenceError RESOURCE_EXHAUSTED when there is no room; what is held already stays held until `release`. */
  take(bytes: number): void {
    if (this.#isReleased) return;
    if (!this.budget.tryTake(bytes)) throw newBudgetRefusal(this.budget);
    this.#held += bytes;
  }

  /** For what exists already. */
  add(bytes: number): void {
    if (this.#isReleased) return;
    this.budget.take(bytes);
    this.#held += bytes;
  }

  /** Gives a part back before the end. */
  give(bytes: number): void {
    const given = Math.min(bytes, this.#held);
    this.#held -= given;
    this.budget.give(given);
  }

  /** Safe to call again; nothing is held after it. */
  release(): void {
    this.#isReleased = true;
    this.give(this.#held);
  }
}

export function newBudgetRefusal({ used, limit }: ByteBudget): InferenceError {
  return new InferenceError('RESOURCE_EXHAUSTED', `requests in flight hold ${used} of ${limit} bytes: send less at a time, or try again later`);
}
