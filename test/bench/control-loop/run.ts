/** The control loop measured from end to end on pretended nodes: how long, how much memory, how many calls, by how many models. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { type ControlLoopResults, noResults } from './figures.js';
import { type ControlLoopFlags, PART_NAMES, type PartName } from './flags.js';
import { measureLarge, measureSoak } from './part-large.js';
import { measureModels, measureSpread } from './part-models.js';
import { renderControlLoop } from './report.js';
import { checkControlLoop, type Sizes } from './targets.js';
import { raiseOwnWeight } from './weight.js';

const REPORT = join('.slipway', 'reports', 'control-loop.json');
const FULL: Pace = { small: 1000, large: 5000, most: 10_000, flips: 400, steadySeconds: 600 };
const QUICK: Pace = { small: 200, large: 300, most: 400, flips: 100, steadySeconds: 15 };

export interface Pace extends Sizes {
  readonly flips: number;
  readonly steadySeconds: number;
}

export interface Part {
  readonly flags: ControlLoopFlags;
  readonly pace: Pace;
  readonly results: ControlLoopResults;
  readonly say: (text: string) => void;
}

export async function runControlLoop(flags: ControlLoopFlags): Promise<void> {
  const pace = flags.quick ? QUICK : FULL;
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB; Node ${process.versions.node}; load average before the run ${(loadavg()[0] ?? Number.NaN).toFixed(2)}`;
  console.log(machine);
  const results = noResults();
  const part: Part = { flags, pace, results, say: (text) => console.log(`  ${text}`) };
  const all = flags.quick ? PART_NAMES.filter((name) => name !== 'spread') : PART_NAMES;
  const isWanted = (name: PartName): boolean => (flags.parts.length === 0 ? all : flags.parts).includes(name);
  const undoWeight = raiseOwnWeight();
  try {
    if (isWanted('create')) await measureModels(part);
    if (isWanted('spread')) await measureSpread(part);
    if (isWanted('large')) await measureLarge(part);
    if (isWanted('soak') && flags.soakMinutes > 0) await measureSoak(part);
  } finally {
    undoWeight();
    writeReport(flags, { machine, results, pace });
  }
}

function writeReport({ markdown }: ControlLoopFlags, { machine, results, pace }: { machine: string; results: ControlLoopResults; pace: Pace }): void {
  const targets = checkControlLoop(results, pace);
  mkdirSync(dirname(REPORT), { recursive: true });
  writeFileSync(REPORT, `${JSON.stringify({ at: new Date().toISOString(), machine, results, targets }, undefined, 2)}\n`);
  const text = renderControlLoop(results, targets);
  console.log(`\n${text}\n\nFigures in ${REPORT}`);
  if (markdown === undefined) return;
  writeFileSync(markdown, `${machine}.\n\n${text}\n`);
  console.log(`Tables in ${markdown}`);
}
