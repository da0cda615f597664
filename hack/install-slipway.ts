/** CRD and chart into a cluster: what `kubectl apply` and `helm install` do by hand, safe to repeat. */
import { join } from 'node:path';
import type { ClusterHandle } from '../cluster/cluster.js';
import type { PushedImage } from '../images/build.js';
import type { Kubectl } from './kubectl.js';

export interface InstallImages {
  readonly control: PushedImage;
  readonly runtime: PushedImage;
}

export interface InstallOptions {
  readonly cluster: ClusterHandle;
  readonly kubectl: Kubectl;
  readonly images: InstallImages;
  readonly note: (line: string) => void;
  /** More `--set` values of the chart. */
  readonly set?: readonly string[];
}

export const SYSTEM_NAMESPACE = 'slipway-system';
export const RELEASE = 'slipway';

export async function installSlipway({ cluster, kubectl, images, note, set = [] }: InstallOptions): Promise<void> {
  // Helm installs a chart's CRDs once and never upgrades them
  await kubectl.run(['apply', '--server-side', '--force-conflicts', '-f', join('charts', 'slipway', 'crds')]);
  await kubectl.run(['wait', '--for=condition=Established', '--timeout=60s', 'crd/modeldeployments.slipway.dev']);
  note('the CRD is served');
  const values = [
    ...imageValues('control', images.control),
    ...imageValues('runtime', images.runtime),
    // under both names, so that the uri that a push prints can be applied as it is
    ...(cluster.registryPlainHttp ? [cluster.registryPull, cluster.registryPush].map((host, index) => `plainHttpHosts[${index}]=${host}`) : []),
    ...set,
  ];
  await undoInterrupted(kubectl, note);
  const args = ['upgrade', '--install', RELEASE, join('charts', 'slipway'), '--namespace', SYSTEM_NAMESPACE, '--create-namespace'];
  await kubectl.helm([...args, ...values.flatMap((value) => ['--set-string', value])]);
  note('helm has installed the chart; waiting for the operator');
  await kubectl.run(['-n', SYSTEM_NAMESPACE, 'rollout', 'status', `deployment/${RELEASE}`, '--timeout=120s']);
}

/** Helm leaves a release "pending" when it is interrupted, and then refuses every further operation. Only our own command made it. */
async function undoInterrupted(kubectl: Kubectl, note: (line: string) => void): Promise<void> {
  const inNamespace = ['--namespace', SYSTEM_NAMESPACE];
  const listed: unknown = JSON.parse(await kubectl.helm(['list', '--pending', '--filter', `^${RELEASE}$`, '--output', 'json', ...inNamespace]));
  if (!Array.isArray(listed) || listed.length === 0) return;
  note('an interrupted helm has left the release pending: undoing that first');
  const history: unknown = JSON.parse(await kubectl.helm(['history', RELEASE, '--output', 'json', ...inNamespace]));
  const isFirst = !Array.isArray(history) || history.length < 2;
  await kubectl.helm(isFirst ? ['uninstall', RELEASE, '--wait', ...inNamespace] : ['rollback', RELEASE, ...inNamespace]);
}

function imageValues(name: string, { registry, repository, digest }: PushedImage): string[] {
  return [`images.${name}.registry=${registry}`, `images.${name}.repository=${repository}`, `images.${name}.digest=${digest}`];
}
