/** The two kinds of load: so many requests at a time, each after the last one's answer, or so many per second, come what may. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientError } from '../client/client-error.js';
import type { Asker } from './askers.js';
import type { Tally } from './tally.js';

export interface Load {
  /** No new requests; resolves when the last is answered, which the deadline of calls bounds. */
  stop(): Promise<void>;
}

/** Timers are no finer. A request that is later than this is the client's fault or the machine's, and is counted from when it was due. */
const TICK_MS = 1.5;
/** A server that refuses at once would otherwise be asked in a loop that nothing slows down. */
const PAUSE_AFTER_ERROR_MS = 5;

export function startClosedLoop(askers: readonly Asker[], tally: Tally): Load {
  let isStopped = false;
  const run = async (asker: Asker): Promise<void> => {
    while (!isStopped) {
      const since = performance.now();
      try {
        await asker.ask();
        tally.succeed(performance.now() - since);
      } catch (error) {
        tally.fail(error);
        await sleep(PAUSE_AFTER_ERROR_MS);
      }
    }
  };
  const lanes = askers.map(run);
  return {
    stop: async () => {
      isStopped = true;
      await Promise.all(lanes);
    },
  };
}

export interface OpenLoopOptions {
  readonly perSecond: number;
  /** Requests without an answer; at that many, further ones fail as NOT_SENT. */
  readonly mostInFlight: number;
}

/** Evenly spaced. `pick` gives whom to ask next. */
export function startOpenLoop(pick: () => Asker, tally: Tally, { perSecond, mostInFlight }: OpenLoopOptions): Load {
  const inFlight = new Set<Promise<void>>();
  const startedAt = performance.now();
  let isStopped = false;
  let sent = 0;
  const send = async (dueAt: number): Promise<void> => {
    const now = performance.now();
    const since = now - dueAt <= TICK_MS ? now : dueAt;
    try {
      await pick().ask();
      tally.succeed(performance.now() - since);
    } catch (error) {
      tally.fail(error);
    }
  };
  const pace = async (): Promise<void> => {
    while (!isStopped) {
      for (const due = ((performance.now() - startedAt) / 1000) * perSecond; sent < due; sent++) {
        if (inFlight.size >= mostInFlight) {
          tally.fail(new ClientError('NOT_SENT', 'too many requests wait'));
          continue;
        }
        const going = send(startedAt + (sent / perSecond) * 1000).finally(() => inFlight.delete(going));
        inFlight.add(going);
      }
      await sleep(1);
    }
  };
  const pacing = pace();
  return {
    stop: async () => {
      isStopped = true;
      await pacing;
      await Promise.all(inFlight);
    },
  };
}
