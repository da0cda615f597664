/** What one warmed worker with a 10 MB model holds, and what each further worker adds. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { BenchCase } from './cases.js';
import { newServerContender, startSlipway } from './contenders.js';
import { readTreeRssBytes } from './proc.js';
import { BENCH_FOLDER, RawProcess } from './raw-process.js';
import { findPort } from './server.js';
import { BOTH, CLIENT_CORE, SERVER_CORE } from './suite.js';

export interface MemoryReport {
  /** With one worker. */
  readonly oneWorkerMb: number;
  /** Undefined where this version cannot be made to start two. */
  readonly furtherWorkerMb: number | undefined;
  readonly how: string;
}

const MB = 1e6;

/** `bench` is the model of 10 MB. */
export async function measureMemory(bench: BenchCase, folder: string): Promise<MemoryReport> {
  const raw = new RawProcess(bench, SERVER_CORE);
  try {
    const want = await raw.answer();
    const one = await measureWorkers({ bench, want, folder, cores: [SERVER_CORE], flags: [] });
    const flag = await findWorkersFlag();
    const two = await measureWorkers({ bench, want, folder, cores: BOTH, flags: flag === undefined ? [] : [flag, '2'] });
    const how = `${one.workers} worker on one core: ${(one.bytes / MB).toFixed(0)} MB; ${two.workers} on two cores${flag === undefined ? '' : ` (${flag} 2)`}: ${(two.bytes / MB).toFixed(0)} MB`;
    const furtherWorkerMb = two.workers > one.workers ? (two.bytes - one.bytes) / MB / (two.workers - one.workers) : undefined;
    return { oneWorkerMb: one.bytes / MB, furtherWorkerMb, how };
  } finally {
    raw.stop();
  }
}

interface WorkersOptions {
  readonly bench: BenchCase;
  readonly want: Float32Array;
  readonly folder: string;
  readonly cores: readonly number[];
  readonly flags: readonly string[];
}

async function measureWorkers({ bench, want, folder, cores, flags }: WorkersOptions): Promise<{ bytes: number; workers: number }> {
  const metricsPort = await findPort();
  const server = await startSlipway({ bench, want, cores, flags, metricsPort });
  try {
    await newServerContender({ server, load: { connections: 4, streams: 2 }, folder, core: CLIENT_CORE }).measure(4);
    await sleep(2000);
    return { bytes: readTreeRssBytes(server.pid), workers: await readInstances(metricsPort) };
  } finally {
    await server.stop();
  }
}

async function readInstances(metricsPort: number): Promise<number> {
  const statusz: unknown = await (await fetch(`http://127.0.0.1:${metricsPort}/statusz`)).json();
  if (typeof statusz !== 'object' || statusz === null || !('instances' in statusz))
    throw new Error('/statusz does not say how many instances there are');
  return Number(statusz.instances);
}

async function findWorkersFlag(): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(BENCH_FOLDER, '..', '..', 'runtime', 'main.js'), 'serve', '--help']);
  return /--(?:workers|instances)\b/.exec(stdout)?.[0];
}
