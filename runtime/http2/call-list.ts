/**
 * The calls of one connection, in no order. A Set would do the same, but V8 replaces a Set's table every few deletions, each
 * old table points to the next one, and one that has grown old keeps all that follow, with their calls, until the next full
 * collection: most of a request's garbage then survives the cheap ones.
 */
export interface Listed {
  /** Where it lies in its list, which alone may change this; -1 in none. */
  place: number;
}

export class CallList<Call extends Listed> {
  readonly #calls: Call[] = [];

  get size(): number {
    return this.#calls.length;
  }

  add(call: Call): void {
    call.place = this.#calls.length;
    this.#calls.push(call);
  }

  /** Does nothing for what is not in it. The last one takes its place. */
  delete(call: Call): void {
    const { place } = call;
    if (this.#calls[place] !== call) return;
    call.place = -1;
    const last = this.#calls.pop();
    if (last === undefined || last === call) return;
    this.#calls[place] = last;
    last.place = place;
  }

  /** A copy: whoever walks it may end calls on the way. */
  list(): Call[] {
    return this.#calls.slice();
  }
}
