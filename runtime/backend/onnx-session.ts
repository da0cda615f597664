/** The serving thread's side of one session: copies inputs once into memory that is moved to the worker. */
import type { Worker } from 'node:worker_threads';
import { joinBytesElements, splitBytesElements } from '../core/bytes-elements.js';
import type { ModelSignature } from '../core/signature.js';
import type { Tensor } from '../core/tensor.js';
import type { RunBatch, RunOutcome, Session } from '../dataplane/ports.js';
import { findDatatypeByNativeName, NATIVE_TYPES } from './native-types.js';
import { monotonicSeconds, type RanReply, type RunMessage, type WireTensor, type WorkerReply } from './worker-protocol.js';

interface Pending {
  readonly askedSeconds: number;
  resolve(outcome: RunOutcome | Promise<RunOutcome>): void;
  reject(error: Error): void;
}

export class OnnxSession implements Session {
  readonly depth = 1;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #isClosing = false;

  constructor(
    readonly worker: Worker,
    readonly signature: ModelSignature,
    readonly provider: string,
    onCrash: (error: Error) => void,
  ) {
    worker.on('message', (reply: WorkerReply) => this.#settle(reply));
    worker.on('error', (error: Error) => this.#abandon(error, onCrash));
    worker.on('exit', (code) => this.#abandon(new Error(`The inference thread ended with code ${code}`), onCrash));
  }

  run({ parts, outputs }: RunBatch): Promise<RunOutcome> {
    if (this.#isClosing) return Promise.reject(new Error('The session is closed'));
    const [part, ...others] = parts;
    if (part === undefined || others.length > 0) return Promise.reject(new Error('This session runs one request at a time'));
    const { inputs } = part;
    const id = this.#nextId++;
    const askedSeconds = monotonicSeconds();
    const wire = inputs.map(toWire);
    const message: RunMessage = { id, inputs: wire, outputs };
    return new Promise((resolve, reject) => {
      this.worker.postMessage(
        message,
        wire.flatMap((tensor) => (tensor.data instanceof ArrayBuffer ? [tensor.data] : [])),
      );
      this.#pending.set(id, { askedSeconds, resolve, reject }); // the reply comes in a later turn
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.worker.terminate();
  }

  #settle(reply: WorkerReply): void {
    if (reply.kind !== 'ran' && reply.kind !== 'failed') return;
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (pending === undefined) return;
    if (reply.kind === 'failed') pending.reject(new Error(reply.text));
    else pending.resolve(readOutcome(reply, pending.askedSeconds));
  }

  #abandon(error: Error, onCrash: (error: Error) => void): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    if (this.#isClosing) return;
    this.#isClosing = true;
    onCrash(error);
  }
}

/** A promise, so that an output which cannot be carried fails its request and not the process. */
async function readOutcome(reply: RanReply, askedSeconds: number): Promise<RunOutcome> {
  const { startedSeconds, endedSeconds } = reply;
  const outputs = reply.outputs.map(fromWire);
  return {
    outputs,
    inputSeconds: startedSeconds - askedSeconds,
    inferenceSeconds: endedSeconds - startedSeconds,
    outputSeconds: monotonicSeconds() - endedSeconds,
  };
}

function toWire(tensor: Tensor): WireTensor {
  const { name, shape, datatype, data } = tensor;
  const type = NATIVE_TYPES[datatype].name;
  if (datatype === 'BYTES') return { name, type, shape, data: toStrings(data) };
  // One copy, which also aligns: protobuf leaves tensors at odd offsets.
  return { name, type, shape, data: new Uint8Array(data).buffer };
}

function fromWire(tensor: WireTensor): Tensor {
  const { name, shape, type } = tensor;
  const datatype = findDatatypeByNativeName(type);
  if (datatype === undefined) throw new Error(`ONNX Runtime gave output '${name}' as ${type}, which the protocol does not know`);
  const data = tensor.data instanceof ArrayBuffer ? new Uint8Array(tensor.data) : fromStrings(tensor.data);
  return { name, datatype, shape, data };
}

function toStrings(data: Uint8Array): string[] {
  const elements = splitBytesElements(data);
  if (typeof elements === 'string') throw new Error(elements);
  return elements.map((element) => Buffer.from(element.buffer, element.byteOffset, element.byteLength).toString('utf8'));
}

function fromStrings(strings: readonly string[]): Uint8Array {
  return joinBytesElements(strings.map((text) => Buffer.from(text, 'utf8')));
}
