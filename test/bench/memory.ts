/** What one warmed worker with a 10 MB model holds, and what each further worker adds. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchCase } from './cases.js';
import { newServerContender, startSlipway } from './contenders.js';
import { MODEL } from './infer-body.js';
import { readTreeRssBytes } from './proc.js';
import { RawProcess } from './raw-process.js';
import { BOTH, CLIENT_CORE, SERVER_CORE } from './suite.js';

export interface MemoryReport {
  /** With one worker. */
  readonly oneWorkerMb: number;
  readonly furtherWorkerMb: number;
  readonly how: string;
}

const MB = 1e6;

/** `bench` is the model of 10 MB. */
export async function measureMemory(bench: BenchCase, folder: string): Promise<MemoryReport> {
  const raw = new RawProcess(bench, SERVER_CORE);
  try {
    const want = await raw.answer();
    const alone = await measureInstances({ bench, want, folder, cores: [SERVER_CORE] });
    const one = await measureInstances({ bench, want, folder, cores: BOTH, instances: 1 });
    const two = await measureInstances({ bench, want, folder, cores: BOTH, instances: 2 });
    const how = [
      `one worker on one core ${(alone / MB).toFixed(0)} MB`,
      `on two cores instance_group count 1 ${(one / MB).toFixed(0)} MB`,
      `count 2 ${(two / MB).toFixed(0)} MB`,
    ].join('; ');
    return { oneWorkerMb: alone / MB, furtherWorkerMb: (two - one) / MB, how };
  } finally {
    raw.stop();
  }
}

interface InstancesOptions {
  readonly bench: BenchCase;
  readonly want: Float32Array;
  readonly folder: string;
  readonly cores: readonly number[];
  /** Of Triton's config.pbtxt; undefined: what the server chooses. */
  readonly instances?: number;
}

async function measureInstances({ bench, want, folder, cores, instances }: InstancesOptions): Promise<number> {
  const modelPath = instances === undefined ? bench.modelPath : writeStore(bench, join(folder, `instances-${instances}`), instances);
  const server = await startSlipway({ bench: { ...bench, modelPath }, want, cores });
  try {
    await newServerContender({ server, load: { connections: 4, streams: 2 }, folder, core: CLIENT_CORE }).measure(4);
    await sleep(2000);
    return readTreeRssBytes(server.pid);
  } finally {
    await server.stop();
  }
}

function writeStore({ modelPath }: BenchCase, store: string, instances: number): string {
  mkdirSync(join(store, MODEL, '1'), { recursive: true });
  copyFileSync(modelPath, join(store, MODEL, '1', 'model.onnx'));
  writeFileSync(join(store, MODEL, 'config.pbtxt'), `instance_group [ { count: ${instances} kind: KIND_CPU } ]\n`);
  return store;
}
