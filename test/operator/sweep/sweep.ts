/** Many points, some at a time, with a line for each and the command that repeats it. */
import { JOURNEYS, type Journey } from './journeys.js';
import { describePoint, pointOf } from './points.js';
import type { SweepRig } from './rig.js';
import { type PointReport, runPoint, runUndisturbed, type Wanted } from './run-point.js';

export interface SweepOptions {
  readonly seed: number;
  /** Numbers of the points. */
  readonly numbers: readonly number[];
  readonly parallel: number;
  /** How a person repeats one point. */
  readonly command: (number: number) => string;
  readonly say: (line: string) => void;
}

export interface SweepReport {
  readonly points: number;
  readonly kills: number;
  readonly hits: number;
  readonly seconds: number;
  /** One text per point that found something. */
  readonly found: readonly string[];
}

export async function sweep(rig: SweepRig, options: SweepOptions): Promise<SweepReport> {
  const start = Date.now();
  const points = options.numbers.map((number) => ({ number, point: pointOf(options.seed, number, JOURNEYS.length) }));
  const needed = JOURNEYS.filter((_, index) => points.some(({ point }) => point.journey === index));
  const wants = new Map<Journey, Wanted>();
  const found: string[] = [];
  await inParallel(needed, options.parallel, async (journey) => {
    const { problems, ...wanted } = await runUndisturbed(rig, journey);
    wants.set(journey, wanted);
    if (problems.length > 0) found.push(`"${journey.name}", undisturbed: ${problems.join('\n  ')}`);
    options.say(`${journey.name}: ${wanted.writes} writes undisturbed`);
  });
  const reports: PointReport[] = [];
  await inParallel(points, options.parallel, async ({ number, point }) => {
    const journey = JOURNEYS[point.journey];
    const wanted = journey === undefined ? undefined : wants.get(journey);
    if (journey === undefined || wanted === undefined) throw new Error(`Point ${number} has no journey`);
    const told = `point ${number}, ${describePoint(point, journey.name)}`;
    const report = await runPoint(rig, point, journey, wanted);
    reports.push(report);
    options.say(`${report.problems.length === 0 ? '✔' : '✘'} ${told}: ${report.kills} kills, ${report.hits} harmed, ${report.seconds.toFixed(1)} s`);
    if (report.problems.length === 0) return;
    const problem = `${told}\n  ${report.problems.join('\n  ')}\n  again: ${options.command(number)}`;
    found.push(problem);
    options.say(problem); // the end of all points is far, and may not come
  });
  const sum = (of: (report: PointReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  return { points: reports.length, kills: sum(({ kills }) => kills), hits: sum(({ hits }) => hits), seconds: (Date.now() - start) / 1000, found };
}

async function inParallel<Item>(items: readonly Item[], width: number, work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
