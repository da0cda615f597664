/**
 * `npm run test:long`: the seeded sweeps (*.long.test.ts), each time from another seed; first those that need nothing, then those on
 * a local cluster, which is started for them unless SLIPWAY_TEST_CLUSTER names one that runs. SLIPWAY_SEED repeats a run,
 * SLIPWAY_RUNS says how many random inputs each property gets; arguments are words of which a path has to contain one.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';

const SEED = process.env['SLIPWAY_SEED'] || String(randomInt(1, 2 ** 31));
const RUNS = process.env['SLIPWAY_RUNS'] || '5000';
const started = performance.now();

const words = process.argv.slice(2);
/** Folder of those that need a cluster. */
const CLUSTER_TESTS = 'dist/test/operator/';
const CLUSTER = 'long';
const LONG = '\\.long\\.test\\.js$';

console.log(`Seed ${SEED}, ${RUNS} runs of each property`);
const ofCluster = words.filter((word) => `${CLUSTER_TESTS}sweep`.includes(word));
const others = words.filter((word) => !ofCluster.includes(word));
const codes: number[] = [];
if (words.length === 0 || others.length > 0) codes.push(await runAlone(others));
if (words.length === 0 || ofCluster.length > 0) codes.push(await onCluster(runOnCluster));
const code = Math.max(...codes);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  code === 0
    ? `Passed in ${seconds} s with seed ${SEED}`
    : `Failed after ${seconds} s; again: SLIPWAY_SEED=${SEED} SLIPWAY_RUNS=${RUNS} npm run test:long${words.length === 0 ? '' : ` -- ${words.join(' ')}`}`,
);
process.exitCode = code;

/** On the cluster that the environment names, or on one that lives as long as the work. */
async function onCluster(work: (name: string) => Promise<number>): Promise<number> {
  const named = process.env['SLIPWAY_TEST_CLUSTER'];
  if (named !== undefined && named !== '') return work(named);
  if (process.env['SLIPWAY_CLUSTER_CONTEXT']) return work(CLUSTER);
  const up = await run(['dist/cluster/main.js', 'up', '--name', CLUSTER]);
  if (up !== 0) return up;
  try {
    return await work(CLUSTER);
  } finally {
    await run(['dist/cluster/main.js', 'down', '--name', CLUSTER]);
  }
}

function runAlone(paths: readonly string[]): Promise<number> {
  const ignored = ['/node_modules/', '\\.e2e\\.test\\.js$', CLUSTER_TESTS].flatMap((path) => ['--testPathIgnorePatterns', path]);
  return runJest(paths.length === 0 ? [LONG] : paths.map((path) => `${path}.*${LONG}`), ignored);
}

function runOnCluster(name: string): Promise<number> {
  return runJest([`${CLUSTER_TESTS}.*${LONG}`], ['--runInBand'], { SLIPWAY_TEST_CLUSTER: name });
}

function runJest(paths: readonly string[], flags: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  return run([...jest, ...flags, ...paths.flatMap((path) => ['--testPathPatterns', path])], env);
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const all = { ...process.env, SLIPWAY_LONG_TESTS: '1', SLIPWAY_SEED: SEED, SLIPWAY_RUNS: RUNS, ...env };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], env: all });
    child.on('error', reject);
    child.on('close', (exit) => resolve(exit ?? 137));
  });
}
