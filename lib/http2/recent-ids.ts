/** The last streams that were reset from here: what their client had sent before it knew is no fault. */
const SLOTS = 1024;

export class RecentIds {
  #ids: Int32Array | undefined;
  #next = 0;

  add(id: number): void {
    this.#ids ??= new Int32Array(SLOTS);
    this.#ids[this.#next] = id;
    this.#next = (this.#next + 1) % SLOTS;
  }

  has(id: number): boolean {
    return this.#ids?.includes(id) ?? false;
  }
}
