/**
 * The sweep, for as long as one likes: points of every journey and every fault in the order of the seed, as `sweep-parameters.ts`
 * reads it from the environment. What fails is told at once; how far it is, once a minute.
 */
import process from 'node:process';
import { describe, expect, test } from '@jest/globals';
import { FAULTS } from './faults.js';
import { JOURNEYS } from './journeys.js';
import { type Point, parsePoint } from './points.js';
import { runPoint } from './run-point.js';
import { spentAfter } from './spent.js';
import { sweepParameters } from './sweep-parameters.js';
import { SweepPlan } from './sweep-plan.js';
import { SweepReport } from './sweep-report.js';

const PARAMETERS = sweepParameters(process.env);
const { seed, minutes } = PARAMETERS;
/** What the undisturbed runs and the last point may take beyond the time. */
const GRACE_MINUTES = 5;

async function pointsOf(plan: SweepPlan): Promise<Point[]> {
  const { points } = PARAMETERS;
  if (points.length > 0) return points.map((text) => parsePoint(text, seed, { journeys: JOURNEYS, faults: FAULTS }));
  return plan.choose(PARAMETERS);
}

test(
  'crash sweep: whatever happens on the way, the world ends as if nothing had happened',
  async () => {
    const plan = new SweepPlan(seed);
    const points = await pointsOf(plan);
    const report = new SweepReport(points.length, (line) => process.stdout.write(`${line}\n`));
    for (const point of points) {
      if (report.seconds > minutes * 60) break;
      report.add(point, await runPoint(point, await plan.baseline(point.journey, point.fault)));
    }
    report.end();
    expect(report.failures).toEqual([]);
  },
  (minutes + GRACE_MINUTES) * 60_000,
);

describe('At rest, for ten minutes', () => {
  test.each(JOURNEYS)(
    'after: $name',
    async (journey) => {
      const { writes, refused, calls } = await spentAfter(journey);
      expect(writes).toEqual([]);
      expect(refused.length).toBeLessThanOrEqual(10);
      expect(calls).toBeLessThanOrEqual(600);
    },
    120_000,
  );
});
