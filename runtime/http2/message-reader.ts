/**
 * Messages out of the bytes of one call: each is a byte (1: compressed), its length as uint32 and then that many bytes.
 * The length is held against the limit as soon as it is there. Memory grows with what arrived, never with what was
 * announced. Bytes are copied as they arrive, because what was read is only lent, and a message ends at a multiple of 16 bytes,
 * because a tensor's bytes come last in it: they can then be read where they lie (docs/adr/0033).
 */
import { Buffer } from 'node:buffer';
import type { AssemblyPool } from './assembly-pool.js';
import { PREFIX_BYTES } from './method.js';
import { RpcError } from './rpc-error.js';

export interface Framed {
  readonly isCompressed: boolean;
  readonly payload: Buffer;
}

/** Up to here a message's whole memory is taken at its first byte; beyond it grows by doubling. */
const EAGER_BYTES = 1024 * 1024;
/** More than the widest element has. A larger multiple would promise nothing: malloc gives no more. */
const ALIGNMENT = 16;
const NOTHING = Buffer.alloc(0);

export class MessageReader {
  /** Whole, and not taken yet. */
  readonly #messages: Framed[] = [];
  /** What comes after them is no message. */
  #failure: RpcError | undefined;
  readonly #prefix = Buffer.allocUnsafe(PREFIX_BYTES);
  #prefixBytes = 0;
  /** The message that is being put together. */
  #assembly: Buffer | undefined;
  /** That of the last message that was put together. */
  #memory: Buffer | undefined;
  #filled = 0;
  #size = 0;
  #isCompressed = false;

  /** With `pool`, memory for messages may come from there; it goes back by `recycle` alone. */
  constructor(
    readonly limitBytes: number,
    readonly pool?: AssemblyPool,
  ) {}

  /** Neither a message nor a part of one is left. */
  get isEmpty(): boolean {
    return this.#messages.length === 0 && this.#failure === undefined && !this.isPartial;
  }

  /** Whether a message began and has not ended. Messages that nobody took count as ended. */
  get isPartial(): boolean {
    return this.#assembly !== undefined || this.#prefixBytes > 0;
  }

  /** Throws RpcError when the first message that is not taken yet is larger than the limit. `chunk` is not needed afterwards. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && this.#failure === undefined)
      at = this.#assembly === undefined ? this.#readPrefix(chunk, at) : this.#append(chunk, at);
    if (this.#failure !== undefined && this.#messages.length === 0) throw this.#failure;
  }

  /** The next whole message. Throws as `push` does. */
  next(): Framed | undefined {
    if (this.#messages.length > 0) return this.#messages.shift();
    if (this.#failure !== undefined) throw this.#failure;
    return undefined;
  }

  /** Lets others use the memory of the last message. Nobody may look at it after that. */
  recycle(): void {
    if (this.#memory !== undefined) this.pool?.give(this.#memory);
    this.#memory = undefined;
  }

  /** Returns where it ends, as far as it is there. */
  #readPrefix(chunk: Buffer, at: number): number {
    const there = chunk.length - at;
    if (this.#prefixBytes === 0 && there >= PREFIX_BYTES) {
      this.#begin(chunk, at, there - PREFIX_BYTES);
      return at + PREFIX_BYTES;
    }
    const end = at + Math.min(there, PREFIX_BYTES - this.#prefixBytes);
    chunk.copy(this.#prefix, this.#prefixBytes, at, end);
    this.#prefixBytes += end - at;
    if (this.#prefixBytes < PREFIX_BYTES) return end;
    this.#prefixBytes = 0;
    this.#begin(this.#prefix, 0, chunk.length - end);
    return end;
  }

  /** A message whose prefix lies at `at`, and of which `there` bytes or more have come. */
  #begin(prefix: Buffer, at: number, there: number): void {
    const flag = prefix[at];
    this.#size = prefix.readUInt32BE(at + 1);
    if (flag !== 0 && flag !== 1) this.#failure = new RpcError('INTERNAL', `a message begins with byte ${flag}: 0 or 1 (compressed) was expected`);
    else if (this.#size > this.limitBytes) this.#failure = newTooLarge(this.limitBytes, this.#size);
    if (this.#failure !== undefined) return;
    this.#isCompressed = flag === 1;
    this.#filled = 0;
    if (this.#size === 0) this.#finish(NOTHING);
    else this.#assembly = this.#takePooled() ?? this.#allocate(Math.min(this.#size, Math.max(EAGER_BYTES, there)));
  }

  #finish(payload: Buffer): void {
    this.#messages.push({ isCompressed: this.#isCompressed, payload });
    this.#assembly = undefined;
  }

  /** Returns where the message's bytes end. */
  #append(chunk: Buffer, at: number): number {
    let assembly = this.#assembly ?? NOTHING;
    const end = at + Math.min(chunk.length - at, this.#size - this.#filled);
    const filled = this.#filled + end - at;
    if (filled > assembly.length) {
      const grown = this.#allocate(Math.min(this.#size, Math.max(assembly.length * 2, filled)));
      assembly.copy(grown, 0, 0, this.#filled);
      assembly = grown;
      this.#assembly = grown;
    }
    chunk.copy(assembly, this.#filled, at, end);
    this.#filled = filled;
    if (filled === this.#size) this.#finish(assembly);
    return end;
  }

  /** Room for the whole message at once: the memory is there already, whatever the client does. */
  #takePooled(): Buffer | undefined {
    const memory = this.pool?.take(this.#size + ALIGNMENT);
    return memory === undefined ? undefined : this.#place(memory, this.#size);
  }

  /** Room for the first `bytes` of the message. */
  #allocate(bytes: number): Buffer {
    const isWhole = bytes === this.#size;
    const memory = isWhole && this.pool !== undefined ? this.pool.allocate(bytes + ALIGNMENT) : Buffer.allocUnsafe(bytes + ALIGNMENT);
    return this.#place(memory, bytes);
  }

  /** So that the byte after the message's last lies at a multiple of ALIGNMENT. */
  #place(memory: Buffer, bytes: number): Buffer {
    this.#memory = memory;
    const start = ALIGNMENT - 1 - ((memory.byteOffset + this.#size - 1) % ALIGNMENT);
    return memory.subarray(start, start + bytes);
  }
}

export function newTooLarge(limitBytes: number, bytes: number | string): RpcError {
  return new RpcError(
    'INVALID_ARGUMENT',
    `request is larger than the limit of ${limitBytes} bytes: Received message larger than max (${bytes} vs ${limitBytes})`,
  );
}
