/**
 * What arrived for a paused stream. It is copied together: a frame of one byte would otherwise keep an object of a hundred, and the
 * whole read that it lay in.
 */
import { Buffer } from 'node:buffer';

/** A block is about as large as what is there already, within these. */
const MIN_BLOCK_BYTES = 512;
const MAX_BLOCK_BYTES = 16 * 1024;

export class HeldBytes {
  /** The last one has room for more; the others are full. */
  readonly #blocks: Buffer[] = [];
  #lastUsed = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: Buffer): void {
    const last = this.#blocks.at(-1);
    const fits = last === undefined ? 0 : bytes.copy(last, this.#lastUsed);
    this.#lastUsed += fits;
    if (fits < bytes.length) {
      const rest = bytes.subarray(fits);
      const block = Buffer.allocUnsafeSlow(Math.max(rest.length, Math.min(MAX_BLOCK_BYTES, Math.max(MIN_BLOCK_BYTES, this.#bytes))));
      this.#blocks.push(block);
      this.#lastUsed = rest.copy(block);
    }
    this.#bytes += bytes.length;
  }

  /** The oldest of it. */
  take(): Buffer | undefined {
    const block = this.#blocks.shift();
    if (block === undefined) return undefined;
    const taken = this.#blocks.length === 0 ? block.subarray(0, this.#lastUsed) : block;
    this.#bytes -= taken.length;
    return taken;
  }
}
