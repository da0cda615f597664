/** Forty points of the sweep, always the same ones: what `npm test` proves of every change. */
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SweepRig } from './rig.js';
import { sweep } from './sweep.js';

const SEED = Number(process.env['SLIPWAY_SEED'] || 5);
const POINTS = Number(process.env['SLIPWAY_POINTS'] || 40);
const LIMIT_MS = 600_000;

let rig: SweepRig;
beforeAll(async () => {
  rig = await SweepRig.open();
}, LIMIT_MS);
afterAll(() => rig.close(), LIMIT_MS);

test(
  `${POINTS} points of seed ${SEED}: the world ends as if nothing had happened`,
  async () => {
    const report = await sweep(rig, {
      seed: SEED,
      numbers: Array.from({ length: POINTS }, (_, number) => number),
      parallel: 5,
      command: (number) => `SLIPWAY_SEED=${SEED} SLIPWAY_POINT=${number} npm run test:long -- test/operator`,
      say: (line) => process.stdout.write(`  ${line}\n`),
    });
    process.stdout.write(`  ${report.points} points, ${report.kills} kills, ${report.hits} calls harmed, ${report.seconds.toFixed(0)} s\n`);
    expect([...report.found, ...rig.player.problems]).toEqual([]);
  },
  LIMIT_MS,
);
