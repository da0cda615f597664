/** Compressed messages, within bounds: a bomb of some kilobytes ends at the limit of a message, and few are open at a time. */
import type { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { newTooLarge } from './message-reader.js';
import { RpcError } from './rpc-error.js';

export const ENCODINGS = ['identity', 'deflate', 'gzip'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const OPEN = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const;
/** Each may hold a whole message: this many are inflated at a time, others wait. */
const AT_ONCE = 4;

export function isEncoding(text: string): text is Encoding {
  return ENCODINGS.some((encoding) => encoding === text);
}

export class Inflater {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Rejects with RpcError INVALID_ARGUMENT. */
  async inflate(payload: Buffer, encoding: Encoding, limitBytes: number): Promise<Buffer> {
    if (encoding === 'identity') throw new RpcError('INTERNAL', 'a message is marked as compressed, but the call has no grpc-encoding');
    if (payload.length === 0) return payload;
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      // zlib refuses an output limit of 0
      return await OPEN[encoding](payload, { maxOutputLength: Math.max(1, limitBytes) });
    } catch (error) {
      if (isTooLong(error)) throw newTooLarge(limitBytes, 'more');
      throw new RpcError('INVALID_ARGUMENT', `request is not a message of this method: it is no ${encoding}`, { cause: error });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

function isTooLong(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
