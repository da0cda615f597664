/** The operator that is installed, and what its pods of models are rendered with: its Deployment's environment, as its process sees it. */
import type { KubeClient } from '../../lib/kube/kube-client.js';
import { isForbidden } from '../../lib/kube/kube-error.js';
import { KINDS } from '../../operator/api/kinds.js';
import type { Environment } from '../../operator/config.js';
import type { KubeObject } from '../../operator/ports.js';
import { asList, asRecord, asText } from '../../operator/view/json.js';
import { UsageError } from '../usage-error.js';
import { type EnvEntry, expandEnv } from './expand-env.js';

export interface InstalledOperator {
  /** `namespace/name`. */
  readonly id: string;
  readonly env: Environment;
}

/** As the chart labels it. */
const SELECTOR = 'app.kubernetes.io/component=operator';
const REQUIRED = 'SLIPWAY_RUNTIME_IMAGE';
const API_SERVER = { namespace: 'default', name: 'kubernetes' };

/** `id` names one of several. Throws UsageError when there is not exactly one. */
export async function findOperator(client: KubeClient, id: string | undefined): Promise<InstalledOperator> {
  const found = id === undefined ? await searchOperators(client) : [await readOperator(client, id)];
  const operators = found.filter((deployment) => entriesOf(deployment).some(({ name }) => name === REQUIRED));
  const [operator, ...more] = operators;
  if (operator === undefined)
    throw new UsageError(
      id === undefined
        ? `No operator is installed: no Deployment with the label ${SELECTOR} has a container with ${REQUIRED}. Give --operator NAMESPACE/NAME`
        : `Deployment ${id} is no operator of Slipway: no container of it has ${REQUIRED}`,
    );
  if (more.length > 0) throw new UsageError(`${operators.length} operators are installed: give --operator ${operators.map(idOf).join(' or ')}`);
  return { id: idOf(operator), env: await readEnv(client, operator) };
}

async function searchOperators(client: KubeClient): Promise<KubeObject[]> {
  try {
    return await client.list(KINDS.deployment, { labelSelector: SELECTOR });
  } catch (error) {
    if (!isForbidden(error)) throw error;
    throw new UsageError('You may not list Deployments of all namespaces, among which the operator is looked for: give --operator NAMESPACE/NAME', {
      cause: error,
    });
  }
}

async function readOperator(client: KubeClient, id: string): Promise<KubeObject> {
  const [namespace, name, ...more] = id.split('/');
  if (!namespace || !name || more.length > 0) throw new UsageError(`--operator "${id}" is not NAMESPACE/NAME, such as slipway-system/slipway`);
  const found = await client.find(KINDS.deployment, { namespace, name });
  if (found === undefined) throw new UsageError(`--operator ${id}: there is no Deployment "${name}" in namespace "${namespace}"`);
  return found;
}

async function readEnv(client: KubeClient, operator: KubeObject): Promise<Environment> {
  const entries = entriesOf(operator);
  const isAskingForServer = entries.some(({ value }) => value?.includes('$(KUBERNETES_SERVICE_') === true);
  return expandEnv(entries, isAskingForServer ? await readServerEnv(client) : {});
}

/** What every container finds in its environment about the API server. */
async function readServerEnv(client: KubeClient): Promise<Record<string, string>> {
  const spec = asRecord((await client.get(KINDS.service, API_SERVER))['spec']);
  const [port] = asList(spec['ports']).map((item) => asRecord(item)['port']);
  return { KUBERNETES_SERVICE_HOST: asText(spec['clusterIP']) ?? '', KUBERNETES_SERVICE_PORT: String(port ?? 443) };
}

function entriesOf(deployment: KubeObject): EnvEntry[] {
  const pod = asRecord(asRecord(asRecord(deployment['spec'])['template'])['spec']);
  return asList(pod['containers'])
    .flatMap((container) => asList(asRecord(container)['env']))
    .map(asRecord)
    .flatMap(({ name, value, valueFrom }) =>
      typeof name === 'string' ? [{ name, value: valueFrom === undefined ? (asText(value) ?? '') : undefined }] : [],
    );
}

function idOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}
