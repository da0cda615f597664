/**
 * The side that owns a session, behind messages. `run` of the binding is synchronous in 1.30.0: here it blocks nobody but
 * itself, while health, deadlines and streams go on in the serving thread. One run per turn of the event loop: ONNX
 * Runtime's output memory is freed by finalizers that wait for a turn, and a host that always found the next message
 * (or slept in Atomics.wait) would never give it back.
 */

import { collectGarbage } from './memory-return.js';
import { runNative } from './native-run.js';
import { loadNativeSession, type NativeSession } from './onnx-binding.js';
import type { HostData, HostMessage, HostReply, RawMetadata, RunMessage } from './worker-protocol.js';

export interface HostPort {
  /** `move`: memory that goes along instead of being copied, where the port can do that. */
  post(reply: HostReply, move: ArrayBuffer[]): void;
  /** Nothing more comes: the thread or the process ends by itself. */
  end(): void;
}

interface HostMemory {
  readonly buffer: ArrayBufferLike;
  readonly start: number;
}

/** Smaller outputs are copied: moving memory costs more than so many bytes. */
const MOVE_MIN_BYTES = 32 * 1024;

export class SessionHost {
  #session: NativeSession | undefined;
  readonly #slabs: ArrayBufferLike[] = [];
  readonly #waiting: { readonly message: RunMessage; readonly memory: HostMemory | undefined }[] = [];
  #isTurnPlanned = false;
  #isClosing = false;

  constructor(
    readonly port: HostPort,
    readonly isMainThread: boolean,
  ) {}

  receive(message: HostMessage): void {
    switch (message.kind) {
      case 'load':
        this.#load(message.data);
        return;
      case 'slab':
        this.#slabs[message.slab] = message.memory;
        return;
      case 'run':
        this.#waiting.push({ message, memory: this.#locate(message.memory) }); // at most `depth` of them
        this.#planTurn();
        return;
      case 'trim':
        this.#slabs.length = 0;
        collectGarbage();
        return;
      case 'close':
        this.#isClosing = true;
        this.#planTurn();
    }
  }

  #load(data: HostData): void {
    try {
      const session = loadNativeSession(data, this.isMainThread);
      this.#session = session;
      const { inputMetadata, outputMetadata } = session;
      this.port.post({ kind: 'loaded', inputs: inputMetadata.map(copyMetadata), outputs: outputMetadata.map(copyMetadata) }, []);
    } catch (error) {
      this.port.post({ kind: 'refused', text: describe(error) }, []);
      this.port.end();
    }
  }

  #planTurn(): void {
    if (this.#isTurnPlanned) return;
    this.#isTurnPlanned = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isTurnPlanned = false;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#answer(next.message, next.memory);
    if (this.#waiting.length > 0) this.#planTurn();
    else if (this.#isClosing) this.#end();
  }

  #end(): void {
    this.#session?.dispose();
    this.#session = undefined;
    this.port.end();
  }

  #answer({ id, inputs, outputs }: RunMessage, memory: HostMemory | undefined): void {
    try {
      if (this.#session === undefined || memory === undefined) throw new Error('The session has no model or no memory');
      const { buffer, start } = memory;
      const located = inputs.map((input) => ({ ...input, memory: buffer, offset: start + input.offset }));
      const run = runNative(this.#session, located, outputs);
      const move = run.outputs.flatMap(({ data }) => (data.byteLength < MOVE_MIN_BYTES ? [] : [data.buffer]));
      this.port.post({ kind: 'ran', id, ...run }, [...new Set(move)]);
    } catch (error) {
      this.port.post({ kind: 'failed', id, text: describe(error) }, []);
    }
  }

  /** When the message comes, not when its turn comes: a trim in between forgets the slabs. */
  #locate(memory: number | Uint8Array): HostMemory | undefined {
    if (typeof memory === 'number') {
      const buffer = this.#slabs[memory];
      return buffer === undefined ? undefined : { buffer, start: 0 };
    }
    const own = memory.byteOffset % 64 === 0 ? memory : Uint8Array.from(memory); // tensors begin at multiples of 64 inside
    return { buffer: own.buffer, start: own.byteOffset };
  }
}

/** The binding's objects do not survive the way between threads; plain ones do. */
function copyMetadata(raw: RawMetadata): RawMetadata {
  const { name, isTensor, type, shape, symbolicDimensions } = raw;
  return isTensor
    ? { name, isTensor, type, shape: [...shape], symbolicDimensions: [...symbolicDimensions] }
    : { name, isTensor, type: 0, shape: [], symbolicDimensions: [] };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
