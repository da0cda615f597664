/**
 * Time that moves only when a test says so. What wakes up runs to where it needs time again before time moves on: everything that
 * waits for promises alone is over after one turn of the event loop, and work outside of them is announced with `during`.
 */
import type { Clock } from '../../lib/clock.js';
import { type Timer, TimerHeap } from './timer-heap.js';

export class FakeClock implements Clock {
  #now: number;
  #order = 0;
  #timers = new TimerHeap();
  readonly #pending = new Set<Promise<unknown>>();
  #failure: Error | undefined;

  constructor(startIso = '2026-01-01T00:00:00Z') {
    this.#now = Date.parse(startIso);
  }

  now(): number {
    return this.#now;
  }

  /** How many wait. */
  get sleeping(): number {
    return this.#timers.size;
  }

  /** When the next one wakes; undefined when none waits. */
  get nextWakeMs(): number | undefined {
    return this.#timers.first()?.at;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const cancel = (): void => {
        this.#timers.cancel(timer);
        resolve();
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', cancel);
        resolve();
      };
      const timer: Timer = { at: this.#now + ms, order: this.#order++, wake, isCancelled: false };
      this.#timers.add(timer);
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  /** Work that is not made of promises alone, such as reading a file: time waits for it. */
  during<Result>(work: Promise<Result>): Promise<Result> {
    this.#pending.add(work);
    const done = (): void => {
      this.#pending.delete(work);
    };
    work.then(done, done);
    return work;
  }

  /** Time cannot go on: whoever advances it hears why. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  /** Moves time and wakes who is due, in order; what they do at once is done when this resolves. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (let next = this.#takeDue(end); next !== undefined; next = this.#takeDue(end)) {
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await this.settle();
    }
    this.#now = end;
  }

  /** Lets everything that needs no time come to rest. */
  async settle(): Promise<void> {
    await turn();
    while (this.#pending.size > 0) {
      await Promise.allSettled(this.#pending);
      await turn();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Moves time and wakes nobody, as when a process was stopped and goes on: who is due wakes with the next `advance`. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #takeDue(end: number): Timer | undefined {
    const next = this.#timers.first();
    return next === undefined || next.at > end ? undefined : this.#timers.shift();
  }
}

/** The queue of promises is empty when the event loop comes round. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets everything that needs no time come to rest, and what goes through sockets a little way. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await turn();
}
