/** `slipway plan --operator-upgrade`: what consents would roll under the operator of this version, before it is installed or after. */
import { parseArgs } from 'node:util';
import { KubeClient } from '../../lib/kube/kube-client.js';
import { describeError } from '../../lib/logger.js';
import { type Environment, parseConfig } from '../../operator/config.js';
import { readVersion } from '../read-version.js';
import { reportFailure } from '../report-failure.js';
import { UsageError } from '../usage-error.js';
import { CLUSTER_FLAGS, CLUSTER_USAGE, type Cluster, type ClusterOptions, openCluster, parseClusterFlags } from './cluster-flags.js';
import { findOperator } from './find-operator.js';
import { listModels } from './list-models.js';
import { computeReport, formatReport, type UpgradeReport } from './upgrade-report.js';

export const PLAN_USAGE = `slipway plan --operator-upgrade [NAME…] [flags]
  lists what the operator of this version of Slipway would render otherwise than the pods that run; it changes nothing.
  An upgrade of the operator rolls none of them: that takes "kubectl slipway update NAME" for each
  -n, --namespace NAME     models of this namespace (default: of all that the operator watches; with NAMEs, the context's)
  -A, --all-namespaces     of all
  --runtime-image REF      the image that the next chart's values name (default: the installed operator's)
  --set-env NAME=VALUE     another setting of the next operator, such as HTTPS_PROXY; empty removes it; may be repeated
  --operator NS/NAME       Deployment of the installed operator (default: found by its label)
  -o, --output json        for programs
${CLUSTER_USAGE}`;

const FLAGS = {
  ...CLUSTER_FLAGS,
  'operator-upgrade': { type: 'boolean' },
  'runtime-image': { type: 'string' },
  'set-env': { type: 'string', multiple: true },
  operator: { type: 'string' },
  output: { type: 'string', short: 'o' },
} as const;

export interface PlanOptions {
  readonly cluster: ClusterOptions;
  /** Empty: all. */
  readonly names: readonly string[];
  readonly operator: string | undefined;
  readonly env: Environment;
  readonly isJson: boolean;
}

/** Resolves with the exit code: 0 whether there are updates or none. */
export async function runPlan(argv: readonly string[]): Promise<number> {
  let cluster: Cluster | undefined;
  try {
    const options = parsePlanFlags(argv);
    cluster = await openCluster(options.cluster);
    const report = await planUpgrade(cluster, options);
    console.log(options.isJson ? JSON.stringify(report, undefined, 2) : formatReport(report));
    return 0;
  } catch (error) {
    return reportFailure('plan', error);
  } finally {
    await cluster?.transport.close();
  }
}

/** Throws UsageError. */
export function parsePlanFlags(argv: readonly string[]): PlanOptions {
  const { values, positionals } = splitArguments(argv);
  if (values['operator-upgrade'] !== true) throw new UsageError('slipway plan needs to know what for: give --operator-upgrade');
  if (values.output !== undefined && values.output !== 'json')
    throw new UsageError(`--output "${values.output}" is not known: give json, or leave it out`);
  const image = values['runtime-image'];
  return {
    cluster: parseClusterFlags(values),
    names: positionals,
    operator: values.operator,
    env: { ...parseSettings(values['set-env'] ?? []), ...(image === undefined ? {} : { SLIPWAY_RUNTIME_IMAGE: image }) },
    isJson: values.output === 'json',
  };
}

export async function planUpgrade({ transport, namespace }: Cluster, options: PlanOptions): Promise<UpgradeReport> {
  const client = new KubeClient(transport);
  const operator = await findOperator(client, options.operator);
  const { render, watchNamespaces } = parseConfig({ ...operator.env, ...options.env }, 'slipway-plan');
  const { names, cluster } = options;
  const own = cluster.namespace ?? (names.length > 0 ? namespace : undefined);
  const namespaces = own !== undefined && !cluster.isAllNamespaces ? [own] : cluster.isAllNamespaces ? [] : watchNamespaces;
  const all = await listModels(client, namespaces);
  const missing = names.filter((name) => all.every(({ model }) => model.metadata.name !== name));
  if (missing.length > 0) throw new UsageError(`There is no ModelDeployment ${missing.join(', ')} in ${describe(namespaces)}`);
  const models = all.filter(({ model }) => names.length === 0 || names.includes(model.metadata.name));
  return computeReport({ models, config: render, version: readVersion(), operator: operator.id });
}

function describe(namespaces: readonly string[]): string {
  return namespaces.length === 0 ? 'any namespace' : `namespace ${namespaces.join(', ')}: give -n NAMESPACE or -A`;
}

function splitArguments(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true });
  } catch (cause) {
    throw new UsageError(describeError(cause).replace(/\. To specify a positional argument.*$/s, ''), { cause });
  }
}

function parseSettings(texts: readonly string[]): Environment {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new UsageError(`--set-env "${text}" has no value: give NAME=VALUE`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
