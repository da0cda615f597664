/** Waits until the node takes pods, telling what is still missing; a component that ends meanwhile ends the wait with its words. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries, Note } from './binaries.js';
import { type GpuState, healthyGpus, NO_GPUS } from './gpus.js';
import { API_PORT, type Layout } from './layout.js';
import { execAnyMortal } from './mortal.js';
import { describeExited, readSupervisor } from './supervisor.js';

const TIMEOUT_MS = 120_000;

/** `alone`: of pretended nodes alone, without a real one. */
export interface NodeWish {
  readonly gpus: GpuState;
  readonly alone: boolean;
}

export async function waitReady(layout: Layout, binaries: Binaries, wish: NodeWish, note: Note): Promise<void> {
  let said = '';
  let healthy = false;
  for (const until = Date.now() + TIMEOUT_MS; ; await sleep(200)) {
    failOnExit(layout);
    const missing = await firstMissing(layout, binaries, wish);
    if (missing === undefined) {
      if (healthy) return;
      healthy = true; // once more, after the components had a moment to fall over
      continue;
    }
    if (missing !== said) note(`waiting for ${missing}`);
    said = missing;
    if (Date.now() > until) {
      throw new Error(
        `The cluster did not get ready within ${TIMEOUT_MS / 1000} s: still waiting for ${missing}; see npm run cluster:logs -- --name ${layout.name}`,
      );
    }
  }
}

/** Of the second node, once the first is ready. */
export async function waitNode(first: Layout, node: Layout, binaries: Pick<Binaries, 'kubectl'>, note: Note): Promise<void> {
  let said = '';
  for (const until = Date.now() + TIMEOUT_MS; ; await sleep(200)) {
    failOnExit(node);
    const missing = await missingOfNode(first, node, binaries);
    if (missing === undefined) return;
    if (missing !== said) note(`waiting for ${missing}`);
    said = missing;
    if (Date.now() > until) throw new Error(`Node ${node.id} did not get ready within ${TIMEOUT_MS / 1000} s: still waiting for ${missing}`);
  }
}

/** Undefined when the node takes pods. */
export async function missingOfNode(first: Layout, node: Layout, { kubectl }: Pick<Binaries, 'kubectl'>): Promise<string | undefined> {
  const components = readSupervisor(node)?.components ?? [];
  const waiting = components.filter(({ phase }) => phase === 'waiting').map(({ name }) => name);
  if (waiting.length > 0) return `${waiting.join(', ')} of the second node to start`;
  const args = ['--kubeconfig', first.kubeconfig, '--request-timeout=3s', 'get', 'node', node.id, '-o', `jsonpath=${nodePath(NO_GPUS)}`];
  const { stdout } = await execAnyMortal(kubectl, args);
  const problem = nodeProblem(stdout.trim(), NO_GPUS, components.find(({ name }) => name === 'kubelet')?.startedAt ?? '');
  return problem === undefined ? undefined : 'the second node to be Ready';
}

function failOnExit(layout: Layout): void {
  const state = readSupervisor(layout);
  if (state === undefined) throw new Error(`The cluster's supervisor has ended; see ${layout.logDir}/supervisor.log`);
  const exited = describeExited(state);
  if (exited.length > 0) throw new Error(exited.join('\n'));
}

/** Undefined when nothing is. In the order in which things come up. */
export async function firstMissing(layout: Layout, binaries: Pick<Binaries, 'kubectl'>, wish: NodeWish): Promise<string | undefined> {
  const kubectl = async (...args: string[]): Promise<string | undefined> => {
    const result = await execAnyMortal(binaries.kubectl, ['--kubeconfig', layout.kubeconfig, '--request-timeout=3s', ...args]);
    return result.code === 0 ? result.stdout.trim() : undefined;
  };
  if (!(await accepts(layout.nodeAddress, API_PORT)) || (await kubectl('get', '--raw', '/readyz')) === undefined) return 'the API server';
  const components = readSupervisor(layout)?.components ?? [];
  const waiting = components.filter((component) => component.phase === 'waiting').map((component) => component.name);
  if (waiting.length > 0) return `${waiting.join(', ')} to start`;
  if (!wish.alone) {
    const node = await kubectl('get', 'node', layout.id, '-o', `jsonpath=${nodePath(wish.gpus)}`);
    const problem = nodeProblem(node ?? '', wish.gpus, components.find((component) => component.name === 'kubelet')?.startedAt ?? '');
    if (problem !== undefined) return problem;
  }
  if ((await kubectl('-n', 'default', 'get', 'serviceaccount', 'default')) === undefined) return "the namespace's service account";
  if (!wish.alone && !(await accepts(layout.nodeAddress, 53))) return 'CoreDNS';
  return undefined;
}

function nodePath({ resource }: GpuState): string {
  const ready = '.status.conditions[?(@.type=="Ready")]';
  return `{${ready}.status} {${ready}.lastHeartbeatTime} {.status.allocatable.${resource === '' ? 'pods' : resource.replaceAll('.', '\\.')}}`;
}

/** `facts` as nodePath asks for them. What the node said before its kubelet was started again does not count. Pure. */
export function nodeProblem(facts: string, gpus: GpuState, kubeletStartedAt: string): string | undefined {
  const [ready, heartbeat = '', allocatable] = facts.split(' ');
  if (ready !== 'True' || !(Date.parse(heartbeat) >= Date.parse(kubeletStartedAt))) return 'the node to be Ready';
  const healthy = healthyGpus(gpus);
  if (gpus.resource !== '' && allocatable !== String(healthy)) return `${healthy} × ${gpus.resource} on the node`;
  return undefined;
}

/** True when something listens. */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
    socket.on('timeout', () => end(false));
  });
}
