/** Calls a function again and again for a while and says how often it ended and how long one call took. */
export interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** `concurrency` callers, each with one call at a time. Rejects with the first failure. */
export async function measure(seconds: number, concurrency: number, call: () => Promise<unknown>): Promise<Figures> {
  const times: number[] = [];
  const started = performance.now();
  const end = started + seconds * 1000;
  const caller = async (): Promise<void> => {
    for (let before = performance.now(); before < end; before = performance.now()) {
      await call();
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  const elapsedSeconds = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  return { perSecond: times.length / elapsedSeconds, p50Ms: pickQuantile(times, 0.5), p99Ms: pickQuantile(times, 0.99) };
}

/** The median of each figure over rounds: one disturbed round does not decide. */
export function computeMedian(rounds: readonly Figures[]): Figures {
  const median = (read: (figures: Figures) => number): number =>
    pickQuantile(
      rounds.map(read).sort((a, b) => a - b),
      0.5,
    );
  return { perSecond: median((one) => one.perSecond), p50Ms: median((one) => one.p50Ms), p99Ms: median((one) => one.p99Ms) };
}

/** Nearest rank in ascending values: of 1, 2, 3, 4 the 0.5 quantile is 2. */
export function pickQuantile(ascending: readonly number[], quantile: number): number {
  return ascending[Math.max(0, Math.ceil(quantile * ascending.length) - 1)] ?? Number.NaN;
}
