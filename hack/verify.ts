/**
 * `npm run verify [-- --skip-unit]`: everything that has to hold before a commit, each step by name and time. A step that fails
 * does not stop the later ones: one run tells everything that is wrong.
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ensureHelm } from '../cluster/binaries.js';
import { checkDeps } from './check-deps.js';
import { exec } from './exec.js';
import { generateAll } from './generate.js';
import { Phases } from './phases.js';

const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const CHART = 'charts/slipway';

interface Step {
  readonly name: string;
  readonly run: (note: (line: string) => void) => Promise<void>;
}

const STEPS: readonly Step[] = [
  { name: 'generated files', run: verifyGenerated },
  { name: 'DEPS', run: verifyDeps },
  { name: 'types', run: () => runNode(['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json']) },
  {
    name: 'format and lint',
    run: () => runNode(['node_modules/@biomejs/biome/bin/biome', 'check', '--diagnostic-level=warn', '--error-on-warnings', '.']),
  },
  { name: 'chart: helm lint', run: verifyChartLint },
  { name: 'chart: rendered manifests', run: () => runNode([...JEST, '--testPathPatterns', 'dist/test/chart/'], { SLIPWAY_SLOW_TESTS: '1' }) },
];
const UNIT_STEP: Step = { name: 'unit tests', run: () => runNode(JEST) };

const skipUnit = parseOrExplain();
const phases = new Phases();
const failed: string[] = [];
for (const step of [...STEPS, ...(skipUnit ? [] : [UNIT_STEP])]) {
  try {
    await phases.run(step.name, step.run);
  } catch (error) {
    failed.push(step.name);
    console.error(indent(error instanceof Error ? error.message : String(error)));
  }
}
console.log(`\n${phases.summary()}`);
console.log(failed.length === 0 ? `\n✔ Everything holds (${phases.totalSeconds().toFixed(0)} s)` : `\n✘ Not in order: ${failed.join('; ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** By content before and after, so that it works in a tree with changes. */
async function verifyGenerated(): Promise<void> {
  const changed = await generateAll();
  if (changed.length > 0)
    throw new Error(`These were not what the sources say and have been generated anew; add them to your commit:\n${changed.join('\n')}`);
}

async function verifyDeps(note: (line: string) => void): Promise<void> {
  const { files, folders, problems } = checkDeps('.');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  note(`${files} files in ${folders} folders`);
}

/** Both Helms in use: they differ in what they accept. */
async function verifyChartLint(note: (line: string) => void): Promise<void> {
  const { helm, helm3 } = await ensureHelm(note);
  for (const program of [helm, helm3]) {
    await exec(program, ['lint', '--strict', CHART]);
    note((await exec(program, ['version', '--short'])).trim());
  }
}

function runNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`ended with exit code ${code}`))));
  });
}

function parseOrExplain(): boolean {
  try {
    return parseArgs({ options: { 'skip-unit': { type: 'boolean', default: false } } }).values['skip-unit'];
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nusage: npm run verify [-- --skip-unit]`);
    process.exit(2);
  }
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
