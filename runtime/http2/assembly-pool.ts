/**
 * Memory in which messages are put together, used again: V8 counts what lies outside its heap, and marks the whole heap for every
 * 64 MB of it, which with messages of 600 KB is one time in fifty. Pieces come back from calls that ended well and whose bytes nobody
 * can see any more. What lies idle is bounded, and what nobody needed for a while is let go.
 */
import { Buffer } from 'node:buffer';

/** Smaller pieces are no burden. */
const MIN_BYTES = 1024;
/** Sizes between two powers of two: at most a quarter of a piece stays unused. */
const STEPS = 4;

interface Shelf {
  readonly idle: Buffer[];
  /** Fewest that lay idle since the last trim: nobody needed those. */
  least: number;
}

export class AssemblyPool {
  readonly #shelves = new Map<number, Shelf>();
  #idleBytes = 0;

  constructor(readonly limitBytes: number) {}

  get idleBytes(): number {
    return this.#idleBytes;
  }

  /** At least `bytes`, holding anything, or undefined when none lies idle. */
  take(bytes: number): Buffer | undefined {
    const shelf = this.#shelves.get(roundUp(bytes));
    const memory = shelf?.idle.pop();
    if (shelf === undefined || memory === undefined) return undefined;
    shelf.least = Math.min(shelf.least, shelf.idle.length);
    this.#idleBytes -= memory.length;
    return memory;
  }

  /** New memory of at least `bytes` that may come here when it is no longer used. */
  allocate(bytes: number): Buffer {
    return bytes < MIN_BYTES ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(roundUp(bytes));
  }

  /** From `take` or `allocate`. Nobody else may have a view of it. */
  give(memory: Buffer): void {
    const { length } = memory;
    if (length < MIN_BYTES || length !== roundUp(length) || this.#idleBytes + length > this.limitBytes) return;
    const shelf = this.#shelves.get(length) ?? { idle: [], least: 0 };
    this.#shelves.set(length, shelf);
    shelf.idle.push(memory);
    this.#idleBytes += length;
  }

  /** Lets go all that lies idle. */
  clear(): void {
    this.#shelves.clear();
    this.#idleBytes = 0;
  }

  /** Lets go what was not needed since the last call. */
  trim(): void {
    for (const [length, shelf] of this.#shelves) {
      this.#idleBytes -= shelf.idle.splice(0, shelf.least).length * length;
      shelf.least = shelf.idle.length;
      if (shelf.idle.length === 0) this.#shelves.delete(length);
    }
  }
}

/** 600,000 becomes 655,360: five quarters of 2^19. */
function roundUp(bytes: number): number {
  const step = 2 ** (31 - Math.clz32(Math.max(bytes, MIN_BYTES))) / STEPS;
  return Math.ceil(bytes / step) * step;
}
