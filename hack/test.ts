/**
 * `npm test`: every suite, phase by phase, from nothing. Ends with the line "N passed, N failed".
 * A phase that fails does not stop the later ones: one run tells everything that is wrong.
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Phases } from './phases.js';

interface Counts {
  passed: number;
  failed: number;
}

interface Suite {
  readonly name: string;
  /** Regular expression over paths of compiled tests; undefined runs the unit tests. */
  readonly pattern?: string;
  /** A script of ours to run instead of jest. */
  readonly script?: readonly string[];
  /** A script of ours that downloads and installs: started at once, beside the phases before this one. */
  readonly prepare?: readonly string[];
}

/** Name of the cluster that the end-to-end tests make and remove. */
const CLUSTER = 'test';

const SUITES: readonly Suite[] = [
  { name: 'unit tests' },
  { name: 'local Kubernetes: build and start', script: ['dist/cluster/main.js', 'up', '--name', CLUSTER, '--gpus', '4'] },
  { name: 'verify: generated files, DEPS, lint, chart', script: ['dist/hack/verify.js', '--skip-unit'] },
  { name: 'API server: contract, admission, operator', pattern: 'dist/test/(contract|crd|operator|gitops|scheduler)/' },
  { name: 'model sources with a real registry', pattern: 'dist/(test/source|runtime/model/source)/' },
  { name: 'runtime with foreign clients', pattern: 'dist/test/((runtime|wire|http2)/|fuzz/.*\\.e2e\\.)', prepare: ['dist/test/runtime/prepare.js'] },
  { name: 'images', pattern: 'dist/test/images/' },
  { name: 'end to end on the local Kubernetes', pattern: 'dist/test/e2e/' },
  { name: 'local Kubernetes: faults and cleaning up', pattern: 'dist/cluster/' },
];

const only = process.argv.slice(2);
const phases = new Phases();
const counts: Counts = { passed: 0, failed: 0 };
const reports = join('.slipway', 'reports');
mkdirSync(reports, { recursive: true });

const chosen = SUITES.filter(({ name }) => only.length === 0 || only.some((word) => name.includes(word)));
const preparing = new Map(chosen.flatMap((suite) => (suite.prepare === undefined ? [] : [[suite, runScript(suite.prepare)] as const])));
for (const suite of chosen) {
  try {
    await phases.run(suite.name, async () => {
      await preparing.get(suite); // what is missing after it, the tests make or name
      await runSuite(suite);
    });
  } catch (error) {
    console.error(`  ${error instanceof Error ? error.message : String(error)}`);
  }
}
if (only.length === 0 || only.some((word) => 'end to end'.includes(word))) {
  await runScript(['dist/cluster/main.js', 'down', '--name', CLUSTER]);
}
console.log(`\nPhases:\n${phases.summary()}\n\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

async function runSuite(suite: Suite): Promise<void> {
  if (suite.script !== undefined) {
    const code = await runScript(suite.script);
    countOne(code === 0);
    if (code !== 0) throw new Error(`${suite.script.join(' ')} ended with exit code ${code}`);
    return;
  }
  const report = join(reports, `${suite.name.replaceAll(/[^a-z0-9]+/gi, '-')}.json`);
  rmSync(report, { force: true });
  const args = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${report}`,
  ];
  const slow = suite.pattern === undefined ? [] : ['--runInBand', '--testPathPatterns', suite.pattern];
  const code = await runScript([...args, ...slow], { SLIPWAY_SLOW_TESTS: suite.pattern === undefined ? '' : '1', SLIPWAY_TEST_CLUSTER: CLUSTER });
  const failed = addReport(report);
  if (code !== 0 && failed === 0) countOne(false);
  if (code !== 0) throw new Error(`jest ended with exit code ${code}`);
}

function addReport(path: string): number {
  if (!existsSync(path)) return 0; // jest ended before it could write one; its exit code counts
  const report: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof report !== 'object' || report === null) throw new Error(`"${path}" is not a jest report`);
  const { numPassedTests, numFailedTests, numFailedTestSuites } = report as Record<string, unknown>;
  const failed = Math.max(Number(numFailedTests ?? 0), Number(numFailedTestSuites ?? 0));
  counts.passed += Number(numPassedTests ?? 0);
  counts.failed += failed;
  return failed;
}

function countOne(ok: boolean): void {
  if (ok) counts.passed += 1;
  else counts.failed += 1;
}

function runScript(args: readonly string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
    child.on('close', (code) => resolve(code ?? 137));
  });
}
