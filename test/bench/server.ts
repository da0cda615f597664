/** A server under test: a process with its children, pinned to cores, that is ready when it answers rightly. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Answer, askOnce, type Question, requireRight } from './ask.js';
import { listTree } from './proc.js';

export interface ServerOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cores: readonly number[];
  readonly question: Question;
  /** Of further models of the same server: it is ready when it answers these rightly, too. */
  readonly others?: readonly Question[];
  readonly startSeconds?: number;
}

/** No peer may phone home from a benchmark. */
const QUIET = {
  ORT_DISABLE_TELEMETRY: '1',
  RAY_USAGE_STATS_ENABLED: '0',
  BENTOML_DO_NOT_TRACK: 'True',
  DO_NOT_TRACK: '1',
  SLIPWAY_LOG_LEVEL: 'error',
};
const running = new Set<Server>();
process.on('exit', () => {
  for (const server of running) server.killNow();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

export class Server {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #words = '';
  /** Of a right answer. */
  answer: Answer = { values: new Float32Array(), bytes: 0 };

  private constructor(readonly options: ServerOptions) {
    const { command, args, cores, cwd, env } = options;
    this.#child = spawn('taskset', ['-c', cores.join(','), command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a process group of its own: one signal reaches its workers as well
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...QUIET, ...env },
    });
    this.#closed = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', (chunk: Buffer) => this.#remember(chunk.toString()));
    running.add(this);
  }

  /** Rejects with the server's last words when it does not come to answer rightly. */
  static async start(options: ServerOptions): Promise<Server> {
    const server = new Server(options);
    try {
      await server.#waitUntilRight();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get name(): string {
    return this.options.name;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`"${this.name}" has not started`);
    return this.#child.pid;
  }

  /** A process that chose its threads for one core, on more of them: one worker and room for everything else. */
  async widen(cores: readonly number[]): Promise<void> {
    for (const pid of listTree(this.pid)) await promisify(execFile)('taskset', ['-acp', cores.join(','), String(pid)]);
  }

  async stop(): Promise<void> {
    const tree = this.#child.exitCode === null ? listTree(this.pid) : [];
    this.#signal('SIGTERM');
    await Promise.race([this.#closed, sleep(3000, undefined, { ref: false })]);
    this.killNow();
    const ours = new Set(tree.slice(1));
    for (const pid of ours) killOne(pid);
    running.delete(this);
  }

  killNow(): void {
    this.#signal('SIGKILL');
  }

  async #waitUntilRight(): Promise<void> {
    const end = performance.now() + (this.options.startSeconds ?? 60) * 1000;
    for (let last: unknown; ; ) {
      if (this.#child.exitCode !== null) throw new Error(`"${this.name}" ended with ${this.#child.exitCode}: ${this.#words.slice(-1500)}`);
      try {
        const { question, others = [] } = this.options;
        this.answer = await askOnce(question);
        requireRight(question, this.answer);
        for (const other of others) requireRight(other, await askOnce(other));
        return;
      } catch (error) {
        last = error;
      }
      if (performance.now() > end) throw new Error(`"${this.name}" never answered rightly: ${String(last)}; it said: ${this.#words.slice(-1500)}`);
      await sleep(150);
    }
  }

  #remember(text: string): void {
    this.#words = (this.#words + text).slice(-4000);
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // the group is gone
    }
  }
}

/** Workers that left the group, as Ray's do. */
function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone with its parent
  }
}

/** A port that nobody listens on now. */
export async function findPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('A listening socket has no port');
  return address.port;
}
