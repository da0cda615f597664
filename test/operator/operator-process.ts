/** The operator as a process of its own, out of the cluster, looking after one namespace. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { eventually } from '../contract/eventually.js';

export interface OperatorOptions {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly name: string;
  readonly image?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** An image that no registry has: what is asked of pods here is that they are there. */
export const NO_IMAGE = 'registry.invalid/slipway/runtime:none';

export class OperatorProcess {
  #output = '';
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  constructor({ kubeconfig, namespace, name, image = NO_IMAGE, env: more = {} }: OperatorOptions) {
    const env = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      KUBECONFIG: kubeconfig,
      SLIPWAY_RUNTIME_IMAGE: image,
      SLIPWAY_POD_NAME: name,
      SLIPWAY_POD_NAMESPACE: namespace,
      SLIPWAY_WATCH_NAMESPACES: namespace,
      SLIPWAY_METRICS_PORT: '0',
      SLIPWAY_PROBES_PORT: '0',
      ...more,
    };
    this.#child = spawn(process.execPath, ['dist/operator/main.js'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#closed = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', (chunk: Buffer) => this.#add(chunk.toString('utf8')));
  }

  /** The last 100,000 characters that it said. */
  get output(): string {
    return this.#output;
  }

  async leads(patienceMs: number): Promise<void> {
    await eventually(
      'the operator to lead',
      patienceMs,
      () => this.#output,
      (output) => output.includes('"message":"Leading"'),
    );
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.isRunning) this.#child.kill(signal);
    await this.#closed;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** At once: what it was about to do next it does not do. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** As if the machine stood still. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Exit code of a process that ends by itself. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  #add(text: string): void {
    this.#output = (this.#output + text).slice(-100_000);
  }
}
