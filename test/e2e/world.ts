/** What the end-to-end tests stand on: the local Kubernetes of `npm test`, images built from this tree, Slipway installed by Helm. */
import { randomBytes } from 'node:crypto';
import type { ClusterHandle } from '../../cluster/cluster.js';
import { type ExampleModel, pushExampleModel } from '../../hack/example-models.js';
import { installSlipway } from '../../hack/install-slipway.js';
import { Kubectl } from '../../hack/kubectl.js';
import { type ModelPredicate, type ModelView, waitForModel } from '../../hack/wait-model.js';
import { ensureImages, pushImages } from '../../images/build.js';
import { clusterOfTests } from '../contract/kube-world.js';

const SILENT = (): void => undefined;

/** Requests that leave room for two revisions side by side on a node of two cores. */
export const SMALL = { runtime: { resources: { requests: { cpu: '50m', memory: '128Mi' } } } } as const;

export class World {
  private constructor(
    readonly cluster: ClusterHandle,
    readonly kubectl: Kubectl,
    readonly runtimeImage: string,
    /** A namespace of this test file alone. */
    readonly namespace: string,
  ) {}

  /** Idempotent but for the namespace, so each file may call it first. */
  static async start(file: string): Promise<World> {
    const cluster = await clusterOfTests();
    const { kubectl: kubectlPath, helm } = cluster.binaries;
    const kubectl = new Kubectl({ kubectl: kubectlPath, helm, kubeconfig: cluster.kubeconfig, context: cluster.context });
    const images = await pushImages(await ensureImages(SILENT), cluster, SILENT);
    await installSlipway({ cluster, kubectl, images, note: SILENT });
    const namespace = `${file}-${randomBytes(3).toString('hex')}`;
    await kubectl.run(['create', 'namespace', namespace]);
    await kubectl.run(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    return new World(cluster, kubectl, images.runtime.reference, namespace);
  }

  async stop(): Promise<void> {
    await this.kubectl.run(['delete', 'namespace', this.namespace, '--wait=false']);
  }

  /** Uri of an example model, pushed under this tag; `digest` is the artifact's. */
  async push(name: ExampleModel, tag: string): Promise<{ readonly uri: string; readonly digest: string }> {
    const pushed = await pushExampleModel(this.cluster, { name, tag });
    return { uri: pushed.reference, digest: pushed.digest };
  }

  async apply(name: string, spec: object): Promise<void> {
    const object = { apiVersion: 'slipway.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name, namespace: this.namespace }, spec };
    await this.kubectl.apply(JSON.stringify(object));
  }

  async patch(name: string, spec: object): Promise<void> {
    await this.kubectl.run(['-n', this.namespace, 'patch', 'modeldeployments.slipway.dev', name, '--type=merge', '-p', JSON.stringify({ spec })]);
  }

  async remove(name: string): Promise<void> {
    await this.kubectl.run(['-n', this.namespace, 'delete', 'modeldeployments.slipway.dev', name, '--timeout=60s']);
  }

  waitFor(name: string, wanted: ModelPredicate, timeoutMs = 90_000): Promise<ModelView> {
    return waitForModel(this.kubectl, wanted, { namespace: this.namespace, name, timeoutMs });
  }

  /** `kubectl get mdep NAME -o wide`, as a person sees it. */
  async look(name: string): Promise<string> {
    return this.kubectl.run(['-n', this.namespace, 'get', 'mdep', name, '-o', 'wide']);
  }

  /** What ends other people's pods is done on a cluster of our own, or on one whose owner said yes. */
  requireDisruption(): void {
    if (this.cluster.local !== undefined || process.env['SLIPWAY_ALLOW_DISRUPTION'] === '1') return;
    throw new Error(`This test kills the operator of context "${this.cluster.context}": set SLIPWAY_ALLOW_DISRUPTION=1 to allow it`);
  }
}

/** True of a view whose Ready condition has this status and reason, for the generation that stands in the spec. */
export function readyIs(status: 'True' | 'False' | 'Unknown', reason: string): ModelPredicate {
  return (view) => {
    const ready = view.conditions.get('Ready');
    return view.observedGeneration === view.generation && ready?.status === status && ready.reason === reason;
  };
}
