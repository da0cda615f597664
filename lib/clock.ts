/** Time as a port, so that what waits can be tested without waiting. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once (without throwing) when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = { now: () => Date.now(), sleep: (ms, signal) => sleepFor(ms, signal) };

/** For durations: `now` counts from an arbitrary instant and never jumps when somebody sets the machine's clock. */
export const STEADY_CLOCK: Clock = { now: () => performance.now(), sleep: SYSTEM_CLOCK.sleep };

/** For durations of what is done in the background: a process that has nothing else to do ends without waiting for it. */
export const BACKGROUND_CLOCK: Clock = { now: STEADY_CLOCK.now, sleep: (ms, signal) => sleepFor(ms, signal, (timer) => timer.unref()) };

function sleepFor(ms: number, signal: AbortSignal | undefined, onTimer?: (timer: NodeJS.Timeout) => void): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const timer = setTimeout(done, ms);
    onTimer?.(timer);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done, { once: true });
  });
}
