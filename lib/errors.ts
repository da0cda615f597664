/** The three ways a piece of work does not succeed: for good, not yet, or for a reason nobody foresaw (any other error). */

/** Will not succeed until the spec changes. `reason` is a condition reason (PascalCase). */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  constructor(
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Waits for something; not a failure. */
export class WaitingError extends Error {
  override readonly name = 'WaitingError';
  constructor(
    readonly reason: string,
    readonly retryAfterMs: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Failed, and is tried again; after `atLatestMs` in any case, however long the backoff has become. */
export class RetryError extends Error {
  override readonly name = 'RetryError';
  constructor(
    readonly atLatestMs: number | undefined,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** For the default branch of a switch over a closed union. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
