/** What every request gets whose session died or hangs under it. */
import { InferenceError } from '../core/inference-error.js';

/** UNAVAILABLE: the same request may be sent again, to another pod or later. `what` says what happened, for the log and the client. */
export function newSessionLost(what: string): InferenceError {
  return new InferenceError('UNAVAILABLE', `The session that ran the request is lost: ${what}`);
}
