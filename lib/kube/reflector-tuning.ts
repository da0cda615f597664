/** How long and how often a reflector does what. Tests are in a hurry; everybody else takes these. */
import type { BackoffOptions } from '../backoff.js';

export interface ReflectorTuning {
  readonly pageSize: number;
  readonly maxPages: number;
  readonly maxListRestarts: number;
  /** So many lists in a row that are older than what is known are of a server that lags behind; after them, of one that was restored. */
  readonly maxStaleLists: number;
  /** The server bookmarks about once a minute: this long without a byte means that the other end is gone. */
  readonly silenceMs: number;
  /** A watch lasts this long to twice this long, so that the watches of many processes do not end together. */
  readonly watchSeconds: number;
  /** A server that ends a watch sooner is not well: without a pause it would be asked in a tight loop. */
  readonly minWatchMs: number;
  /** A watch that lasted this long makes good for the failures before it. */
  readonly stableMs: number;
  /** A list this old is made anew when the next watch ends, with the share of it that `backoff.jitter` says taken off by chance. */
  readonly relistMs: number;
  readonly listTimeoutMs: number;
  /** With much jitter: what one server's restart broke must not come back at the same moment. */
  readonly backoff: BackoffOptions;
}

export const REFLECTOR_TUNING: ReflectorTuning = {
  pageSize: 250,
  maxPages: 2000,
  maxListRestarts: 2,
  maxStaleLists: 5,
  silenceMs: 150_000,
  watchSeconds: 300,
  minWatchMs: 1000,
  stableMs: 10_000,
  relistMs: 2 * 3_600_000,
  listTimeoutMs: 60_000,
  backoff: { baseMs: 1000, maxMs: 30_000, jitter: 0.8 },
};
