/** How long to wait before the next attempt: exponential, bounded, spread so that many who fail together do not return together. */

export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Share of the delay that is random: 0.2 gives 80 % to 100 % of it. */
  readonly jitter: number;
}

/** `attempt` counts from 0. With base 100, maximum 1000 and no jitter: 100, 200, 400, 800, 1000, 1000 … */
export function backoffMs(attempt: number, { baseMs, maxMs, jitter }: BackoffOptions, random: () => number): number {
  const delay = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 60));
  return delay * (1 - jitter * random());
}
