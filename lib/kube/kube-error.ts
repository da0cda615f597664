/** What a call to the API server ends with when it does not succeed. */

export interface KubeErrorOptions extends ErrorOptions {
  /** HTTP status; 0 when no answer came. */
  readonly code: number;
  /** Reason of the Status object (`NotFound`, `Conflict`), or of the transport (`Timeout`, `Unreachable`, `Aborted`). */
  readonly reason: string;
  /** How long the server asks to wait. */
  readonly retryAfterMs?: number | undefined;
}

export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: KubeErrorOptions) {
    super(message, options);
    this.code = options.code;
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export const isNotFound = (error: unknown): boolean => error instanceof KubeError && error.code === 404;

export const isForbidden = (error: unknown): boolean => error instanceof KubeError && error.code === 403;

/** Somebody else was first, or the precondition (uid, resourceVersion) does not hold any more. */
export const isConflict = (error: unknown): boolean => error instanceof KubeError && error.code === 409 && error.reason !== 'AlreadyExists';

export const isAlreadyExists = (error: unknown): boolean => error instanceof KubeError && error.reason === 'AlreadyExists';

/** The resourceVersion or the continue token is too old for the server. */
export const isGone = (error: unknown): boolean => error instanceof KubeError && (error.code === 410 || error.reason === 'Expired');

/** The server has read the object and will not have it: the same write fails again. */
export const isInvalid = (error: unknown): boolean => error instanceof KubeError && error.code === 422;
