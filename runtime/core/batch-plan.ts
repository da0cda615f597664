/** How requests for one model may run together: decided at load from the proof over its graph, read by the scheduler for every batch. */

/** Requests of different lengths may run together because the model is told, by a mask of zeros and ones, which positions are padding. */
export interface SequenceMask {
  /** The input that holds the mask. A request without it runs alone. */
  readonly maskInput: string;
  /** Inputs whose `axis` is the sequence, the mask among them; zeros fill them up to the longest request of the batch. */
  readonly paddedInputs: readonly string[];
  readonly axis: number;
  /** Per output of the signature: its sequence axis, which is cut back to the request's own length; undefined for none. */
  readonly outputAxes: readonly (number | undefined)[];
  /** Largest share of a batch's positions that may be padding, 0 to 1. */
  readonly maxWaste: number;
}

export interface BatchPlan {
  /** Rows of the largest batch that is ever made of several requests; 1: requests never run together. */
  readonly maxRows: number;
  /** Rows at which the model computes the most rows per second: batches stop growing there. At most `maxRows`. */
  readonly targetRows: number;
  /** How long a request waits on an idle session for others; 0: not at all. */
  readonly maxDelaySeconds: number;
  /** Per input of the signature: its batch axis; undefined: it has none, and only requests with equal bytes run together. */
  readonly inputAxes: readonly (number | undefined)[];
  /** Per output of the signature: its batch axis; undefined: every request of the batch gets all of it. */
  readonly outputAxes: readonly (number | undefined)[];
  readonly mask?: SequenceMask;
  /** Why it is so, in one line, for status and log. */
  readonly why: string;
}

export function newUnbatchedPlan(why: string): BatchPlan {
  return { maxRows: 1, targetRows: 1, maxDelaySeconds: 0, inputAxes: [], outputAxes: [], why };
}
