/** A clock that a test moves: timers fire in order, promises and the end of the turn are seen to between any two of them. */

interface Timer {
  readonly at: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

export class VirtualTime {
  #now = 0;
  #order = 0;
  #timers: Timer[] = [];
  #deferred: (() => void)[] = [];

  readonly nowSeconds = (): number => this.#now;

  readonly setTimer = (ms: number, callback: () => void): (() => void) => this.at(this.#now + ms / 1000, callback);

  readonly defer = (callback: () => void): void => {
    this.#deferred.push(callback);
  };

  /** Calls back at `seconds`; returns what takes it back. */
  at(seconds: number, callback: () => void): () => void {
    const timer: Timer = { at: Math.max(seconds, this.#now), order: this.#order++, callback };
    this.#insert(timer);
    return () => {
      timer.callback = undefined;
    };
  }

  /** Runs until nothing is left to happen, or until `untilSeconds`. */
  async run(untilSeconds = Number.POSITIVE_INFINITY): Promise<void> {
    for (let events = 0; events < MOST_EVENTS; events++) {
      await this.#endTurn();
      const timer = this.#timers.at(-1);
      if (timer === undefined || timer.at > untilSeconds) {
        if (untilSeconds !== Number.POSITIVE_INFINITY) this.#now = Math.max(this.#now, untilSeconds);
        return;
      }
      this.#timers.pop();
      if (timer.callback === undefined) continue;
      this.#now = timer.at;
      timer.callback();
    }
    throw new Error('A hundred thousand events, and still there is something to do: a timer sets itself again and again');
  }

  async #endTurn(): Promise<void> {
    await flushPromises();
    while (this.#deferred.length > 0) {
      for (const callback of this.#deferred.splice(0)) callback();
      await flushPromises();
    }
  }

  /** Latest first, so that the next one is popped from the end. */
  #insert(timer: Timer): void {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#timers[middle];
      if (other !== undefined && (other.at > timer.at || (other.at === timer.at && other.order > timer.order))) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
  }
}

const MOST_EVENTS = 100_000;

/** Chains in the code under test are shorter than this. */
const LINKS = 6;

async function flushPromises(): Promise<void> {
  for (let link = 0; link < LINKS; link++) await undefined;
}
