/** Buffers in which frames wait for the socket, used again by all connections. What lies idle is bounded. */
import { Buffer } from 'node:buffer';

export const OUTPUT_BYTES = 64 * 1024;
/** 4 MiB. */
const MAX_IDLE = 64;

export class OutputPool {
  readonly #idle: Buffer[] = [];

  get idle(): number {
    return this.#idle.length;
  }

  take(): Buffer {
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(OUTPUT_BYTES);
  }

  give(buffer: Buffer): void {
    if (this.#idle.length < MAX_IDLE) this.#idle.push(buffer);
  }
}
