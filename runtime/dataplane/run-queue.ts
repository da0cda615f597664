/**
 * The line in front of one session. Bounded in requests and in bytes, first come first served; what is cancelled or too
 * late when its turn comes is never run.
 */
import { InferenceError } from '../core/inference-error.js';

export interface QueueLimits {
  readonly length: number;
  readonly bytes: number;
}

export interface Ticket {
  readonly bytes: number;
  /** Aborted when the client went away or its deadline passed. */
  readonly signal?: AbortSignal;
}

interface Waiting extends Ticket {
  start(): void;
}

export class RunQueue {
  #isBusy = false;
  #waitingBytes = 0;
  readonly #waiting: Waiting[] = [];

  constructor(readonly limits: QueueLimits) {}

  get depth(): number {
    return this.waiting + (this.#isBusy ? 1 : 0);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Runs `task` when its turn comes. Rejects with InferenceError when there is no room, or nobody waits any more. */
  async run<Result>(ticket: Ticket, task: () => Promise<Result>): Promise<Result> {
    await this.#admit(ticket);
    try {
      return await task();
    } finally {
      this.#isBusy = false;
      this.#startNext();
    }
  }

  #admit(ticket: Ticket): Promise<void> {
    if (ticket.signal?.aborted === true) return Promise.reject(newCancelled());
    if (!this.#isBusy) {
      this.#isBusy = true;
      return Promise.resolve();
    }
    const { length, bytes } = this.limits;
    if (this.#waiting.length >= length) return Promise.reject(newOverload(`${length} requests wait already`));
    if (this.#waitingBytes + ticket.bytes > bytes)
      return Promise.reject(newOverload(`the waiting requests hold ${this.#waitingBytes} of ${bytes} bytes`));
    return new Promise((resolve, reject) => this.#enqueue(ticket, resolve, reject));
  }

  #enqueue(ticket: Ticket, resolve: () => void, reject: (error: InferenceError) => void): void {
    const leave = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      this.#waitingBytes -= ticket.bytes;
      reject(newCancelled());
    };
    const entry: Waiting = {
      ...ticket,
      start: () => {
        ticket.signal?.removeEventListener('abort', leave);
        resolve();
      },
    };
    ticket.signal?.addEventListener('abort', leave, { once: true });
    this.#waiting.push(entry);
    this.#waitingBytes += ticket.bytes;
  }

  #startNext(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#waitingBytes -= next.bytes;
    this.#isBusy = true;
    next.start();
  }
}

function newOverload(detail: string): InferenceError {
  return new InferenceError('RESOURCE_EXHAUSTED', `Exceeds maximum queue size: ${detail}`);
}

function newCancelled(): InferenceError {
  return new InferenceError('CANCELLED', 'The client cancelled the request, or its deadline passed, before the model ran');
}
