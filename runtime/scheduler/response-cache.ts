/** Answers by the key of their request: the least recently used go first, and their bytes are bounded. */
import type { Tensor } from '../core/tensor.js';

/** What an entry takes beside its tensors' bytes: key, map entry and objects, with room to spare. */
const ENTRY_BYTES = 512;
const TENSOR_BYTES = 256;

interface Stored {
  readonly outputs: readonly Tensor[];
  readonly bytes: number;
}

export class ResponseCache {
  /** The least recently used first. */
  readonly #entries = new Map<string, Stored>();
  #bytes = 0;

  constructor(readonly maxBytes: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** Read-only: every hit gets the same memory. */
  get(key: string): readonly Tensor[] | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.outputs;
  }

  /** Keeps a copy: the outputs may be views of a whole batch, whose memory would live on for one row. One that is larger than the cache is not kept. */
  set(key: string, outputs: readonly Tensor[]): void {
    const bytes = outputs.reduce((sum, { data }) => sum + data.byteLength + TENSOR_BYTES, ENTRY_BYTES);
    if (bytes > this.maxBytes || this.#entries.has(key)) return;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes + bytes <= this.maxBytes) break;
      this.#entries.delete(oldest);
      this.#bytes -= entry.bytes;
    }
    this.#entries.set(key, { outputs: outputs.map(copyTensor), bytes });
    this.#bytes += bytes;
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}

/** In memory of its own, whatever it was a view of: not even Buffer's pool is shared. */
export function copyTensor(tensor: Tensor): Tensor {
  return { ...tensor, data: Uint8Array.from(tensor.data) };
}
