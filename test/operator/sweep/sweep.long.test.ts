/**
 * As many points as one likes, from another seed each time; a cluster is there, `hack/long.ts` sees to it. SLIPWAY_SEED repeats a
 * run, SLIPWAY_POINTS says how many, SLIPWAY_POINT runs one alone, SLIPWAY_FROM goes on where a run was cut off.
 */
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SweepRig } from './rig.js';
import { sweep } from './sweep.js';

const SEED = Number(process.env['SLIPWAY_SEED'] || 1);
const POINTS = Number(process.env['SLIPWAY_POINTS'] || 200);
const FROM = Number(process.env['SLIPWAY_FROM'] || 0);
const ONLY = process.env['SLIPWAY_POINT'];
const LIMIT_MS = 3_600_000;

let rig: SweepRig;
beforeAll(async () => {
  rig = await SweepRig.open();
}, 300_000);
afterAll(() => rig.close(), 300_000);

test(
  `points of seed ${SEED}`,
  async () => {
    const numbers = ONLY === undefined ? Array.from({ length: POINTS - FROM }, (_, index) => FROM + index) : [Number(ONLY)];
    const report = await sweep(rig, {
      ...{ seed: SEED, numbers, parallel: 5 },
      command: (number) => `SLIPWAY_SEED=${SEED} SLIPWAY_POINT=${number} npm run test:long -- test/operator`,
      say: (line) => process.stdout.write(`  ${line}\n`),
    });
    process.stdout.write(`  ${report.points} points, ${report.kills} kills, ${report.hits} calls harmed, ${report.seconds.toFixed(0)} s\n`);
    expect([...report.found, ...rig.player.problems]).toEqual([]);
  },
  LIMIT_MS,
);
