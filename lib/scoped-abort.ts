/**
 * An AbortSignal for one piece of work that also ends with a longer life. AbortSignal.any does the same and, with a listener on it,
 * stays in memory as long as the longer life does: a kilobyte per call, for ever. This one is let go when the work ends.
 */
/** Why every one of them ended. The same object each time: an abort without a reason makes an error with a stack. */
export const ENDED = new Error('The work was ended');

export class ScopedAbort {
  readonly #controller = new AbortController();
  readonly #parents: readonly AbortSignal[];
  readonly #end = (): void => this.#controller.abort(ENDED);

  constructor(...parents: readonly (AbortSignal | undefined)[]) {
    this.#parents = parents.filter((parent) => parent !== undefined);
    for (const parent of this.#parents) {
      if (parent.aborted) this.#end();
      else parent.addEventListener('abort', this.#end, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(): void {
    this.#end();
  }

  /** The work has ended: the parents forget it. */
  release(): void {
    for (const parent of this.#parents) parent.removeEventListener('abort', this.#end);
  }
}
