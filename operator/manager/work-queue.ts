/**
 * Keys of objects to look at. A key that waits is not added twice; a key that is worked on is not given out again until it is
 * done, and then once more if it was added meanwhile. Keys that fail come back later each time; of several delays the soonest
 * counts, and giving a key out ends its delay: whoever works on it says anew when to come back.
 */
import { type BackoffOptions, backoffMs } from '../../lib/backoff.js';
import { type Clock, STEADY_CLOCK } from '../../lib/clock.js';
import { ENDED } from '../../lib/scoped-abort.js';

export interface QueueObserver {
  added(): void;
  retried(): void;
  depth(waiting: number): void;
  /** How long the key waited, in seconds. */
  taken(queuedSeconds: number): void;
  /** How long it was worked on. */
  finished(workedSeconds: number): void;
}

export interface QueuePart {
  readonly total: number;
  readonly keys: readonly { readonly key: string }[];
}

export interface QueueSnapshot {
  readonly waiting: QueuePart;
  readonly working: QueuePart;
  readonly delayed: QueuePart;
  /** Keys whose last reconcile failed. */
  readonly failing: QueuePart;
}

export interface WorkQueueOptions {
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly backoff?: BackoffOptions;
  readonly observer?: QueueObserver;
}

/** A timer of more than 24.8 days, or of no number at all, rings at once: a key that asks for one would spin. */
const LONGEST_DELAY_MS = 24 * 3600 * 1000;
const BACKOFF: BackoffOptions = { baseMs: 5, maxMs: 300_000, jitter: 0.1 };

interface Delay {
  readonly dueMs: number;
  readonly cancel: AbortController;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: BackoffOptions;
  readonly #observer: QueueObserver | undefined;
  /** In order of arrival, with when. */
  readonly #waiting = new Map<string, number>();
  /** Being worked on, since when. */
  readonly #working = new Map<string, number>();
  /** Added while being worked on. */
  readonly #again = new Set<string>();
  readonly #delays = new Map<string, Delay>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #isClosed = false;

  constructor(options: WorkQueueOptions = {}) {
    this.#clock = options.clock ?? STEADY_CLOCK;
    this.#random = options.random ?? Math.random;
    this.#backoff = options.backoff ?? BACKOFF;
    this.#observer = options.observer;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Seconds that each key in work has been worked on so far. */
  get workingSeconds(): number[] {
    return [...this.#working.values()].map((since) => (this.#clock.now() - since) / 1000);
  }

  /** For people who look: each list with at most `limit` keys, and how many there are. */
  snapshot(limit: number): QueueSnapshot {
    const now = this.#clock.now();
    const part = <Value>(map: ReadonlyMap<string, Value>, describe: (value: Value) => object): QueuePart => ({
      total: map.size,
      keys: [...map].slice(0, limit).map(([key, value]) => ({ key, ...describe(value) })),
    });
    return {
      waiting: part(this.#waiting, (since) => ({ seconds: seconds(now - since) })),
      working: part(this.#working, (since) => ({ seconds: seconds(now - since) })),
      delayed: part(this.#delays, ({ dueMs }) => ({ dueInSeconds: seconds(dueMs - now) })),
      failing: part(this.#failures, (inARow) => ({ inARow })),
    };
  }

  add(key: string): void {
    if (this.#isClosed || this.#waiting.has(key) || this.#again.has(key)) return;
    if (this.#working.has(key)) this.#again.add(key);
    else this.#waiting.set(key, this.#clock.now());
    try {
      this.#observer?.added();
    } finally {
      this.#giveNext(); // whoever counts may throw, and the key is not lost by it
    }
  }

  /** After `delayMs`, unless the key is given out sooner; after a day at the latest. */
  addAfter(key: string, wantedMs: number): void {
    if (this.#isClosed) return;
    const delayMs = Number.isNaN(wantedMs) ? LONGEST_DELAY_MS : Math.min(wantedMs, LONGEST_DELAY_MS);
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#clock.now() + delayMs;
    const known = this.#delays.get(key);
    if (known !== undefined && known.dueMs <= dueMs) return;
    known?.cancel.abort(ENDED);
    const delay: Delay = { dueMs, cancel: new AbortController() };
    this.#delays.set(key, delay);
    this.#clock.sleep(delayMs, delay.cancel.signal).then(() => {
      if (this.#delays.get(key) !== delay) return;
      this.#delays.delete(key);
      this.add(key);
    });
  }

  /** After a failure: each in a row doubles the delay. */
  addAfterFailure(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#observer?.retried();
    this.addAfter(key, backoffMs(failures, this.#backoff, this.#random));
  }

  /** The next failure is the first again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key; waits for one. Undefined when the queue is closed. Call `done` when the work on it ends. */
  take(): Promise<string | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    const [key] = this.#waiting.keys();
    if (key !== undefined) return Promise.resolve(this.#giveOut(key));
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: string): void {
    const since = this.#working.get(key);
    if (since === undefined) return;
    this.#working.delete(key);
    this.#observer?.finished((this.#clock.now() - since) / 1000);
    if (!this.#again.delete(key) || this.#isClosed) return;
    this.#waiting.set(key, this.#clock.now());
    this.#giveNext();
  }

  /** Nothing is given out any more; what waits is dropped. */
  close(): void {
    this.#isClosed = true;
    for (const { cancel } of this.#delays.values()) cancel.abort(ENDED);
    this.#delays.clear();
    this.#waiting.clear();
    this.#observer?.depth(0);
    for (const give of this.#takers.splice(0)) give(undefined);
  }

  #giveNext(): void {
    this.#observer?.depth(this.#waiting.size);
    const [first] = this.#waiting.keys();
    if (this.#takers.length > 0 && first !== undefined) this.#takers.shift()?.(this.#giveOut(first));
  }

  #giveOut(key: string): string {
    const since = this.#waiting.get(key);
    const now = this.#clock.now();
    this.#waiting.delete(key);
    this.#working.set(key, now);
    this.#delays.get(key)?.cancel.abort(ENDED);
    this.#delays.delete(key);
    this.#observer?.depth(this.#waiting.size);
    this.#observer?.taken((now - (since ?? now)) / 1000);
    return key;
  }
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
