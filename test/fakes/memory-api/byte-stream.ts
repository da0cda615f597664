/** A body that goes on: bytes are pushed at one end and read at the other. */
type Waiter = { readonly resolve: (result: IteratorResult<Uint8Array>) => void; readonly reject: (error: Error) => void };

export class ByteStream implements AsyncIterable<Uint8Array> {
  readonly #onClosed: (() => void)[] = [];
  readonly #chunks: Uint8Array[] = [];
  #waiter: Waiter | undefined;
  #end: { readonly error: Error | undefined } | undefined;

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Calls back once, when nothing will be pushed any more. */
  whenClosed(listener: () => void): void {
    if (this.#end === undefined) this.#onClosed.push(listener);
    else listener();
  }

  push(chunk: Uint8Array): void {
    if (this.#end !== undefined) return;
    const waiter = this.#takeWaiter();
    if (waiter === undefined) this.#chunks.push(chunk);
    else waiter.resolve({ value: chunk, done: false });
  }

  /** What was pushed is still read. */
  end(): void {
    this.#finish(undefined);
  }

  /** What was pushed and not read yet is lost with it. */
  fail(error: Error): void {
    if (this.#end === undefined) this.#chunks.length = 0;
    this.#finish(error);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () => this.#next(),
      return: () => {
        this.#chunks.length = 0;
        this.#finish(undefined);
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }

  #next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve({ value: chunk, done: false });
    if (this.#end !== undefined) {
      const { error } = this.#end;
      this.#end = { error: undefined };
      return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  #finish(error: Error | undefined): void {
    if (this.#end !== undefined) return;
    const waiter = this.#takeWaiter();
    this.#end = { error: waiter === undefined ? error : undefined };
    if (error === undefined) waiter?.resolve({ value: undefined, done: true });
    else waiter?.reject(error);
    for (const listener of this.#onClosed.splice(0)) listener();
  }

  #takeWaiter(): Waiter | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }
}
