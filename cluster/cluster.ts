/** The cluster that scripts and tests work on: a local one by name, or the one that the user names with SLIPWAY_CLUSTER_CONTEXT. */
import type { Phases } from '../hack/phases.js';
import { type Binaries, type ClientTools, ensureBinaries, type Note } from './binaries.js';
import { findClientTools, findKubeconfig, readExternal, readRegistry } from './external.js';
import { type Layout, REGISTRY_NAME, REGISTRY_PORT } from './layout.js';
import { findLayout } from './record.js';
import { readSupervisor } from './supervisor.js';
import { type UpOptions, upCluster } from './up.js';

export interface ClusterHandle {
  readonly name: string;
  readonly kubeconfig: string;
  readonly context: string;
  /** Where this machine pushes to, and whether that is plain HTTP. */
  readonly registryPush: string;
  readonly registryPlainHttp: boolean;
  /** The same registry as pods and the node's containerd name it. */
  readonly registryPull: string;
  readonly binaries: ClientTools;
  /** Only of local clusters. */
  readonly local?: Layout;
}

export async function ensureCluster(options: UpOptions, phases: Phases, env: NodeJS.ProcessEnv = process.env): Promise<ClusterHandle> {
  const external = await externalCluster(env, (line) => console.log(`  ${line}`));
  if (external !== undefined) return external;
  const { layout, binaries } = await upCluster(options, phases);
  return handleOf(layout, binaries);
}

/** Undefined when no such local cluster runs. */
export async function findCluster(name: string, note: Note = () => undefined): Promise<ClusterHandle | undefined> {
  const layout = findLayout(name);
  if (layout === undefined || readSupervisor(layout) === undefined) return undefined;
  return handleOf(layout, await ensureBinaries(note));
}

/** The cluster of SLIPWAY_CLUSTER_CONTEXT; undefined when that is not set. */
export async function externalCluster(env: NodeJS.ProcessEnv, note: Note): Promise<ClusterHandle | undefined> {
  const external = readExternal(env);
  if (external === undefined) return undefined;
  const registry = readRegistry(env);
  const binaries = await findClientTools(env, note);
  return {
    name: external.context,
    kubeconfig: await findKubeconfig(external, binaries.kubectl),
    context: external.context,
    registryPush: registry,
    registryPlainHttp: false,
    registryPull: registry,
    binaries,
  };
}

function handleOf(layout: Layout, binaries: Binaries): ClusterHandle {
  return {
    name: layout.name,
    kubeconfig: layout.kubeconfig,
    context: layout.id,
    registryPush: `${layout.nodeAddress}:${REGISTRY_PORT}`,
    registryPlainHttp: true,
    registryPull: `${REGISTRY_NAME}:${REGISTRY_PORT}`,
    binaries,
    local: layout,
  };
}
