/**
 * Messages out of the bytes of one call: each is a byte (1: compressed), its length as uint32 and then that many bytes.
 * The length is held against the limit as soon as it is there. Memory grows with what arrived, never with what was
 * announced. A message that came in one piece stays a view of it; one that is put together ends at a multiple of 16 bytes,
 * because a tensor's bytes come last in its message: they can then be read where they lie (docs/adr/0033).
 */
import { Buffer } from 'node:buffer';
import type { AssemblyPool } from './assembly-pool.js';
import { RpcError } from './rpc-error.js';

export interface Framed {
  readonly isCompressed: boolean;
  readonly payload: Buffer;
}

const PREFIX_BYTES = 5;
/** Up to here a message's whole memory is taken at its first byte; beyond it grows by doubling. */
const EAGER_BYTES = 1024 * 1024;
/** More than the widest element has. A larger multiple would promise nothing: malloc gives no more. */
const ALIGNMENT = 16;
const NOTHING = Buffer.alloc(0);

export class MessageReader {
  /** Bytes that belong to no message yet, in one piece. */
  #rest: Buffer = NOTHING;
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
    return this.#rest.length === 0 && this.#assembly === undefined;
  }

  /** Whether a message began and has not ended. Messages that nobody took count as ended. */
  get isPartial(): boolean {
    if (this.#assembly !== undefined) return this.#filled < this.#size;
    return this.#rest.length > 0 && (this.#rest.length < PREFIX_BYTES || this.#rest.length < PREFIX_BYTES + this.#rest.readUInt32BE(1));
  }

  /** Throws RpcError when the first message that is not taken yet is larger than the limit. */
  push(chunk: Buffer): void {
    if (this.#assembly !== undefined && this.#filled < this.#size) this.#append(chunk);
    else {
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      if (this.#assembly === undefined) this.#start();
    }
  }

  /** The next whole message. Throws as `push` does. */
  next(): Framed | undefined {
    if (this.#assembly !== undefined) {
      if (this.#filled < this.#size) return undefined;
      const payload = this.#assembly;
      this.#assembly = undefined;
      return { isCompressed: this.#isCompressed, payload };
    }
    if (!this.#readPrefix()) return undefined;
    const end = PREFIX_BYTES + this.#size;
    if (this.#rest.length < end) {
      this.#start();
      return undefined;
    }
    const payload = this.#rest.subarray(PREFIX_BYTES, end);
    this.#rest = this.#rest.length === end ? NOTHING : this.#rest.subarray(end);
    return { isCompressed: this.#isCompressed, payload };
  }

  /** Lets others use the memory of the last message. Nobody may look at it after that. */
  recycle(): void {
    if (this.#memory !== undefined) this.pool?.give(this.#memory);
    this.#memory = undefined;
  }

  /** False as long as the prefix is not there. */
  #readPrefix(): boolean {
    const rest = this.#rest;
    if (rest.length < PREFIX_BYTES) return false;
    const flag = rest[0];
    if (flag !== 0 && flag !== 1) throw new RpcError('INTERNAL', `a message begins with byte ${flag}: 0 or 1 (compressed) was expected`);
    this.#isCompressed = flag === 1;
    this.#size = rest.readUInt32BE(1);
    if (this.#size > this.limitBytes) throw newTooLarge(this.limitBytes, this.#size);
    return true;
  }

  /** Begins to put together a message that is not whole in `#rest`. */
  #start(): void {
    if (!this.#readPrefix() || this.#rest.length >= PREFIX_BYTES + this.#size) return;
    const begun = this.#rest.subarray(PREFIX_BYTES);
    this.#rest = NOTHING;
    this.#assembly = this.#takePooled() ?? this.#allocate(Math.min(this.#size, Math.max(EAGER_BYTES, begun.length)));
    this.#filled = 0;
    this.#append(begun);
  }

  #append(chunk: Buffer): void {
    let assembly = this.#assembly ?? NOTHING;
    const wanted = Math.min(chunk.length, this.#size - this.#filled);
    if (this.#filled + wanted > assembly.length) {
      const grown = this.#allocate(Math.min(this.#size, Math.max(assembly.length * 2, this.#filled + wanted)));
      assembly.copy(grown, 0, 0, this.#filled);
      assembly = grown;
      this.#assembly = grown;
    }
    chunk.copy(assembly, this.#filled, 0, wanted);
    this.#filled += wanted;
    if (wanted < chunk.length) this.#rest = chunk.subarray(wanted);
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
