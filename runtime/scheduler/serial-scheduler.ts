/**
 * The line in front of one session. Bounded in requests and in bytes, first come first served; what is cancelled or too
 * late when its turn comes is never run.
 */
import { InferenceError } from '../core/inference-error.js';
import type { InferenceStatistics } from '../dataplane/inference-statistics.js';
import type { Scheduler, Session, WorkItem } from '../dataplane/ports.js';

export interface SerialSchedulerOptions {
  readonly session: Session;
  readonly statistics: InferenceStatistics;
  readonly limits: { readonly queueLength: number; readonly queueBytes: number };
  readonly nowSeconds: () => number;
  readonly nowMs: () => number;
}

interface Waiting {
  readonly item: WorkItem;
  readonly since: number;
}

export class SerialScheduler implements Scheduler {
  #isBusy = false;
  #waitingBytes = 0;
  readonly #waiting: Waiting[] = [];

  constructor(readonly options: SerialSchedulerOptions) {}

  get depth(): number {
    return this.waiting + (this.#isBusy ? 1 : 0);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  submit(item: WorkItem): void {
    const { queueLength, queueBytes } = this.options.limits;
    const entry = { item, since: this.options.nowSeconds() };
    if (item.call.isGone) item.done({ error: newCancelled() });
    else if (!this.#isBusy) this.#run(entry);
    else if (this.#waiting.length >= queueLength) item.done({ error: newOverload(`${queueLength} requests wait already`) });
    else if (this.#waitingBytes + item.bytes > queueBytes)
      item.done({ error: newOverload(`the waiting requests hold ${this.#waitingBytes} of ${queueBytes} bytes`) });
    else this.#enqueue(entry);
  }

  #enqueue(entry: Waiting): void {
    const { item } = entry;
    this.#waiting.push(entry);
    this.#waitingBytes += item.bytes;
    item.call.onGone = () => {
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      this.#waitingBytes -= item.bytes;
      item.done({ error: newCancelled() });
    };
  }

  #run({ item, since }: Waiting): void {
    const { session, statistics, nowSeconds, nowMs } = this.options;
    this.#isBusy = true;
    item.call.onGone = undefined;
    const queueSeconds = nowSeconds() - since;
    const { inputs, rows, outputs } = item;
    session
      .run({ parts: [{ inputs, rows }], outputs })
      .then(
        ({ outputs: tensors, ...run }) => {
          statistics.addExecution(nowMs(), rows, run);
          item.done({ outputs: tensors, queueSeconds, run });
        },
        (error: Error) => item.done({ error, queueSeconds }),
      )
      .finally(() => this.#startNext());
  }

  #startNext(): void {
    this.#isBusy = false;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#waitingBytes -= next.item.bytes;
    this.#run(next);
  }
}

function newOverload(detail: string): InferenceError {
  return new InferenceError('RESOURCE_EXHAUSTED', `Exceeds maximum queue size: ${detail}`);
}

function newCancelled(): InferenceError {
  return new InferenceError('CANCELLED', 'The client cancelled the request, or its deadline passed, before the model ran');
}
