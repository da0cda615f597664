/** One after the other, in order, and not without bound: two loads at once would hold two models' memory at once. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(readonly limit: number) {}

  /** Undefined when too many wait already. */
  add<Result>(run: () => Promise<Result>): Promise<Result> | undefined {
    if (this.#waiting >= this.limit) return undefined;
    this.#waiting += 1;
    const result = this.#last.then(run).finally(() => {
      this.#waiting -= 1;
    });
    this.#last = result.catch(() => undefined); // the failure belongs to who added it
    return result;
  }

  /** Resolves when everything that was added has ended. */
  async idle(): Promise<void> {
    while (this.#waiting > 0) await this.#last;
  }
}
