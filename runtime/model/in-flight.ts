/** Counts the requests that hold a model, so that it goes only when nobody needs it. */
export class InFlight {
  #count = 0;
  #ended: PromiseWithResolvers<void> | undefined;

  enter(): void {
    this.#count += 1;
  }

  leave(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    this.#ended?.resolve();
    this.#ended = undefined;
  }

  /** Resolves once the count is 0, at once if it is. */
  ended(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    this.#ended ??= Promise.withResolvers<void>();
    return this.#ended.promise;
  }
}
