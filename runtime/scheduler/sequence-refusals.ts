/** Why a request of a sequence is not answered; where Triton has words for it, clients look for those. */
import { InferenceError, invalidArgument } from '../core/inference-error.js';
import type { SequencePosition } from '../core/request-options.js';

export function newNoSequenceId(model: string): InferenceError {
  return invalidArgument(
    `inference request to model '${model}' must specify a non-zero or non-empty correlation ID: the parameter sequence_id, with sequence_start on the first request`,
  );
}

/** It may have been forgotten while its client was thinking: without that, who sent a START would look for a fault of his own. */
export function newNotStarted(model: string, { id }: SequencePosition, maxIdleSeconds: number): InferenceError {
  const said = id.slice(1);
  return invalidArgument(
    `inference request for sequence ${said} to model '${model}' must specify the START flag on the first request of the sequence: there is no sequence ${said}; it has not begun, has ended, or was idle for ${maxIdleSeconds} s (max_sequence_idle_microseconds)`,
  );
}

export function newOtherRows(model: string, { id }: SequencePosition, { rows, begun }: { rows: number; begun: number }): InferenceError {
  return invalidArgument(`inference request for sequence ${id.slice(1)} to model '${model}' has ${rows} rows, but the sequence began with ${begun}`);
}

export function newDraining(model: string): InferenceError {
  return new InferenceError('UNAVAILABLE', `Model '${model}' is draining: it ends the sequences that it has and begins no other`);
}

export function newTooManySequences(model: string, most: number): InferenceError {
  return new InferenceError(
    'RESOURCE_EXHAUSTED',
    `Model '${model}' has ${most} sequences, which is its bound (max_candidate_sequences): end one, or wait until one has been idle for too long`,
  );
}

export function newNoRoomForState(model: string, bytes: number, most: number): InferenceError {
  return new InferenceError(
    'RESOURCE_EXHAUSTED',
    `Model '${model}' has no room for ${bytes} bytes more of state: all its sequences together may have ${most}`,
  );
}
