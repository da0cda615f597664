/** `slipway update NAME`: accepts the update that the installed operator offers, by the one field that stands for it. */
import { parseArgs } from 'node:util';
import { KubeClient } from '../../lib/kube/kube-client.js';
import { describeError } from '../../lib/logger.js';
import { KINDS } from '../../operator/api/kinds.js';
import type { ModelDeployment } from '../../operator/api/zz_generated.modeldeployment.js';
import type { KubeObject } from '../../operator/ports.js';
import { asRecord } from '../../operator/view/json.js';
import { isModelDeployment } from '../../operator/view/model-view.js';
import { reportFailure } from '../report-failure.js';
import { UsageError } from '../usage-error.js';
import { CLUSTER_FLAGS, CLUSTER_USAGE, type Cluster, type ClusterOptions, openCluster, parseClusterFlags } from './cluster-flags.js';

export const UPDATE_USAGE = `slipway update NAME… | --all [flags]
  accepts what the installed operator offers (status.update): sets spec.runtime.acceptedUpdate, and the model changes over as
  after any change of its spec. Removing the field goes back
  -n, --namespace NAME     default: the context's
  -A, --all-namespaces     with --all
  --all                    every model that has an update
  --dry-run                only print what would be rolled
${CLUSTER_USAGE}`;

const FLAGS = { ...CLUSTER_FLAGS, all: { type: 'boolean' }, 'dry-run': { type: 'boolean' } } as const;

export interface UpdateOptions {
  readonly cluster: ClusterOptions;
  /** Empty: all that have an update. */
  readonly names: readonly string[];
  readonly isDryRun: boolean;
}

type Model = KubeObject & ModelDeployment;

/** Resolves with the exit code. */
export async function runUpdate(argv: readonly string[]): Promise<number> {
  let cluster: Cluster | undefined;
  try {
    const options = parseUpdateFlags(argv);
    cluster = await openCluster(options.cluster);
    await updateModels(cluster, options, (line) => console.log(line));
    return 0;
  } catch (error) {
    return reportFailure('update', error);
  } finally {
    await cluster?.transport.close();
  }
}

/** Throws UsageError. */
export function parseUpdateFlags(argv: readonly string[]): UpdateOptions {
  const { values, positionals: names } = splitArguments(argv);
  const cluster = parseClusterFlags(values);
  const isAll = values.all ?? false;
  if (isAll === names.length > 0)
    throw new UsageError(isAll ? '--all and names exclude each other' : 'slipway update needs the name of a model, or --all');
  if (cluster.isAllNamespaces && !isAll) throw new UsageError('--all-namespaces goes with --all: give -n NAMESPACE for names');
  return { cluster, names, isDryRun: values['dry-run'] ?? false };
}

/** One after the other; each is told before it is written. */
export async function updateModels(
  cluster: Cluster,
  { names, isDryRun, cluster: { namespace, isAllNamespaces } }: UpdateOptions,
  tell: (line: string) => void,
): Promise<void> {
  const client = new KubeClient(cluster.transport);
  const own = namespace ?? cluster.namespace;
  const models =
    names.length === 0
      ? await listOffered(client, isAllNamespaces ? undefined : own)
      : await Promise.all(names.map((name) => read(client, own, name)));
  if (models.length === 0) tell(`No ModelDeployment has an update${isAllNamespaces ? '' : ` in namespace ${own}`}.`);
  for (const model of models) await update(client, model, { isDryRun, tell });
}

async function update(
  client: KubeClient,
  { metadata, status }: Model,
  { isDryRun, tell }: { isDryRun: boolean; tell: (line: string) => void },
): Promise<void> {
  const { name, namespace = '' } = metadata;
  const offered = status?.update;
  if (offered === undefined) return tell(`${namespace}/${name}: nothing to accept; this operator would render its pods as they are`);
  if (status?.observedGeneration !== metadata.generation)
    throw new Error(
      `The operator has not looked at the newest spec of ${namespace}/${name} yet, and its offer may be of the one before: try again in a moment`,
    );
  tell([`${namespace}/${name}: update ${offered.id}`, ...offered.changes.map((change) => `  ${change}`)].join('\n'));
  if (isDryRun) return tell('  (dry run: nothing was changed)');
  const patch = { spec: { runtime: { acceptedUpdate: offered.id } } };
  const patched = await client.mergePatch(KINDS.modelDeployment, { namespace, name }, patch);
  // a server with an older schema drops the field and says nothing
  if (asRecord(asRecord(patched['spec'])['runtime'])['acceptedUpdate'] !== offered.id)
    throw new Error(`The CRD of the cluster has no spec.runtime.acceptedUpdate: apply the one of this version (charts/slipway/crds) and try again`);
  tell(`  accepted; follow it with: kubectl -n ${namespace} get modeldeployments.slipway.dev ${name} -w`);
}

async function listOffered(client: KubeClient, namespace: string | undefined): Promise<Model[]> {
  return (await client.list(KINDS.modelDeployment, { namespace })).filter(isModelDeployment).filter(({ status }) => status?.update !== undefined);
}

async function read(client: KubeClient, namespace: string, name: string): Promise<Model> {
  const found = await client.find(KINDS.modelDeployment, { namespace, name });
  if (found === undefined || !isModelDeployment(found))
    throw new UsageError(`There is no ModelDeployment "${name}" in namespace "${namespace}": give -n NAMESPACE`);
  return found;
}

function splitArguments(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true });
  } catch (cause) {
    throw new UsageError(describeError(cause).replace(/\. To specify a positional argument.*$/s, ''), { cause });
  }
}
