/** `cluster:status`: what runs, what has ended and with which words, and whether pods can be run. */
import { findBinaries } from './binaries.js';
import { readGpuState } from './gpus.js';
import { readKwokState } from './kwok.js';
import type { Layout } from './layout.js';
import { describeExited, howItEnded, readSupervisor } from './supervisor.js';
import type { ComponentState } from './supervisor-state.js';
import { firstMissing } from './wait-ready.js';

export interface ClusterStatus {
  readonly healthy: boolean;
  readonly lines: readonly string[];
}

export async function clusterStatus(layout: Layout): Promise<ClusterStatus> {
  const up = `npm run cluster:up -- --name ${layout.name}`;
  const state = readSupervisor(layout);
  if (state === undefined) return { healthy: false, lines: [`Cluster "${layout.name}" is not running; start it again with ${up}`] };
  const table = state.components.map(describeComponent);
  const exited = describeExited(state);
  if (exited.length > 0) return { healthy: false, lines: [...table, ...exited.map((text) => `\n${text}`), `\n${up} starts again what has ended`] };
  const missing = await whatIsMissing(layout);
  if (missing !== undefined) return { healthy: false, lines: [...table, `\nCluster "${layout.name}" is not ready: still waiting for ${missing}`] };
  return { healthy: true, lines: [...table, `\nCluster "${layout.name}" is ready; its kubeconfig is ${layout.kubeconfig}`] };
}

async function whatIsMissing(layout: Layout): Promise<string | undefined> {
  const binaries = findBinaries();
  if (binaries === undefined) return 'programs that are not built for the present sources; cluster:up builds them';
  const gpus = readGpuState(layout.gpuStateFile) ?? { resource: '', product: '', devices: [] };
  return firstMissing(layout, binaries, { gpus, alone: readKwokState(layout.kwokStateFile).alone });
}

function describeComponent(component: ComponentState): string {
  const more = component.phase === 'exited' ? howItEnded(component) : component.phase === 'running' ? `process ${component.pid ?? '-'}` : '';
  const restarts = component.starts > 1 ? `, started ${component.starts} times` : '';
  return `${component.name.padEnd(24)} ${component.phase.padEnd(8)} ${more}${restarts}`.trimEnd();
}
