/** Streams that have no id yet, for node:http2 to keep its own in: on a server one at a time, so that a list will do. Why not a Set: see StreamTable. */
export class PendingStreams extends Set<unknown> {
  readonly #streams: unknown[] = [];

  override get size(): number {
    return this.#streams.length;
  }

  override has(stream: unknown): boolean {
    return this.#streams.includes(stream);
  }

  override add(stream: unknown): this {
    if (!this.has(stream)) this.#streams.push(stream);
    return this;
  }

  override delete(stream: unknown): boolean {
    const index = this.#streams.lastIndexOf(stream);
    if (index < 0) return false;
    this.#streams.splice(index, 1);
    return true;
  }

  override clear(): void {
    this.#streams.length = 0;
  }

  override forEach(callback: (stream: unknown, same: unknown, set: Set<unknown>) => void): void {
    for (const stream of [...this.#streams]) callback(stream, stream, this);
  }

  override values(): SetIterator<unknown> {
    return [...this.#streams].values();
  }

  override keys(): SetIterator<unknown> {
    return this.values();
  }

  override entries(): SetIterator<[unknown, unknown]> {
    return this.#streams.map((stream): [unknown, unknown] => [stream, stream]).values();
  }

  override [Symbol.iterator](): SetIterator<unknown> {
    return this.values();
  }
}
