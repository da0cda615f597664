/** Flags of commands that ask an API server: which cluster, which namespaces. As kubectl has them. */
import { type KubeconfigOptions, kubeconfigAccess } from '../../lib/kube/cluster-access.js';
import { KubeTransport } from '../../lib/kube/transport.js';
import { UsageError } from '../usage-error.js';

export const CLUSTER_USAGE = `  --kubeconfig FILE        default: what kubectl reads
  --context NAME           of the kubeconfig (default: the current one)`;

export const CLUSTER_FLAGS = {
  namespace: { type: 'string', short: 'n' },
  'all-namespaces': { type: 'boolean', short: 'A' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
} as const;

export interface ClusterFlagValues {
  readonly namespace?: string | undefined;
  readonly 'all-namespaces'?: boolean | undefined;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

export interface ClusterOptions {
  readonly access: KubeconfigOptions;
  readonly namespace: string | undefined;
  readonly isAllNamespaces: boolean;
}

/** Throws UsageError. */
export function parseClusterFlags(values: ClusterFlagValues): ClusterOptions {
  const { namespace, kubeconfig: file, context } = values;
  const isAllNamespaces = values['all-namespaces'] ?? false;
  if (namespace === '') throw new UsageError('--namespace is empty: give the name of one, or --all-namespaces');
  if (namespace !== undefined && isAllNamespaces) throw new UsageError(`--namespace ${namespace} and --all-namespaces exclude each other`);
  return { access: { ...(file === undefined ? {} : { file }), ...(context === undefined ? {} : { context }) }, namespace, isAllNamespaces };
}

export interface Cluster {
  readonly transport: KubeTransport;
  /** Of the kubeconfig's context. */
  readonly namespace: string;
}

export async function openCluster({ access }: ClusterOptions): Promise<Cluster> {
  const found = await kubeconfigAccess(access);
  return { transport: new KubeTransport(found, { userAgent: 'slipway-cli' }), namespace: found.namespace };
}
