/**
 * `npm run test:long`: the seeded sweeps (*.long.test.ts), each time from another seed.
 * SLIPWAY_SEED repeats a run, SLIPWAY_RUNS says how many random inputs each property gets; arguments go to jest.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';

const SEED = process.env['SLIPWAY_SEED'] || String(randomInt(1, 2 ** 31));
const RUNS = process.env['SLIPWAY_RUNS'] || '5000';
const started = performance.now();

console.log(`Seed ${SEED}, ${RUNS} runs of each property`);
const code = await runJest();
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  code === 0
    ? `Passed in ${seconds} s with seed ${SEED}`
    : `Failed after ${seconds} s; again: SLIPWAY_SEED=${SEED} SLIPWAY_RUNS=${RUNS} npm run test:long`,
);
process.exitCode = code;

function runJest(): Promise<number> {
  const args = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--testPathPatterns',
    '\\.long\\.test\\.js$',
  ];
  const env = { ...process.env, SLIPWAY_LONG_TESTS: '1', SLIPWAY_SEED: SEED, SLIPWAY_RUNS: RUNS };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args, ...process.argv.slice(2)], { stdio: ['ignore', 'inherit', 'inherit'], env });
    child.on('error', reject);
    child.on('close', (exit) => resolve(exit ?? 137));
  });
}
