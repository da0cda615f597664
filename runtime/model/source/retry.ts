/** Bounded tries with growing waits. Waits: 0.5, 1, 2, 4 … s up to 15 s, or what the server asks for up to 30 s. */
import type { Clock } from '../../../lib/clock.js';
import { SourceError } from './source-error.js';

export interface RetryPolicy {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Tries in all. */
  readonly attempts?: number;
  readonly onRetry?: ((error: SourceError, waitMs: number) => void) | undefined;
}

export const DEFAULT_ATTEMPTS = 5;

export function backoffMs(failures: number, retryAfterMs?: number): number {
  return retryAfterMs === undefined ? Math.min(500 * 2 ** (failures - 1), 15_000) : Math.min(retryAfterMs, 30_000);
}

/** Runs `work` until it succeeds, fails for good, or has failed too often. */
export async function retrying<T>(policy: RetryPolicy, work: () => Promise<T>): Promise<T> {
  const attempts = policy.attempts ?? DEFAULT_ATTEMPTS;
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SourceError) || !error.transient) throw error;
      if (failures >= attempts) throw exhausted(error, failures);
      const waitMs = backoffMs(failures, error.retryAfterMs);
      policy.onRetry?.(error, waitMs);
      await policy.clock.sleep(waitMs, policy.signal);
      policy.signal?.throwIfAborted();
    }
  }
}

export function exhausted(error: SourceError, failures: number): SourceError {
  return new SourceError(error.code, `${error.message} (${failures} tries)`, { cause: error.cause });
}
