/** The operator as it ships, a process in the cluster's network namespace: that is where pods' addresses lead to the responder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { API_PORT } from '../../../cluster/layout.js';
import { readCpuSeconds, readRssBytes } from '../proc.js';
import { type Metrics, parseMetrics } from './prometheus.js';
import type { Rig } from './rig.js';

export interface OperatorOptions {
  readonly rig: Rig;
  readonly name: string;
  /** For metrics; the next one is for probes, and the one after that for the inspector. */
  readonly port: number;
  readonly nodeArgs?: readonly string[];
}

const PROGRAM = 'dist/operator/main.js';
/** What Node takes for itself in a container with the chart's limit of 512Mi (`v8.getHeapStatistics()` there: 259 MB). */
const HEAP = ['--max-old-space-size=256', '--max-semi-space-size=8'];

const MB = 2 ** 20;
const WANTED = [
  ...['controller_runtime_reconcile_total', 'controller_runtime_max_concurrent_reconciles', 'rest_client_requests_total'],
  ...['workqueue_depth', 'leader_election_master_status', 'nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes'],
];
const IMAGE = 'registry.invalid/slipway/runtime:none';
const LEAD_MS = 60_000;

export class OperatorUnderTest {
  readonly startedAt = performance.now();
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #url: string;
  #output = '';
  #peakBytes = 0;
  readonly #watch: NodeJS.Timeout;

  constructor({ rig, name, port, nodeArgs = [] }: OperatorOptions) {
    const env = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      KUBECONFIG: rig.layout.kubeconfig,
      SLIPWAY_RUNTIME_IMAGE: IMAGE,
      SLIPWAY_POD_NAME: name,
      SLIPWAY_POD_NAMESPACE: 'default',
      SLIPWAY_METRICS_PORT: String(port),
      SLIPWAY_PROBES_PORT: String(port + 1),
      SLIPWAY_LOG_LEVEL: 'warn', // what a line per change costs is another question
    };
    const program = [process.execPath, ...HEAP, ...nodeArgs, rig.operator ?? PROGRAM];
    // nsenter becomes the operator, and dies with this process
    const args = ['--pdeathsig', 'KILL', 'nsenter', `--net=${rig.layout.netns}`, ...program];
    this.#child = spawn('setpriv', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#closed = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', (chunk: Buffer) => this.#add(chunk.toString('utf8')));
    this.#url = `http://${rig.layout.nodeAddress}:${port}/metrics`;
    this.#watch = setInterval(() => (this.#peakBytes = Math.max(this.#peakBytes, this.#rssBytes())), 100);
  }

  /** Started, and leading. */
  static async leading(options: OperatorOptions): Promise<OperatorUnderTest> {
    const operator = new OperatorUnderTest(options);
    await operator.leads();
    return operator;
  }

  async leads(): Promise<void> {
    for (const until = performance.now() + LEAD_MS; ; await sleep(20)) {
      const metrics = await this.metrics().catch(() => undefined);
      if (metrics?.get('leader_election_master_status')?.some(({ value }) => value === 1) === true) return;
      this.assertRuns();
      if (performance.now() > until) throw new Error(`The operator does not lead:\n${this.#output.slice(-2000)}`);
    }
  }

  async metrics(): Promise<Metrics> {
    const answer = await fetch(this.#url, { signal: AbortSignal.timeout(10_000) });
    return parseMetrics(await answer.text(), WANTED);
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('The operator could not be started');
    return pid;
  }

  /** Throws when it has ended: nobody need wait for it then. */
  assertRuns(): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) return;
    throw new Error(`The operator ended by itself (${signalCode ?? `exit code ${exitCode}`}):\n${this.#output.slice(-4000)}`);
  }

  /** Resolves with what the work does, or throws when the operator ends before: nobody restarts it here. */
  async during<T>(work: Promise<T>): Promise<T> {
    const ends = this.#closed.then((): T => {
      this.assertRuns();
      throw new Error('The operator was stopped');
    });
    ends.catch(() => undefined);
    return Promise.race([work, ends]);
  }

  get output(): string {
    return this.#output;
  }

  get rssMb(): number {
    return this.#rssBytes() / MB;
  }

  /** Of ten looks a second since the last call. */
  takePeakMb(): number {
    const peak = Math.max(this.#peakBytes, this.#rssBytes()) / MB;
    this.#peakBytes = 0;
    return peak;
  }

  get cpuSeconds(): number {
    return readCpuSeconds(this.pid);
  }

  /** Connections to the API server that are open now. */
  countSockets(): number {
    return countSockets(this.pid, API_PORT);
  }

  /** Resolves with the seconds until it was gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number> {
    const start = performance.now();
    clearInterval(this.#watch);
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    await this.#closed;
    return (performance.now() - start) / 1000;
  }

  #rssBytes(): number {
    return readRssBytes(this.pid); // 0 of one that is gone
  }

  #add(text: string): void {
    this.#output = (this.#output + text).slice(-100_000);
  }
}

/** Established TCP connections of a process to a port. */
function countSockets(pid: number, port: number): number {
  const own = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      own.add(/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? '');
    } catch {
      // closed meanwhile
    }
  }
  const tables = ['tcp', 'tcp6'].map((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8'));
  return parseSockets(tables.join('\n'), port).filter((inode) => own.has(inode)).length;
}

/** Inodes of the established sockets to that port, in the form of /proc/net/tcp. Pure. */
export function parseSockets(text: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    return fields[2]?.endsWith(suffix) === true && fields[3] === '01' ? [fields[9] ?? ''] : [];
  });
}
