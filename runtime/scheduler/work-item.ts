/** What the scheduler is given and what it gives back. One object per request, kept small: there are tens of thousands a second. */
import type { CallState } from '../core/call-state.js';
import type { InferenceError } from '../core/inference-error.js';
import type { Tensor } from '../core/tensor.js';
import type { RunSeconds } from '../dataplane/inference-statistics.js';
import type { RunPart } from '../dataplane/ports.js';

export interface WorkItem extends RunPart {
  /** Names of the outputs to compute, in the order in which the result has them. */
  readonly outputs: readonly string[];
  /** 1 is the most urgent; 0 asks for the default level. */
  readonly priority: number;
  /** On the scheduler's clock; nobody wants the answer after it. */
  readonly deadlineSeconds?: number;
  /** Longest wait in the queue that the request itself asks for. */
  readonly timeoutSeconds?: number;
  /** Its listener belongs to the scheduler from `submit` to `done`. */
  readonly call: CallState;
  /** Of its input tensors: what the queue holds in memory for it. */
  readonly bytes: number;
  /** Called exactly once, never inside `submit` unless the request is refused there. It must not throw. */
  done(result: ItemResult): void;
}

export type ItemResult = ItemSuccess | { readonly error: InferenceError };

export interface ItemSuccess {
  readonly error?: undefined;
  /** Views into memory that the requests of the batch share. */
  readonly outputs: readonly Tensor[];
  readonly queueSeconds: number;
  /** Of the whole batch. */
  readonly run: RunSeconds;
  readonly batchRows: number;
}
