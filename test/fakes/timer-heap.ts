/** Timers in the order in which they ring; of two at the same instant, the one that was set first. */
export interface Timer {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
  isCancelled: boolean;
}

/** A binary heap. What is cancelled is dropped when it comes up, or when most of the heap is so. */
export class TimerHeap {
  #timers: Timer[] = [];
  #cancelled = 0;

  get size(): number {
    return this.#timers.length - this.#cancelled;
  }

  add(timer: Timer): void {
    this.#timers.push(timer);
    let child = this.#timers.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfBefore(child, parent)) return;
      child = parent;
    }
  }

  cancel(timer: Timer): void {
    timer.isCancelled = true;
    this.#cancelled++;
    if (this.#cancelled < 64 || this.#cancelled * 2 < this.#timers.length) return;
    const left = this.#timers.filter(({ isCancelled }) => !isCancelled).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    [this.#timers, this.#cancelled] = [left, 0]; // sorted, it is a heap
  }

  first(): Timer | undefined {
    for (let top = this.#timers[0]; top !== undefined; top = this.#timers[0]) {
      if (!top.isCancelled) return top;
      this.#cancelled--;
      this.#removeTop();
    }
    return undefined;
  }

  /** Takes the first one out. */
  shift(): Timer | undefined {
    const first = this.first();
    if (first !== undefined) this.#removeTop();
    return first;
  }

  #removeTop(): void {
    const last = this.#timers.pop();
    if (last === undefined || this.#timers.length === 0) return;
    this.#timers[0] = last;
    let parent = 0;
    for (;;) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      const [a, b] = [this.#timers[left], this.#timers[right]];
      if (a === undefined) return;
      const smaller = b !== undefined && isBefore(b, a) ? right : left;
      if (!this.#swapIfBefore(smaller, parent)) return;
      parent = smaller;
    }
  }

  #swapIfBefore(lower: number, upper: number): boolean {
    const [below, above] = [this.#timers[lower], this.#timers[upper]];
    if (below === undefined || above === undefined || !isBefore(below, above)) return false;
    [this.#timers[lower], this.#timers[upper]] = [above, below];
    return true;
  }
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
