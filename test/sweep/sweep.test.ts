/** Every journey and every fault, at points that a fixed seed picks. `npm run test:long` goes on from there. */
import { expect, test } from '@jest/globals';
import { FAULTS } from './faults.js';
import { JOURNEYS } from './journeys.js';
import { runPoint } from './run-point.js';
import { SweepPlan } from './sweep-plan.js';
import { SweepReport } from './sweep-report.js';

const SEED = 20260;
const PER_JOURNEY = 3;
const TIMEOUT_MS = 300_000;

test(
  'whatever happens on the way, the world ends as if nothing had happened',
  async () => {
    const plan = new SweepPlan(SEED);
    const points = await plan.sample(PER_JOURNEY);
    const report = new SweepReport(points.length);
    for (const point of points) report.add(point, await runPoint(point, await plan.baseline(point.journey, point.fault)));
    expect(report.failures).toEqual([]);
    expect(new Set(points.map(({ journey }) => journey))).toEqual(new Set(JOURNEYS));
    expect(new Set(points.map(({ fault }) => fault))).toEqual(new Set(FAULTS));
  },
  TIMEOUT_MS,
);
