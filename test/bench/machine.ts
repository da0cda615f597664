/** What a table cannot be read without: the machine and the versions. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { readH2loadVersion } from './h2load.js';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly onnxruntime: string;
  readonly h2load: string;
  /** Of the last minute before the run: above half a core, others were at work. */
  readonly loadAverage: number;
}

export async function readMachine(): Promise<Machine> {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    onnxruntime: version,
    h2load: await readH2loadVersion(),
    loadAverage: loadavg()[0] ?? Number.NaN,
  };
}

export function describeMachine({ cpu, cores, memoryGb, node, onnxruntime, h2load, loadAverage }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGb} GiB; Node ${node}; onnxruntime-node ${onnxruntime}; ${h2load}; load average before the run ${loadAverage.toFixed(2)}`;
}
