/** Hands results out in the order in which the requests came, where the model's configuration asks for it. Holds no more than is in flight. */

import type { ItemResult } from '../dataplane/ports.js';
import type { Entry } from './waiting-list.js';

export class OrderedDelivery {
  #entries: Entry[] = [];
  #first = 0;

  constructor(readonly isOrdered: boolean) {}

  expect(entry: Entry): void {
    if (this.isOrdered) this.#entries.push(entry);
  }

  /** The first result of an entry counts; further ones are those of a run that nobody waits for any more. */
  settle(entry: Entry, result: ItemResult): void {
    if (entry.result !== undefined) return;
    entry.result = result;
    if (!this.isOrdered) deliver(entry);
    else this.#flush();
  }

  /** For one that nobody waits for: it is told at once and holds no other up. */
  settleNow(entry: Entry, result: ItemResult): void {
    if (entry.isDelivered) return;
    entry.result = result;
    deliver(entry);
    if (this.isOrdered) this.#flush();
  }

  #flush(): void {
    for (;;) {
      const entry = this.#entries[this.#first];
      if (entry?.result === undefined) break;
      this.#first += 1;
      deliver(entry);
    }
    if (this.#first < 1024 && this.#first < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }
}

function deliver(entry: Entry): void {
  if (entry.isDelivered || entry.result === undefined) return;
  entry.isDelivered = true;
  entry.item.call.onGone = undefined;
  entry.item.done(entry.result);
}
