/**
 * Streams of one session by their ids, for node:http2 to keep its own in instead of a Map. A Map of which entries come and go
 * replaces its table every few deletions and each old table points to the next: one that has grown old keeps all that follow,
 * with the streams that were in them, until the next full collection. Here slots are used again. Open addressing with linear
 * probing; ids of one side are odd or even, and ascend.
 */
const FIRST_SLOTS = 32;

export class StreamTable<Stream> extends Map<number, Stream> {
  #streams: (Stream | undefined)[] = new Array<undefined>(FIRST_SLOTS).fill(undefined);
  #ids = new Int32Array(FIRST_SLOTS);
  #size = 0;

  override get size(): number {
    return this.#size;
  }

  override get(id: number): Stream | undefined {
    const slot = this.#find(id);
    return slot < 0 ? undefined : this.#streams[slot];
  }

  override has(id: number): boolean {
    return this.#find(id) >= 0;
  }

  override set(id: number, stream: Stream): this {
    const known = this.#find(id);
    if (known < 0 && this.#size * 2 >= this.#ids.length) this.#grow();
    const slot = known < 0 ? this.#findFree(id) : known;
    if (known < 0) this.#size++;
    this.#ids[slot] = id;
    this.#streams[slot] = stream;
    return this;
  }

  override delete(id: number): boolean {
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

  override clear(): void {
    this.#streams.fill(undefined);
    this.#size = 0;
  }

  /** Those that are there when it is called: they may be deleted on the way. */
  override forEach(callback: (stream: Stream, id: number, map: Map<number, Stream>) => void): void {
    for (const [id, stream] of this.entries()) callback(stream, id, this);
  }

  override entries(): MapIterator<[number, Stream]> {
    const found: [number, Stream][] = [];
    for (const [slot, stream] of this.#streams.entries()) if (stream !== undefined) found.push([this.#ids[slot] ?? 0, stream]);
    return found.values();
  }

  override keys(): MapIterator<number> {
    return [...this.entries()].map(([id]) => id).values();
  }

  override values(): MapIterator<Stream> {
    return [...this.entries()].map(([, stream]) => stream).values();
  }

  override [Symbol.iterator](): MapIterator<[number, Stream]> {
    return this.entries();
  }

  #home(id: number): number {
    return (id >> 1) & (this.#ids.length - 1);
  }

  #find(id: number): number {
    const mask = this.#ids.length - 1;
    for (let slot = this.#home(id); this.#streams[slot] !== undefined; slot = (slot + 1) & mask) if (this.#ids[slot] === id) return slot;
    return -1;
  }

  #findFree(id: number): number {
    const mask = this.#ids.length - 1;
    let slot = this.#home(id);
    while (this.#streams[slot] !== undefined) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const before = [...this.entries()];
    this.#ids = new Int32Array(this.#ids.length * 2);
    this.#streams = new Array<undefined>(this.#ids.length).fill(undefined);
    for (const [id, stream] of before) {
      const slot = this.#findFree(id);
      this.#ids[slot] = id;
      this.#streams[slot] = stream;
    }
  }
}
