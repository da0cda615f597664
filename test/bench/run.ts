/** One run: what was asked for, one after the other, then the report as JSON, and as Markdown where that is wanted. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type BenchCase, type CaseKey, listCases } from './cases.js';
import type { BenchFlags } from './flags.js';
import { describeMachine, type Machine, readMachine } from './machine.js';
import type { Pace } from './measure.js';
import { type MemoryReport, measureMemory } from './memory.js';
import { type PeerResult, runPeer } from './peers.js';
import { formatNumber, renderRows, renderTable } from './report.js';
import { runSoak, type SoakReport } from './soak.js';
import { runCase, type SuiteOptions, type Table } from './suite.js';
import { checkTargets, type Results, type Target } from './targets.js';

const REPORT = join('.slipway', 'reports', 'bench.json');
const FULL: Pace = { rounds: 5, seconds: 1.5 };
const QUICK: Pace = { rounds: 2, seconds: 0.6 };
const SOAK_REQUESTS = 1_000_000;

interface Collected {
  readonly tables: Table[];
  readonly peers: PeerResult[];
  memory: MemoryReport | undefined;
  soak: SoakReport | undefined;
}

export async function runBench(flags: BenchFlags): Promise<void> {
  const machine = await readMachine();
  if (machine.cores < 2)
    throw new Error(`The benchmarks need two cores, one for the server and one for the load; this process may use ${machine.cores}`);
  console.log(describeMachine(machine));
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  const results: Collected = { tables: [], peers: [], memory: undefined, soak: undefined };
  try {
    await runParts(flags, folder, results);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const targets = checkTargets(results);
  writeReport(flags, { machine, results, targets });
  if (flags.check) console.log(`\n${renderTargets(targets)}`);
}

async function runParts(flags: BenchFlags, folder: string, results: Collected): Promise<void> {
  const options: SuiteOptions = { folder, pace: flags.quick ? QUICK : FULL, say: (text) => console.log(text) };
  const cases = listCases(folder);
  const isWhole = flags.peers.length === 0 && !flags.memory && !flags.soak;
  const wanted = flags.cases.length > 0 ? flags.cases : isWhole ? cases.map(({ key }) => key) : (['mlp'] as const);
  const chosen = cases.filter(({ key }) => wanted.includes(key));
  if (isWhole) for (const bench of chosen) show(results, await runCase(bench, options));
  for (const name of flags.peers) for (const bench of chosen) await runOnePeer({ name, bench, options, results });
  if (flags.memory || (isWhole && flags.cases.length === 0)) {
    results.memory = await measureMemory(findCase(cases, 'rec'), folder);
    console.log(`▸ Memory with PP-OCR rec (10.8 MB): ${results.memory.how}; per further worker ${results.memory.furtherWorkerMb.toFixed(0)} MB`);
  }
  if (!flags.soak) return;
  console.log('▸ Soak: sizes, errors, cancels and disconnects; server on core 0');
  const requests = flags.quick ? SOAK_REQUESTS / 50 : SOAK_REQUESTS;
  results.soak = await runSoak({ mlp: findCase(cases, 'mlp'), reduce: findCase(cases, 'reduce'), folder, requests, say: options.say });
  console.log(`  ${JSON.stringify(results.soak)}`);
}

interface OnePeer {
  readonly name: BenchFlags['peers'][number];
  readonly bench: BenchCase;
  readonly options: SuiteOptions;
  readonly results: Collected;
}

/** A peer that does not run here is a line, not the end of the run. */
async function runOnePeer({ name, bench, options, results }: OnePeer): Promise<void> {
  console.log(`▸ ${name}: ${bench.title}`);
  try {
    const { result, tables } = await runPeer(name, bench, options);
    results.peers.push(result);
    show(results, tables);
  } catch (error) {
    console.log(`  not measured: ${String(error)}`);
  }
}

function show(results: Collected, tables: readonly Table[]): void {
  results.tables.push(...tables);
  for (const table of tables) console.log(`\n${renderTable(table)}`);
}

function findCase(cases: readonly BenchCase[], key: CaseKey): BenchCase {
  const found = cases.find((one) => one.key === key);
  if (found === undefined) throw new Error(`There is no case "${key}"`);
  return found;
}

interface Report {
  readonly machine: Machine;
  readonly results: Results;
  readonly targets: readonly Target[];
}

function writeReport({ markdown }: BenchFlags, report: Report): void {
  mkdirSync(dirname(REPORT), { recursive: true });
  writeFileSync(REPORT, `${JSON.stringify({ ...report, at: new Date().toISOString() }, undefined, 2)}\n`);
  console.log(`\nFigures in ${REPORT}`);
  if (markdown === undefined) return;
  const { machine, results, targets } = report;
  const memory = results.memory === undefined ? [] : [`Memory: ${results.memory.how}.`, ''];
  writeFileSync(markdown, [`${describeMachine(machine)}.`, '', ...results.tables.map(renderTable), ...memory, renderTargets(targets), ''].join('\n'));
  console.log(`Tables in ${markdown}`);
}

function renderTargets(targets: readonly Target[]): string {
  const rows = targets.map(({ text, bound, want, value, verdict }) => [text, `${bound} ${want}`, formatNumber(value), verdict]);
  return [
    ...renderRows(['must reach', 'target', 'measured', ''], rows),
    '',
    'Answers under batching and fuzzing are not timed: property tests and the long suite hold them.',
  ].join('\n');
}
