/** How a long test runs: seed and number of runs from the environment, so that `npm run test:long` can resume a failure. */
import process from 'node:process';

export interface LongParameters {
  readonly seed: number;
  readonly numRuns: number;
  readonly interruptAfterTimeLimit: number;
}

/** Longest that one long test may take, whatever the number of runs: a property ends early rather than late. */
export const LONG_TEST_TIMEOUT_MS = 600_000;

export function longParameters(env: NodeJS.ProcessEnv = process.env): LongParameters {
  return {
    seed: readInteger(env, 'SLIPWAY_SEED', 1),
    numRuns: readInteger(env, 'SLIPWAY_RUNS', 1000),
    interruptAfterTimeLimit: 0.9 * LONG_TEST_TIMEOUT_MS,
  };
}

function readInteger(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} is "${text}": give a whole number from 1 on`);
  return value;
}
