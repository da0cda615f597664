/**
 * The sweep, for as long as one likes: points of every journey and every fault in the order of the seed, SLIPWAY_RUNS of them or
 * what SLIPWAY_SWEEP_MINUTES (9) allow. SLIPWAY_SWEEP_POINT repeats one.
 */
import process from 'node:process';
import { describe, expect, test } from '@jest/globals';
import { longParameters } from '../long/parameters.js';
import { FAULTS } from './faults.js';
import { JOURNEYS } from './journeys.js';
import { type Point, parsePoint } from './points.js';
import { runPoint } from './run-point.js';
import { spentAfter } from './spent.js';
import { SweepPlan } from './sweep-plan.js';
import { SweepReport } from './sweep-report.js';

const MINUTES = Number(process.env['SLIPWAY_SWEEP_MINUTES'] || 9);
/** Of a hundred points so many are kills with another kill in their recovery. */
const TWICE_PER_HUNDRED = 10;

async function pointsOf(plan: SweepPlan, runs: number): Promise<Point[]> {
  const one = process.env['SLIPWAY_SWEEP_POINT'];
  if (one !== undefined && one !== '') return [parsePoint(one, plan.seed, { journeys: JOURNEYS, faults: FAULTS })];
  const twice = await plan.killedTwice(Math.ceil((runs * TWICE_PER_HUNDRED) / 100));
  const all = await plan.all();
  process.stdout.write(`${all.length} points, and any pair of kills; ${runs} of them are run\n`);
  const every = Math.round(100 / TWICE_PER_HUNDRED);
  return all.slice(0, runs - twice.length).flatMap((point, index) => {
    const other = index % (every - 1) === 0 ? twice[index / (every - 1)] : undefined;
    return other === undefined ? [point] : [point, other];
  });
}

test(
  'crash sweep: whatever happens on the way, the world ends as if nothing had happened',
  async () => {
    const { seed, numRuns } = longParameters();
    const [plan, report, began] = [new SweepPlan(seed), new SweepReport(), performance.now()];
    for (const point of await pointsOf(plan, numRuns)) {
      if (performance.now() - began > MINUTES * 60_000) break;
      report.add(point, await runPoint(point, await plan.baseline(point.journey, point.fault)));
    }
    process.stdout.write(`${report.describe()}\n`);
    expect(report.failures).toEqual([]);
  },
  (MINUTES + 3) * 60_000,
);

describe('At rest, for ten minutes', () => {
  test.each(JOURNEYS)(
    'after: $name',
    async (journey) => {
      const { writes, calls } = await spentAfter(journey);
      expect(writes).toEqual([]);
      expect(calls).toBeLessThanOrEqual(600);
    },
    120_000,
  );
});
