/** A cluster for the slow tests of this folder: a name of its own, its kubectl, and pods made of the pause image's few commands. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ExecResult, exec, execAny } from '../hack/exec.js';
import { Kubectl } from '../hack/kubectl.js';
import { Phases } from '../hack/phases.js';
import type { Binaries } from './binaries.js';
import { downCluster } from './down.js';
import { type Layout, REGISTRY_NAME, REGISTRY_PORT } from './layout.js';
import { pauseImage } from './pause-image.js';
import { readSupervisor } from './supervisor.js';
import type { ComponentState } from './supervisor-state.js';
import { type UpOptions, upCluster } from './up.js';

const MAIN = join(import.meta.dirname, 'main.js');
const SILENT = (): void => undefined;

export interface PodOptions {
  readonly gpus?: number;
  readonly image?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Name of the node that it has to run on. */
  readonly node?: string;
}

export class TestCluster {
  readonly kubectl: Kubectl;

  private constructor(
    readonly layout: Layout,
    readonly binaries: Binaries,
  ) {
    this.kubectl = new Kubectl({ kubectl: binaries.kubectl, helm: binaries.helm, kubeconfig: layout.kubeconfig, context: layout.id });
  }

  static async up(name: string, wish: Omit<UpOptions, 'name'> = {}): Promise<TestCluster> {
    const { layout, binaries } = await upCluster({ name, ...wish }, new Phases(SILENT));
    return new TestCluster(layout, binaries);
  }

  async down(): Promise<void> {
    await downCluster(this.layout.name, SILENT);
  }

  component(name: string): ComponentState {
    const found = readSupervisor(this.layout)?.components.find((component) => component.name === name);
    if (found === undefined) throw new Error(`The supervisor of "${this.layout.name}" knows no component "${name}"`);
    return found;
  }

  pids(): Record<string, number | undefined> {
    const components = readSupervisor(this.layout)?.components ?? [];
    return Object.fromEntries(components.map((component) => [component.name, component.pid]));
  }

  /** Kills without mercy, and waits until the supervisor has seen it. */
  async kill(name: string): Promise<void> {
    const { pid } = this.component(name);
    if (pid === undefined) throw new Error(`${name} does not run`);
    process.kill(pid, 'SIGKILL');
    await waitUntil(`the supervisor to see the end of ${name}`, 5_000, () => this.component(name).phase === 'exited');
  }

  async startPod(name: string, args: readonly string[], options: PodOptions = {}): Promise<void> {
    const limits = options.gpus === undefined ? {} : { limits: { 'nvidia.com/gpu': String(options.gpus) } };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: options.labels ?? {} },
      spec: {
        restartPolicy: 'Never',
        ...(options.node === undefined ? {} : { nodeName: options.node }),
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image: options.image ?? pauseImage(this.binaries), args, resources: limits }],
      },
    };
    await this.kubectl.apply(JSON.stringify(pod));
  }

  /** Runs a pod to its end; resolves with what it said. */
  async runPod(name: string, args: readonly string[], options: PodOptions = {}): Promise<string> {
    await this.startPod(name, args, options);
    const phase = await this.podPhase(name, ['Succeeded', 'Failed']);
    const said = (await this.kubectl.run(['logs', name])).trim();
    if (phase === 'Failed') throw new Error(`Pod "${name}" (${args.join(' ')}) failed: ${said}`);
    return said;
  }

  /** Waits for one of the phases. */
  async podPhase(name: string, wanted: readonly string[]): Promise<string> {
    let phase = '';
    await waitUntil(`pod "${name}" to be ${wanted.join(' or ')}`, 30_000, async () => {
      phase = await this.jsonpath(['pod', name], '{.status.phase}');
      return wanted.includes(phase);
    }).catch(async (cause) => {
      throw new Error(`${String(cause)}\n${await this.kubectl.run(['describe', 'pod', name])}`, { cause });
    });
    return phase;
  }

  /** Pushes an image of its own, made from the pause image; `path` such as "test/it:1". Resolves with the image's name on the node. */
  async push(path: string): Promise<string> {
    const host = `${this.layout.nodeAddress}:${REGISTRY_PORT}`;
    const source = pauseImage(this.binaries).replace(`${REGISTRY_NAME}:${REGISTRY_PORT}`, host);
    await exec(this.binaries.crane, [
      'mutate',
      '--insecure',
      '--label',
      `slipway.dev/test=${path.replace(':', '-')}`,
      '-t',
      `${host}/${path}`,
      source,
    ]);
    return `${REGISTRY_NAME}:${REGISTRY_PORT}/${path}`;
  }

  async jsonpath(object: readonly string[], path: string): Promise<string> {
    return (await this.kubectl.run(['get', ...object, '-o', `jsonpath=${path}`])).trim();
  }
}

/** Names of test clusters are random: several runs may share a machine. */
export function randomName(): string {
  return `t${randomBytes(4).toString('hex')}`;
}

/** What a person would run. */
export function clusterCommand(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<ExecResult> {
  return execAny(process.execPath, [MAIN, ...args], { cwd: options.cwd ?? process.cwd(), env: options.env ?? {} });
}

export async function waitUntil(what: string, timeoutMs: number, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const until = Date.now() + timeoutMs; !(await isTrue()); await sleep(100)) {
    if (Date.now() > until) throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}`);
  }
}
