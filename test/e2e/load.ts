/** A load client inside the cluster's network: it dials the Service's address, as a pod would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type LoadReport, parseLoadReport } from './load-report.js';
import type { World } from './world.js';

const CLIENT = join(dirname(fileURLToPath(import.meta.url)), 'load-client.js');

export class Load {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => this.#lines.push(line));
  }

  /** Resolves when the first call has been answered. */
  static async start(world: World, model: string, callers = 4): Promise<Load> {
    const { local } = world.cluster;
    if (local === undefined) throw new Error('Load needs the local cluster: it joins its network namespace');
    const args = [`--net=${local.netns}`, process.execPath, CLIENT, await world.serviceAddress(model, 8001), model, String(callers)];
    const load = new Load(spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'] }));
    for (const until = Date.now() + 30_000; !load.#lines.includes('started'); await new Promise((resolve) => setTimeout(resolve, 50))) {
      if (Date.now() > until || load.#child.exitCode !== null)
        throw new Error(`No call of the load client on "${model}" was answered: ${await load.#end()}`);
    }
    return load;
  }

  async stop(): Promise<LoadReport> {
    return parseLoadReport(await this.#end());
  }

  async #end(): Promise<string> {
    if (this.#child.exitCode === null) {
      const closed = new Promise((resolve) => this.#child.once('close', resolve));
      this.#child.kill('SIGTERM');
      await closed;
    }
    return this.#lines.at(-1) ?? 'no output';
  }
}
