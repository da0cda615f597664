/** How long a batch takes: the figure by which inline or thread is chosen, and a batcher's first guess. */
import type { RunBatch, Session } from '../dataplane/ports.js';

/** A model may run in the serving thread when its largest permitted batch takes at most this (docs/adr/0027). */
export const INLINE_MAX_SECONDS = 0.0003;

/** Seconds inside the model of each of `times` runs, in order; the first ones of a session are slower. Rejects as `run` does. */
export async function measureRuns(session: Session, batch: RunBatch, times: number): Promise<number[]> {
  const seconds: number[] = [];
  for (let run = 0; run < times; run++) seconds.push((await session.run(batch)).inferenceSeconds);
  return seconds;
}
