/**
 * The serving thread's side of a session that lives elsewhere. A batch is laid into one of two slabs, so that the next one is
 * ready while one runs; replies come in the order of the runs. Nothing is ever cut off: `close` waits, and a session that
 * makes no progress is given up, with its requests told, but not ended.
 */
import { InferenceError } from '../core/inference-error.js';
import type { ModelSignature } from '../core/signature.js';
import type { RunBatch, RunOutcome, Session } from '../dataplane/ports.js';
import { BurstWatch } from './burst-watch.js';
import { HangWatch } from './hang-watch.js';
import { layBatch, planBatch } from './lay-batch.js';
import { collectGarbageSoon } from './memory-return.js';
import type { SessionChannel } from './session-channel.js';
import { newSessionLost } from './session-lost.js';
import { Slab } from './slab.js';
import { type HostReply, monotonicSeconds, type RanReply } from './worker-protocol.js';

interface Pending {
  readonly id: number;
  readonly slab: number;
  readonly askedSeconds: number;
  resolve(outcome: RunOutcome): void;
  reject(error: Error): void;
}

export interface RemoteSessionOptions {
  readonly signature: ModelSignature;
  readonly provider: string;
  readonly hangSeconds: number;
  /** The session died or hangs; told once, never after `close`. `isHung`: its thread is inside ONNX Runtime still. */
  readonly onLost: (error: InferenceError, isHung: boolean) => void;
  /** Its thread or process is gone, whatever the reason. */
  readonly onEnd?: () => void;
  /** Tests shorten it. */
  readonly burstPeriodMs?: number;
}

const DEPTH = 2;

export class RemoteSession implements Session {
  readonly depth = DEPTH;
  readonly signature: ModelSignature;
  readonly provider: string;
  readonly #slabs = Array.from({ length: DEPTH }, () => new Slab());
  readonly #pending: Pending[] = [];
  readonly #ended = Promise.withResolvers<void>();
  readonly #hang: HangWatch;
  readonly #burst: BurstWatch;
  #drained: (() => void) | undefined;
  #nextId = 0;
  #isClosing = false;
  #lost: InferenceError | undefined;

  constructor(
    readonly channel: SessionChannel,
    readonly options: RemoteSessionOptions,
  ) {
    this.signature = options.signature;
    this.provider = options.provider;
    this.#hang = new HangWatch({ seconds: options.hangSeconds, monotonicSeconds, onHang: (seconds) => this.#giveUp(seconds) });
    this.#burst = new BurstWatch({ onCalm: () => this.trim(), isBusy: () => this.#pending.length > 0, periodMs: options.burstPeriodMs });
    channel.onReply = (reply) => this.#settle(reply);
    channel.onEnd = (why) => this.#onEnd(why);
  }

  async run(batch: RunBatch): Promise<RunOutcome> {
    if (this.#lost !== undefined) throw this.#lost;
    if (this.#isClosing) throw new InferenceError('UNAVAILABLE', 'The session is closed');
    const slab = [0, 1].find((index) => this.#pending.every((pending) => pending.slab !== index));
    if (slab === undefined) throw new Error(`This session takes ${DEPTH} batches at a time`);
    const askedSeconds = monotonicSeconds();
    const plan = planBatch(batch);
    const memory = this.#lay(slab, plan, batch);
    this.#burst.note(plan.bytes);
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<RunOutcome>();
    this.channel.send({ kind: 'run', id, memory, inputs: plan.inputs, outputs: batch.outputs });
    this.#pending.push({ id, slab, askedSeconds, resolve, reject }); // the reply comes in a later turn
    this.#hang.began();
    return await promise;
  }

  trim(): void {
    if (this.#lost !== undefined || this.#isClosing) return;
    for (const slab of this.#slabs) slab.release(); // runs in progress hold theirs themselves
    this.channel.send({ kind: 'trim' });
    collectGarbageSoon();
  }

  async close(): Promise<void> {
    if (this.#lost !== undefined) return; // nothing can be freed that a hung thread holds
    const isFirst = !this.#isClosing;
    this.#isClosing = true;
    if (this.#pending.length > 0) await this.#whenDrained();
    if (this.#lost !== undefined) return;
    if (isFirst) this.channel.send({ kind: 'close' });
    await this.#ended.promise;
  }

  #whenDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = chain(this.#drained, resolve);
    });
  }

  #lay(slab: number, plan: ReturnType<typeof planBatch>, batch: RunBatch): number | Uint8Array {
    if (!this.channel.sharesMemory) {
      const own = new Uint8Array(plan.bytes);
      layBatch(plan, batch, own);
      return own;
    }
    const reserved = this.#slabs[slab]?.reserve(plan.bytes);
    if (reserved === undefined) throw new Error(`There is no slab ${slab}`);
    layBatch(plan, batch, new Uint8Array(reserved.memory));
    if (reserved.isNew) this.channel.send({ kind: 'slab', slab, memory: reserved.memory });
    return slab;
  }

  #settle(reply: HostReply): void {
    if (reply.kind !== 'ran' && reply.kind !== 'failed') return;
    const pending = this.#pending.shift();
    if (pending === undefined) {
      this.channel.send({ kind: 'close' }); // it was given up, and came back after all: its memory is worth having
      return;
    }
    this.#hang.ended(reply.kind === 'ran' ? reply.endedSeconds - reply.startedSeconds : 0);
    if (reply.kind === 'failed') pending.reject(new Error(reply.text));
    else pending.resolve(this.#toOutcome(reply, pending.askedSeconds));
    this.#notifyDrained();
  }

  #toOutcome({ outputs, startedSeconds, endedSeconds }: RanReply, askedSeconds: number): RunOutcome {
    this.#burst.note(outputs.reduce((sum, output) => sum + output.data.byteLength, 0));
    return {
      outputs,
      inputSeconds: startedSeconds - askedSeconds,
      inferenceSeconds: endedSeconds - startedSeconds,
      outputSeconds: monotonicSeconds() - endedSeconds,
    };
  }

  #giveUp(seconds: number): void {
    this.channel.abandon();
    this.#lose(newSessionLost(`it made no progress for ${seconds.toFixed(1)} s`), true);
  }

  #onEnd(why: string): void {
    if (!this.#isClosing || this.#pending.length > 0) this.#lose(newSessionLost(why), false);
    this.#hang.stop();
    this.#burst.stop();
    this.#ended.resolve();
    this.options.onEnd?.();
  }

  #lose(error: InferenceError, isHung: boolean): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    this.#hang.stop();
    this.#burst.stop();
    for (const pending of this.#pending.splice(0)) pending.reject(error);
    this.#notifyDrained();
    if (!this.#isClosing) this.options.onLost(error, isHung);
    else if (isHung) this.#ended.resolve();
  }

  #notifyDrained(): void {
    if (this.#pending.length === 0) this.#drained?.();
  }
}

function chain(first: (() => void) | undefined, second: () => void): () => void {
  return () => {
    first?.();
    second();
  };
}
