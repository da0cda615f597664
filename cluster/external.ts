/**
 * A cluster that the user has: only SLIPWAY_CLUSTER_CONTEXT makes the commands use it. An exported KUBECONFIG alone is never touched;
 * it only says where the named context is looked for.
 */
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execAny } from '../hack/exec.js';
import { type ClientTools, ensureBinaries, ensureCrane, type Note } from './binaries.js';

export interface ExternalCluster {
  readonly context: string;
  /** Where the context is looked for, in this order. */
  readonly kubeconfigs: readonly string[];
}

/** Undefined when SLIPWAY_CLUSTER_CONTEXT is not set. */
export function readExternal(env: NodeJS.ProcessEnv): ExternalCluster | undefined {
  const context = env['SLIPWAY_CLUSTER_CONTEXT'];
  if (context === undefined || context === '') return undefined;
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean);
  return { context, kubeconfigs: named.length > 0 ? named : [join(homedir(), '.kube', 'config')] };
}

/** Where images and models go; the user's cluster has to be able to pull from there. */
export function readRegistry(env: NodeJS.ProcessEnv): string {
  const registry = env['SLIPWAY_REGISTRY'];
  if (registry !== undefined && registry !== '') return registry.replace(/\/+$/, '');
  throw new Error('SLIPWAY_CLUSTER_CONTEXT is set and SLIPWAY_REGISTRY is not: name the registry that images are pushed to, such as ghcr.io/you');
}

/** The user's own kubectl and helm, which fit the user's cluster; where they are missing, those of the local cluster. */
export async function findClientTools(env: NodeJS.ProcessEnv, note: Note): Promise<ClientTools> {
  const path = env['PATH'] ?? '';
  const [kubectl, helm, crane] = ['kubectl', 'helm', 'crane'].map((name) => findProgram(name, path));
  if (kubectl !== undefined && helm !== undefined) return { kubectl, helm, crane: crane ?? (await ensureCrane(note)) };
  if (process.platform === 'linux') return ensureBinaries(note);
  throw new Error(`"${kubectl === undefined ? 'kubectl' : 'helm'}" is not on the PATH: install it to work on the cluster of SLIPWAY_CLUSTER_CONTEXT`);
}

/** The file that has the context: KUBECONFIG may name several. Rejects when none has it. */
export async function findKubeconfig(cluster: ExternalCluster, kubectl: string): Promise<string> {
  for (const kubeconfig of cluster.kubeconfigs) {
    const result = await execAny(kubectl, ['--kubeconfig', kubeconfig, 'config', 'get-contexts', cluster.context, '-o', 'name']);
    if (result.code === 0) return kubeconfig;
  }
  throw new Error(
    `SLIPWAY_CLUSTER_CONTEXT="${cluster.context}" is no context in ${cluster.kubeconfigs.join(', ')}: choose one of kubectl config get-contexts, or set KUBECONFIG`,
  );
}

/** Rejects when nothing answers under the context, with kubectl's words. Resolves with the server's version. */
export async function pingExternal(context: string, kubeconfig: string, kubectl: string): Promise<string> {
  const args = ['--kubeconfig', kubeconfig, '--context', context, '--request-timeout=10s', 'get', '--raw', '/version'];
  const result = await execAny(kubectl, args);
  if (result.code === 0) return /"gitVersion":\s*"([^"]+)"/.exec(result.stdout)?.[1] ?? 'of unknown version';
  throw new Error(`SLIPWAY_CLUSTER_CONTEXT="${context}" does not answer (kubeconfig ${kubeconfig}): ${result.stderr.trim()}`);
}

/** The first executable file of that name on a PATH. */
export function findProgram(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
