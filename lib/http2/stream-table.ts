/**
 * Streams of one session by their ids. A Map of which entries come and go replaces its table every few deletions and each old table
 * points to the next: one that has grown old keeps all that follow, with the streams that were in them, until the next full collection
 * (docs/adr/0032). Here slots are used again. Open addressing with linear probing; ids of clients are odd, and ascend.
 */
const FIRST_SLOTS = 32;

export class StreamTable<Stream> {
  #streams: (Stream | undefined)[] = new Array<undefined>(FIRST_SLOTS).fill(undefined);
  #ids = new Int32Array(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Stream | undefined {
    const slot = this.#find(id);
    return slot < 0 ? undefined : this.#streams[slot];
  }

  /** `id` is not in it. */
  add(id: number, stream: Stream): void {
    if (this.#size * 2 >= this.#ids.length) this.#grow();
    this.#put(id, stream);
    this.#size++;
  }

  delete(id: number): boolean {
    let hole = this.#find(id);
    if (hole < 0) return false;
    this.#size--;
    const mask = this.#ids.length - 1;
    // those behind it move up where their search would otherwise end at the hole
    for (let slot = (hole + 1) & mask; this.#streams[slot] !== undefined; slot = (slot + 1) & mask) {
      const moved = this.#ids[slot] ?? 0;
      if (((slot - this.#home(moved)) & mask) < ((slot - hole) & mask)) continue;
      this.#ids[hole] = moved;
      this.#streams[hole] = this.#streams[slot];
      hole = slot;
    }
    this.#streams[hole] = undefined;
    return true;
  }

  /** Those that are there now, in no order. */
  list(): Stream[] {
    return this.#streams.filter((stream) => stream !== undefined);
  }

  #home(id: number): number {
    return (id >> 1) & (this.#ids.length - 1);
  }

  #find(id: number): number {
    const mask = this.#ids.length - 1;
    for (let slot = this.#home(id); this.#streams[slot] !== undefined; slot = (slot + 1) & mask) if (this.#ids[slot] === id) return slot;
    return -1;
  }

  #put(id: number, stream: Stream): void {
    const mask = this.#ids.length - 1;
    let slot = this.#home(id);
    while (this.#streams[slot] !== undefined) slot = (slot + 1) & mask;
    this.#ids[slot] = id;
    this.#streams[slot] = stream;
  }

  #grow(): void {
    const ids = this.#ids;
    const streams = this.#streams;
    this.#ids = new Int32Array(ids.length * 2);
    this.#streams = new Array<undefined>(this.#ids.length).fill(undefined);
    for (const [slot, stream] of streams.entries()) if (stream !== undefined) this.#put(ids[slot] ?? 0, stream);
  }
}
