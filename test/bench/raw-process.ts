/** The other end of raw-ort.ts: starts it on its core and asks it for rounds. */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchCase } from './cases.js';
import type { RawReply, RawRequest } from './raw-ort.js';

export const BENCH_FOLDER = dirname(fileURLToPath(import.meta.url));

export class RawProcess {
  readonly #child: ChildProcess;

  constructor({ modelPath, inputs }: BenchCase, core: number) {
    const args = ['-c', String(core), process.execPath, join(BENCH_FOLDER, 'raw-ort.js'), modelPath, JSON.stringify(inputs), '1'];
    this.#child = spawn('taskset', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' } });
  }

  async measure(request: RawRequest): Promise<RawReply> {
    const reply = await new Promise<unknown>((resolve) => {
      const settle = (value: unknown): void => {
        this.#child.off('message', settle).off('close', end);
        resolve(value);
      };
      const end = (code: number | null): void => settle({ error: `it ended with ${code}` });
      this.#child.on('message', settle).on('close', end);
      this.#child.send(request);
    });
    return parseReply(reply);
  }

  /** What the model answers to one request. */
  async answer(): Promise<Float32Array> {
    return Float32Array.from((await this.measure({ rows: 1, seconds: 0.05 })).values);
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

function parseReply(reply: unknown): RawReply {
  if (typeof reply !== 'object' || reply === null) throw new Error('ONNX Runtime in process answered nothing');
  if ('error' in reply) throw new Error(`ONNX Runtime in process: ${String(reply.error)}`);
  const { rowsPerSecond, cpuUsPerRow, values } = { rowsPerSecond: 0, cpuUsPerRow: 0, values: [], ...reply };
  return { rowsPerSecond: Number(rowsPerSecond), cpuUsPerRow: Number(cpuUsPerRow), values: Array.isArray(values) ? values.map(Number) : [] };
}
