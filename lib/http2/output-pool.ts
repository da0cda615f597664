/** What the outputs of all connections share: the buffers in which frames wait, used again, and the end of a turn, when they leave. */
import { Buffer } from 'node:buffer';

export const OUTPUT_BYTES = 64 * 1024;
/** 4 MiB. */
const MAX_IDLE = 64;

export interface Flushed {
  flush(): void;
}

export class OutputPool {
  /** At most MAX_IDLE. */
  readonly #idle: Buffer[] = [];
  #due: Flushed[] = [];

  get idle(): number {
    return this.#idle.length;
  }

  take(): Buffer {
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(OUTPUT_BYTES);
  }

  give(buffer: Buffer): void {
    if (this.#idle.length < MAX_IDLE) this.#idle.push(buffer);
  }

  /** Lets go what lies idle. */
  clear(): void {
    this.#idle.length = 0;
  }

  /** When everything that runs now is done; with promises that it settles only where it is asked by one of them. */
  flushSoon(output: Flushed): void {
    if (this.#due.push(output) === 1) process.nextTick(this.#flushAll);
  }

  readonly #flushAll = (): void => {
    const due = this.#due;
    this.#due = [];
    for (const output of due) output.flush();
  };
}
