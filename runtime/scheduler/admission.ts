/**
 * Refuses at once what cannot be answered before its deadline, so that the client can ask elsewhere while there is time.
 * wait = what is left of the runs in progress + the batches ahead, shared by the sessions; then its own run. Example: one
 * session, 4 ms left of its run, 40 rows ahead, batches of 16 rows in 10 ms: 4 + 2 × 10 + 10 = 34 ms.
 * Where nothing runs, the estimate halves with every second since the last run: a model that was slow for a while is tried
 * again however short the deadlines are, because only a run can show that it is fast again.
 */
import type { RunTimes } from './run-times.js';

export interface Load {
  /** Sessions that can run. */
  readonly sessions: number;
  /** Until the first of them is free; 0 when one is. */
  readonly remainingSeconds: number;
  /** Since the last run ended, when nothing runs; else 0. */
  readonly idleSeconds: number;
  readonly rowsAhead: number;
  readonly targetRows: number;
}

/** Seconds from now to the end of a run of `rows` that comes now; undefined while too few runs have been measured. */
export function estimateSeconds(times: RunTimes, rows: number, load: Load): number | undefined {
  const { sessions, remainingSeconds, idleSeconds, rowsAhead, targetRows } = load;
  const batchesAhead = Math.floor(rowsAhead / targetRows);
  const own = times.expect(Math.max(rows, Math.min(targetRows, (rowsAhead % targetRows) + rows)));
  const full = batchesAhead === 0 ? 0 : times.expect(targetRows);
  if (own === undefined || full === undefined) return undefined;
  const forgotten = 2 ** -idleSeconds;
  return remainingSeconds + ((batchesAhead * full) / Math.max(1, sessions) + own) * forgotten;
}
