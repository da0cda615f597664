/** Why a request is not answered, in the words that reach the client. */
import { InferenceError } from '../core/inference-error.js';
import { newRunError } from '../core/load-error.js';

/** Three digits are enough: 0.01234 s is '12.3'. */
function formatMs(seconds: number): string {
  return String(Number((seconds * 1000).toPrecision(3)));
}

export function toInferenceError(model: string, error: unknown): InferenceError {
  if (error instanceof InferenceError) return error;
  return newRunError(model, error instanceof Error ? error.message : String(error));
}

export function newOverload(detail: string): InferenceError {
  return new InferenceError('RESOURCE_EXHAUSTED', `Exceeds maximum queue size: ${detail}`);
}

export function newTooLate(waitedSeconds: number): InferenceError {
  return new InferenceError('DEADLINE_EXCEEDED', `The deadline passed while the request waited for the model, for ${formatMs(waitedSeconds)} ms`);
}

export function newTimedOut(waitedSeconds: number): InferenceError {
  return new InferenceError('DEADLINE_EXCEEDED', `Request timeout expired: it waited ${formatMs(waitedSeconds)} ms for the model`);
}

export function newHopeless(leftSeconds: number, neededSeconds: number): InferenceError {
  const detail =
    leftSeconds <= 0 ? 'it has passed already' : `${formatMs(leftSeconds)} ms are left, and an answer is expected in ${formatMs(neededSeconds)} ms`;
  return new InferenceError('DEADLINE_EXCEEDED', `The deadline cannot be met: ${detail}`);
}

export function newCancelled(when: string): InferenceError {
  return new InferenceError('CANCELLED', `The client cancelled the request, or its deadline passed, ${when}`);
}

/** `isReturning`: one of them starts again by itself. */
export function newLost(model: string, isReturning: boolean): InferenceError {
  const what = isReturning ? ', and they start again: ask again soon' : '';
  return new InferenceError('UNAVAILABLE', `Model '${model}' has lost every session that could run it${what}`);
}

export function newUnloading(model: string): InferenceError {
  return new InferenceError('UNAVAILABLE', `Model '${model}' is being unloaded`);
}
