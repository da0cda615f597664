/**
 * `npm run quickstart`: from a fresh clone to text read out of an image by a model on Kubernetes. Every phase looks at what is
 * there already, so a run that was interrupted is finished by the next, and a second run takes seconds.
 */
import { readFileSync } from 'node:fs';
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

const { values } = parseArgs({ options: { name: { type: 'string', default: 'dev' } } });
const phases = new Phases();
try {
  await quickstart(values.name);
} catch (error) {
  console.error(
    `\n✘ ${error instanceof Error ? error.message : String(error)}\n\nWhat was done so far is kept: run the same command again to go on.`,
  );
  process.exitCode = 1;
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
  const shell = isLocal ? [`  npm run cluster:shell -- --name ${name}                  a shell with kubectl and helm for this cluster; in it:`] : [];
  const remove = isLocal
    ? [`  npm run cluster:down -- --name ${name}                   remove the cluster and everything in it`]
    : [`  kubectl delete -f ${EXAMPLE}`, '  helm uninstall slipway -n slipway-system'];
  return [
    'Next:',
    ...shell,
    `  kubectl get mdep ${MODEL} -o wide                          what is served, and why`,
    `  kubectl describe mdep ${MODEL}                             conditions and events`,
    '  kubectl apply -f examples/broken-digest.yaml            break it: a digest that is not the model’s',
    '  kubectl apply -f examples/broken-gpu.yaml               break it: a GPU that does not exist',
    `  kubectl port-forward svc/${MODEL} 8001                     then: node dist/examples/reader/client.js --image your.png`,
    ...remove,
  ].join('\n');
}
