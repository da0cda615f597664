/** How a long sweep runs, from the environment. What is wrong there is refused by name, so that nobody takes a part for the whole. */
import { longParameters } from '../long/parameters.js';

export interface SweepParameters {
  readonly seed: number;
  /** `all`: each fault at each of its places in each journey. */
  readonly runs: number | 'all';
  /** Of a hundred points so many are kills with another kill in their recovery. */
  readonly pairsPerHundred: number;
  /** Of the points in their order each `count`th, from the `index`th on, which counts from 1. */
  readonly shard: Shard;
  readonly minutes: number;
  /** These alone; empty: as the seed chooses. */
  readonly points: readonly string[];
}

export interface Shard {
  readonly index: number;
  readonly count: number;
}

const MINUTES = 9;
const MINUTES_FOR_ALL = 24 * 60;
const PAIRS_PER_HUNDRED = 10;

export function sweepParameters(env: NodeJS.ProcessEnv): SweepParameters {
  const isAll = env['SLIPWAY_RUNS'] === 'all';
  const { seed, numRuns } = longParameters(isAll ? { ...env, SLIPWAY_RUNS: '' } : env);
  const pairsPerHundred = readNumber(env, 'SLIPWAY_SWEEP_PAIRS', { fallback: isAll ? 0 : PAIRS_PER_HUNDRED, most: 100 });
  if (isAll && pairsPerHundred > 0) throw new Error('SLIPWAY_RUNS is "all": pairs of kills have no end, leave SLIPWAY_SWEEP_PAIRS out');
  return {
    ...{ seed, runs: isAll ? 'all' : numRuns, pairsPerHundred },
    shard: readShard(env['SLIPWAY_SHARD'] ?? ''),
    minutes: readNumber(env, 'SLIPWAY_SWEEP_MINUTES', { fallback: isAll ? MINUTES_FOR_ALL : MINUTES, most: MINUTES_FOR_ALL }),
    points: (env['SLIPWAY_SWEEP_POINT'] ?? '').split('\n').filter((line) => line !== ''),
  };
}

function readNumber(env: NodeJS.ProcessEnv, name: string, { fallback, most }: { readonly fallback: number; readonly most: number }): number {
  const text = env[name] ?? '';
  const value = text === '' ? fallback : Number(text);
  if (!(value >= 0 && value <= most)) throw new Error(`${name} is "${text}": give a number from 0 to ${most}`);
  return value;
}

function readShard(text: string): Shard {
  if (text === '') return { index: 1, count: 1 };
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index < 1 || index > count) throw new Error(`SLIPWAY_SHARD is "${text}": give "i/n" with i from 1 to n, such as 3/8`);
  return { index, count };
}
