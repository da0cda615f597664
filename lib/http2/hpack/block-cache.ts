/**
 * The last few blocks and their lists: a client that calls the same method again sends the same bytes. Only blocks that left the
 * dynamic table as it was are kept, and only until it changes, so that the same bytes mean the same fields.
 */
import type { HeaderList } from './header-list.js';

const SLOTS = 4;
const SLOT_BYTES = 512;

export class BlockCache {
  /** The table's count of changes at which the blocks were read. */
  #changes = 0;
  readonly #lists: HeaderList[] = [];
  readonly #lengths: number[] = [];
  /** The blocks' bytes, taken when the first is kept. */
  #bytes: Uint8Array | undefined;
  /** Overwritten next. */
  #next = 0;

  /** The list of a block of these bytes, while the table is as it was. */
  find(block: Uint8Array, changes: number): HeaderList | undefined {
    if (changes !== this.#changes) {
      this.#changes = changes;
      this.#clear();
    }
    for (let slot = 0; slot < this.#lists.length; slot++) {
      if (this.#lengths[slot] === block.length && this.#isSame(slot, block)) return this.#lists[slot];
    }
    return undefined;
  }

  /** Of a block that was not found, and during whose reading the table did not change. */
  keep(block: Uint8Array, list: HeaderList): void {
    if (block.length > SLOT_BYTES) return;
    const slot = this.#next;
    this.#next = (slot + 1) % SLOTS;
    this.#bytes ??= new Uint8Array(SLOTS * SLOT_BYTES);
    this.#bytes.set(block, slot * SLOT_BYTES);
    this.#lengths[slot] = block.length;
    this.#lists[slot] = list;
  }

  /** From the end: what changes from call to call (deadlines, ids) comes last. */
  #isSame(slot: number, block: Uint8Array): boolean {
    const bytes = this.#bytes;
    if (bytes === undefined) return false;
    const start = slot * SLOT_BYTES;
    for (let index = block.length - 1; index >= 0; index--) if (bytes[start + index] !== block[index]) return false;
    return true;
  }

  #clear(): void {
    if (this.#lists.length === 0) return;
    this.#lists.length = 0;
    this.#lengths.length = 0;
    this.#next = 0;
  }
}
