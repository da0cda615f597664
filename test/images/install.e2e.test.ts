/** The chart and the control image in a cluster that is as strict as it gets: Helm 3, restricted pods, rights in one namespace only. */
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureHelm } from '../../cluster/binaries.js';
import { type ClusterHandle, externalCluster, findCluster } from '../../cluster/cluster.js';
import { FIELD_MANAGER } from '../../contract/labels.js';
import { Kubectl } from '../../hack/kubectl.js';
import { ensureImages, type PushedImage, pushImages } from '../../images/build.js';
import type { ImageName } from '../../images/components.js';

const NAMESPACE = `slipway-strict-${process.pid}`;
const RELEASE = 'strict';
const DEPLOYMENT = 'deployment/strict-slipway';

let cluster: ClusterHandle;
let kubectl: Kubectl;
let pushed: Readonly<Record<ImageName, PushedImage>>;

beforeAll(async () => {
  const name = process.env['SLIPWAY_TEST_CLUSTER'] ?? 'dev';
  const found = (await externalCluster(process.env, () => undefined)) ?? (await findCluster(name));
  if (found === undefined) throw new Error(`There is no cluster "${name}": start it with npm run cluster:up -- --name ${name}`);
  cluster = found;
  const { helm3 } = await ensureHelm(() => undefined);
  kubectl = new Kubectl({
    kubectl: cluster.binaries.kubectl,
    helm: helm3,
    kubeconfig: cluster.kubeconfig,
    context: cluster.context,
  });
  pushed = await pushImages(await ensureImages(() => undefined), cluster, () => undefined);
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await kubectl.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } }));
}, 300_000);
afterAll(async () => {
  await kubectl.helm(['uninstall', RELEASE, '--namespace', NAMESPACE, '--ignore-not-found']);
  await kubectl.run(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']);
});

async function install(values: readonly string[]): Promise<void> {
  const digests = [`images.control.digest=${pushed.control.digest}`, `images.runtime.digest=${pushed.runtime.digest}`];
  const all = [`global.imageRegistry=${cluster.registryPull}`, ...digests, `watchNamespaces={${NAMESPACE}}`, ...values];
  const args = ['upgrade', '--install', RELEASE, 'charts/slipway', '--namespace', NAMESPACE, ...all.flatMap((value) => ['--set', value])];
  await kubectl.helm(args);
  await kubectl.run(['-n', NAMESPACE, 'rollout', 'status', DEPLOYMENT, '--timeout=90s']);
}

function logs(): Promise<string> {
  return kubectl.run(['-n', NAMESPACE, 'logs', DEPLOYMENT, '--all-pods=true', '--tail=-1']);
}

describe('the operator of the chart', () => {
  test('two of them start, one leads, and nothing is forbidden', async () => {
    await install(['replicas=2']);
    const holder = await kubectl.run(['-n', NAMESPACE, 'get', 'lease', FIELD_MANAGER, '-o', 'jsonpath={.spec.holderIdentity}']);
    expect(holder).toMatch(/^strict-slipway-/);
    const said = await logs();
    expect(said.match(/"message":"Leading"/g)).toHaveLength(1);
    expect(said).not.toMatch(/forbidden/i);
  }, 180_000);

  test('one without an election follows them', async () => {
    await install(['replicas=1', 'leaderElection=false']);
    expect(await kubectl.run(['-n', NAMESPACE, 'get', DEPLOYMENT, '-o', 'jsonpath={.spec.strategy.type} {.status.readyReplicas}'])).toBe(
      'Recreate 1',
    );
    expect(await logs()).not.toMatch(/forbidden/i);
  }, 180_000);
});
