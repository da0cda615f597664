/** `cluster:status`: what runs, what has ended and with which words, and whether pods can be run. */
import { findBinaries } from './binaries.js';
import { NO_GPUS, readGpuState } from './gpus.js';
import { readKwokState } from './kwok.js';
import { type Layout, secondNodeOf } from './layout.js';
import { hasSecondNode } from './second-node.js';
import { describeExited, howItEnded, readSupervisor } from './supervisor.js';
import type { ComponentState } from './supervisor-state.js';
import { firstMissing, missingOfNode } from './wait-ready.js';

export interface ClusterStatus {
  readonly healthy: boolean;
  readonly lines: readonly string[];
}

export async function clusterStatus(layout: Layout): Promise<ClusterStatus> {
  const up = `npm run cluster:up -- --name ${layout.name}`;
  const state = readSupervisor(layout);
  if (state === undefined) return { healthy: false, lines: [`Cluster "${layout.name}" is not running; start it again with ${up}`] };
  const second = hasSecondNode(layout) ? secondNodeOf(layout) : undefined;
  const secondState = second === undefined ? undefined : readSupervisor(second);
  if (second !== undefined && secondState === undefined) {
    return { healthy: false, lines: [...state.components.map(describeComponent), `\nNode ${second.id} is not running; start it again with ${up}`] };
  }
  const others = secondState?.components.map((component) => describeComponent({ ...component, name: `node-2/${component.name}` })) ?? [];
  const table = [...state.components.map(describeComponent), ...others];
  const exited = [...describeExited(state), ...(secondState === undefined ? [] : describeExited(secondState).map((text) => `node-2/${text}`))];
  if (exited.length > 0) return { healthy: false, lines: [...table, ...exited.map((text) => `\n${text}`), `\n${up} starts again what has ended`] };
  const missing = await whatIsMissing(layout, second);
  if (missing !== undefined) return { healthy: false, lines: [...table, `\nCluster "${layout.name}" is not ready: still waiting for ${missing}`] };
  const ready = `Cluster "${layout.name}" is ready${second === undefined ? '' : ', with two nodes'}; its kubeconfig is ${layout.kubeconfig}`;
  return { healthy: true, lines: [...table, `\n${ready}`] };
}

async function whatIsMissing(layout: Layout, second: Layout | undefined): Promise<string | undefined> {
  const binaries = findBinaries();
  if (binaries === undefined) return 'programs that are not built for the present sources; cluster:up builds them';
  const gpus = readGpuState(layout.gpuStateFile) ?? NO_GPUS;
  const missing = await firstMissing(layout, binaries, { gpus, alone: readKwokState(layout.kwokStateFile).alone });
  return missing ?? (second === undefined ? undefined : missingOfNode(layout, second, binaries));
}

function describeComponent(component: ComponentState): string {
  const more = component.phase === 'exited' ? howItEnded(component) : component.phase === 'running' ? `process ${component.pid ?? '-'}` : '';
  const restarts = component.starts > 1 ? `, started ${component.starts} times` : '';
  return `${component.name.padEnd(24)} ${component.phase.padEnd(8)} ${more}${restarts}`.trimEnd();
}
