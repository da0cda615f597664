/** A body that is written to while somebody reads it. */
export class TextPipe {
  readonly #chunks: Buffer[] = [];
  #end: 'Open' | 'Ended' | 'Cut' = 'Open';
  #wake = (): void => undefined;

  write(text: string): void {
    if (this.#end === 'Open') this.#chunks.push(Buffer.from(text));
    this.#wake();
  }

  /** What was written before is read before. */
  end(how: 'Ended' | 'Cut'): void {
    if (this.#end === 'Open') this.#end = how;
    this.#wake();
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) yield chunk;
      else if (this.#end === 'Ended') return;
      else if (this.#end === 'Cut') throw new Error('The answer was cut off');
      else await this.#news();
    }
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
