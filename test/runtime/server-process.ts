/** The real server as a process of its own, on ports that it picks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type LogLine = Readonly<Record<string, unknown>>;

const MAIN = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'runtime', 'main.js');

export class ServerProcess {
  readonly logs: LogLine[] = [];
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  readonly exitCode: Promise<number | null>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const ports = ['--grpc-port', '0', '--rest-port', '0', '--metrics-port', '0'];
    this.#child = spawn(process.execPath, [MAIN, 'serve', ...args, ...ports], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    this.exitCode = once(this.#child, 'close').then(([code]: unknown[]) => (typeof code === 'number' ? code : null));
    if (this.#child.stdout !== null) createInterface({ input: this.#child.stdout }).on('line', (line) => this.#read(line));
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('The server did not start');
    return this.#child.pid;
  }

  /** The first log line with this message; rejects when the process ends without it. */
  async waitForLog(message: string): Promise<LogLine> {
    for (;;) {
      const found = this.logs.find((line) => line['message'] === message);
      if (found !== undefined) return found;
      const next = new Promise<'line'>((resolve) => this.#waiting.add(() => resolve('line')));
      const code = await Promise.race([next, this.exitCode]);
      if (code === 'line' || this.logs.some((line) => line['message'] === message)) continue;
      throw new Error(`The server ended with ${code} before it logged "${message}": ${JSON.stringify(this.logs)}`);
    }
  }

  /** Ports as the server reports them, once every model is ready. */
  async waitUntilReady(): Promise<{ grpc: string; rest: string; metrics: string }> {
    const line = await this.waitForLog('Listened');
    await this.waitForLog('Ready');
    return {
      grpc: `127.0.0.1:${line['grpcPort']}`,
      rest: `http://127.0.0.1:${line['restPort']}`,
      metrics: `http://127.0.0.1:${line['metricsPort']}`,
    };
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** For afterAll: no server outlives its test. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.exitCode;
  }

  #read(line: string): void {
    this.logs.push(JSON.parse(line) as LogLine);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
