/** What came of the writes of a pass. */
import type { Action } from '../plan/action.js';

export interface WriteFailure {
  readonly action: Action;
  readonly message: string;
  readonly error: Error;
  /** Set when it is not a failure but a matter of time: the WaitingError's reason, and when it is worth another look. */
  readonly wait: { readonly reason: string; readonly retryAfterMs: number } | undefined;
}

export interface Outcome {
  /** Actions that caused a write that succeeded. */
  readonly written: readonly Action[];
  /** Somebody else has an object of one of our names. */
  readonly conflict: { readonly object: string; readonly owner: string; readonly message: string } | undefined;
  /** The API server refused, or could not be reached. */
  readonly failure: WriteFailure | undefined;
}

export const NOTHING_WRITTEN: Outcome = { written: [], conflict: undefined, failure: undefined };
