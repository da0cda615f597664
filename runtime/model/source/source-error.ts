/** A model source that cannot be used, with the termination code that the operator turns into a condition. */
import type { TerminationCode } from '../../../contract/termination.js';

export interface SourceErrorOptions extends ErrorOptions {
  /** Worth another try at once: the network, a busy or broken server. */
  readonly transient?: boolean;
  /** The server's own wish (Retry-After). */
  readonly retryAfterMs?: number;
}

export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly transient: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: TerminationCode,
    message: string,
    options: SourceErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.transient = options.transient ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
