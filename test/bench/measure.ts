/** Rounds taken in turns, and what is made of them: medians, and medians of ratios of rounds that lie side by side. */

export interface Round {
  /** Answers per second; rows per second for ONNX Runtime in process. */
  readonly perSecond: number;
  /** µs of CPU per answer of the server's processes. */
  readonly serverCpuUs: number;
  /** µs of CPU per answer of the load generator; NaN where there is none. */
  readonly clientCpuUs: number;
  /** From the question to its answer; NaN where they were not taken one by one. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of questions that got an error or nothing instead of an answer; only an open loop may have any. */
  readonly refused: number;
}

/** Something that can be measured for a while. */
export interface Contender {
  readonly name: string;
  measure(seconds: number): Promise<Round>;
}

export interface Measured {
  readonly name: string;
  readonly rounds: readonly Round[];
}

export interface Pace {
  readonly rounds: number;
  readonly seconds: number;
}

/** Until V8 has compiled what is hot and the scheduler knows the sizes of batches: after one second rates were a third lower. */
const WARM_SECONDS = 2;

/** One round of each, then the next of each: what disturbs the machine disturbs all of them. Each warms up first. */
export async function measureInTurns(contenders: readonly Contender[], { rounds, seconds }: Pace): Promise<Measured[]> {
  const measured = contenders.map((contender) => ({ name: contender.name, contender, rounds: [] as Round[] }));
  for (const { contender } of measured) await contender.measure(WARM_SECONDS);
  for (let round = 0; round < rounds; round++) {
    for (const { contender, rounds: own } of measured) own.push(await contender.measure(seconds));
  }
  return measured.map(({ name, rounds: own }) => ({ name, rounds: own }));
}

/** The median of one figure over the rounds; NaN without rounds. */
export function medianOf({ rounds }: Measured, figure: keyof Round): number {
  return computeMedian(rounds.map((round) => round[figure]));
}

/** The median of a/b over rounds of the same number: rounds that were taken side by side. */
export function medianRatio(a: Measured | undefined, b: Measured | undefined, figure: keyof Round): number {
  if (a === undefined || b === undefined) return Number.NaN;
  return computeMedian(a.rounds.flatMap((round, index) => (b.rounds[index] === undefined ? [] : [round[figure] / b.rounds[index][figure]])));
}

/** Of 1, 2, 3, 4 the lower middle, 2. */
export function computeMedian(values: readonly number[]): number {
  return pickQuantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** Nearest rank in ascending values: of 1, 2, 3, 4 the 0.5 quantile is 2. */
export function pickQuantile(ascending: readonly number[], quantile: number): number {
  return ascending[Math.max(0, Math.ceil(quantile * ascending.length) - 1)] ?? Number.NaN;
}
