/**
 * The dynamic table of a decoder (RFC 7541 2.3.2): a queue of fields, the newest at position 0, bounded by their bytes. A ring, whose
 * capacity is a power of two and grows with what is in it.
 */
import { FIELD_OVERHEAD_BYTES } from './header-list.js';

/** What a table may hold as long as nobody has said otherwise (RFC 9113 6.5.2), bytes. */
export const INITIAL_TABLE_BYTES = 4096;

const INITIAL_CAPACITY = 16;

export class DynamicTable {
  /** Grows with each change: what was decoded at one count holds as long as the count does. */
  changes = 0;

  #names: string[] = new Array<string>(INITIAL_CAPACITY).fill('');
  #values: string[] = new Array<string>(INITIAL_CAPACITY).fill('');
  #mask = INITIAL_CAPACITY - 1;
  /** Where the next field goes. */
  #next = 0;
  #count = 0;
  #bytes = 0;
  #maxBytes = INITIAL_TABLE_BYTES;

  nameAt(position: number): string | undefined {
    return position < this.#count ? this.#names[(this.#next - 1 - position) & this.#mask] : undefined;
  }

  valueAt(position: number): string | undefined {
    return position < this.#count ? this.#values[(this.#next - 1 - position) & this.#mask] : undefined;
  }

  /** A field that is larger than the table empties it (RFC 7541 4.4). */
  add(name: string, value: string): void {
    this.changes++;
    const bytes = name.length + value.length + FIELD_OVERHEAD_BYTES;
    this.#evictTo(this.#maxBytes - bytes);
    if (bytes > this.#maxBytes) return;
    if (this.#count > this.#mask) this.#grow();
    this.#names[this.#next] = name;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) & this.#mask;
    this.#count++;
    this.#bytes += bytes;
  }

  resize(maxBytes: number): void {
    this.changes++;
    this.#maxBytes = maxBytes;
    this.#evictTo(maxBytes);
  }

  #evictTo(bytes: number): void {
    while (this.#count > 0 && this.#bytes > bytes) {
      const oldest = (this.#next - this.#count) & this.#mask;
      this.#bytes -= (this.#names[oldest] ?? '').length + (this.#values[oldest] ?? '').length + FIELD_OVERHEAD_BYTES;
      this.#names[oldest] = '';
      this.#values[oldest] = '';
      this.#count--;
    }
  }

  /** Of a full ring: the oldest field comes first in the new one. */
  #grow(): void {
    const room = new Array<string>(this.#count).fill('');
    this.#names = [...this.#names.slice(this.#next), ...this.#names.slice(0, this.#next), ...room];
    this.#values = [...this.#values.slice(this.#next), ...this.#values.slice(0, this.#next), ...room];
    this.#next = this.#count;
    this.#mask = 2 * this.#count - 1;
  }
}
