/** The second node of a cluster: brought up beside the first, healed with it, taken away alone. */
import { existsSync, rmSync } from 'node:fs';
import type { Binaries, Note } from './binaries.js';
import { makeCgroups, removeCgroups } from './cgroups.js';
import type { ImageSettings } from './configs.js';
import { type Layout, secondNodeOf } from './layout.js';
import { execMortal } from './mortal.js';
import { ensureSecondNetwork, isInNetwork, removeSecondNetwork } from './network.js';
import { hasFiles, plannedSecondNodeFiles, writeFiles } from './prepare.js';
import { rotateLogs } from './show-logs.js';
import { healSupervisor, readSupervisor, startSupervisor } from './supervisor.js';
import { secondNodePlan } from './supervisor-plan.js';

export const MOST_NODES = 2;

/** Whether the cluster has one: it stays until it is taken away. */
export function hasSecondNode(first: Layout): boolean {
  return existsSync(secondNodeOf(first).planFile);
}

/** How many nodes a cluster is to have: as asked for, else as many as it has. */
export function chooseNodes(first: Layout, wanted: number | undefined): number {
  return wanted ?? (hasSecondNode(first) ? 2 : 1);
}

export interface SecondNodeParts {
  readonly first: Layout;
  readonly binaries: Binaries;
  readonly images: ImageSettings;
  readonly note: Note;
}

/** After the first: its link leads there, and its kubelet waits for that API server. */
export async function bringUpSecond({ first, binaries, images, note }: SecondNodeParts): Promise<void> {
  const second = secondNodeOf(first);
  const files = plannedSecondNodeFiles(second, secondNodePlan(second, binaries, makeCgroups(second)), images);
  const running = readSupervisor(second);
  if (running !== undefined && isInNetwork(second, running.pid) && hasFiles(second, files)) {
    await ensureSecondNetwork(first, second);
    if (running.components.some(({ phase }) => phase === 'exited')) await healSupervisor(second, running);
    return;
  }
  note('starting the second node');
  await removeCgroups(second);
  makeCgroups(second);
  writeFiles(second, files);
  await ensureSecondNetwork(first, second);
  rotateLogs(second);
  await startSupervisor(second, binaries.nodebox);
}

/** With its Node object, or the scheduler would go on counting with it. */
export async function removeSecond(first: Layout, binaries: Pick<Binaries, 'kubectl'>, note: Note): Promise<void> {
  const second = secondNodeOf(first);
  if (!existsSync(second.stateDir)) return;
  note('taking the second node away');
  await removeCgroups(second);
  await removeSecondNetwork(second);
  await execMortal(binaries.kubectl, [
    ...['--kubeconfig', first.kubeconfig, '--request-timeout=10s'],
    ...['delete', 'node', second.id, '--ignore-not-found', '--wait=false'],
  ]);
  rmSync(second.stateDir, { recursive: true, force: true, maxRetries: 5 });
}
