/**
 * `npm run quickstart`: from a fresh clone to text read out of an image by a model on Kubernetes. Every phase looks at what is
 * there already, so a run that was interrupted is finished by the next, and a second run takes seconds.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureCluster } from '../cluster/cluster.js';
import { REGISTRY_NAME, REGISTRY_PORT } from '../cluster/layout.js';
import { ensureImages, pushImages } from '../images/build.js';
import { pushExampleModel } from './example-models.js';
import { execAny } from './exec.js';
import { installSlipway } from './install-slipway.js';
import { Kubectl } from './kubectl.js';
import { Phases } from './phases.js';
import { withPortForward } from './port-forward.js';
import { isReady, waitForModel } from './wait-model.js';

const NAMESPACE = 'default';
const MODEL = 'reader';
const EXAMPLE = join('examples', 'reader.yaml');
const READY_TIMEOUT_MS = 180_000;

const DEFAULT_CLUSTER = 'dev';
const USAGE = `usage: npm run quickstart [-- --name ${DEFAULT_CLUSTER}]
  --name NAME    local cluster to make or to go on with; SLIPWAY_CLUSTER_CONTEXT names one that you have instead`;
const KEPT = 'What was done so far is kept: run the same command again to go on';

const clusterName = parseOrExplain();
const phases = new Phases();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(signal));
try {
  await quickstart(clusterName);
} catch (error) {
  const kept = phases.done.length > 0 ? `\n\n${KEPT}.` : '';
  console.error(`\n✘ ${error instanceof Error ? error.message : String(error)}${kept}`);
  process.exitCode = 1;
}

function parseOrExplain(): string {
  try {
    const { values } = parseArgs({ options: { name: { type: 'string', default: DEFAULT_CLUSTER }, help: { type: 'boolean', default: false } } });
    if (!values.help) return values.name;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}

function stop(signal: 'SIGINT' | 'SIGTERM'): never {
  const down = process.env['SLIPWAY_CLUSTER_CONTEXT'] ? '' : `, or remove the cluster: npm run cluster:down${nameFlag(clusterName)}`;
  console.error(`\nStopped. ${KEPT}${down}`);
  process.exit(128 + constants.signals[signal]);
}

function nameFlag(name: string): string {
  return name === DEFAULT_CLUSTER ? '' : ` -- --name ${name}`;
}

async function quickstart(name: string): Promise<void> {
  const cluster = await ensureCluster({ name }, phases);
  const { kubectl: kubectlPath, helm } = cluster.binaries;
  const kubectl = new Kubectl({ kubectl: kubectlPath, helm, kubeconfig: cluster.kubeconfig, context: cluster.context });
  const images = await phases.run('container images', async (note) => pushImages(await ensureImages(note), cluster, note));
  const model = await phases.run('model into the registry', async (note) => {
    const pushed = await pushExampleModel(cluster, { name: MODEL, tag: '4' });
    note(pushed.uri);
    return pushed;
  });
  await phases.run('helm install', (note) => installSlipway({ cluster, kubectl, images, note }));
  await phases.run(`kubectl apply -f ${EXAMPLE}`, async (note) => {
    const yaml = readFileSync(EXAMPLE, 'utf8').replaceAll(`oci://${REGISTRY_NAME}:${REGISTRY_PORT}/models/${MODEL}:4`, model.reference);
    await kubectl.apply(yaml, ['-n', NAMESPACE]);
    await waitForModel(kubectl, isReady, { namespace: NAMESPACE, name: MODEL, timeoutMs: READY_TIMEOUT_MS, note });
  });
  const answer = await phases.run('a prediction over gRPC', () =>
    withPortForward(kubectl, { namespace: NAMESPACE, service: MODEL, port: 8001 }, (address) => ask(address)),
  );
  console.log(`\n  examples/reader/sample.png reads ${answer}\n`);
  console.log(await kubectl.run(['-n', NAMESPACE, 'get', 'modeldeployments.slipway.dev', MODEL]));
  console.log(`Phases:\n${phases.summary()}\n\n${nextSteps(name, cluster.local !== undefined)}`);
}

async function ask(address: string): Promise<string> {
  const result = await execAny(process.execPath, [join('dist', 'examples', 'reader', 'client.js'), '--address', address, '--model', MODEL]);
  if (result.code !== 0) throw new Error(result.stderr.trim());
  return result.stdout.trim();
}

function nextSteps(name: string, isLocal: boolean): string {
  const remove: [string, string][] = isLocal
    ? [[`npm run cluster:down${nameFlag(name)}`, 'remove the cluster and everything in it']]
    : [
        [`kubectl delete -f ${EXAMPLE}`, 'remove the model'],
        ['helm uninstall slipway -n slipway-system', 'remove Slipway'],
      ];
  const steps: [string, string][] = [
    ...(isLocal ? [[`npm run cluster:shell${nameFlag(name)}`, 'a shell with kubectl and helm for this cluster; in it:'] as [string, string]] : []),
    [`kubectl get mdep ${MODEL} -o wide`, 'what is served, and why'],
    [`kubectl describe mdep ${MODEL}`, 'conditions and events'],
    ['kubectl apply -f examples/broken-digest.yaml', 'break it: a digest that is not the model’s'],
    ['kubectl apply -f examples/broken-gpu.yaml', 'break it: a GPU that does not exist'],
    [`kubectl port-forward svc/${MODEL} 8001`, 'then: node dist/examples/reader/client.js --image your.png'],
    ...remove,
  ];
  const width = Math.max(...steps.map(([command]) => command.length));
  return ['Next:', ...steps.map(([command, why]) => `  ${command.padEnd(width)}  ${why}`)].join('\n');
}
