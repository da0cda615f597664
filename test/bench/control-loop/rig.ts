/** A fresh cluster of pretended nodes alone, and this process as its user. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { downCluster } from '../../../cluster/down.js';
import type { Layout } from '../../../cluster/layout.js';
import { upCluster } from '../../../cluster/up.js';
import { exec } from '../../../hack/exec.js';
import { Phases } from '../../../hack/phases.js';
import { kubeconfigAccess } from '../../../lib/kube/cluster-access.js';
import { KubeClient } from '../../../lib/kube/kube-client.js';
import { parseObject } from '../../../lib/kube/kube-object.js';
import { KubeTransport } from '../../../lib/kube/transport.js';
import type { ResourceKind } from '../../../operator/ports.js';
import { eventually } from '../../contract/eventually.js';
import { type Metrics, parseMetrics } from './prometheus.js';

const CRD_FILE = 'charts/slipway/crds/modeldeployments.slipway.dev.yaml';
const CRDS: ResourceKind = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', plural: 'customresourcedefinitions' };
const NAMESPACES: ResourceKind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces' };
const NODES = 100;
const PATIENCE_MS = 30_000;

export class Rig {
  readonly client: KubeClient;

  private constructor(
    readonly layout: Layout,
    readonly kubectl: string,
    readonly transport: KubeTransport,
    /** Another program than that of this working copy. */
    readonly operator: string | undefined,
  ) {
    this.client = new KubeClient(transport);
  }

  /** What was there before is gone: a phase begins with nothing, and deleting thousands of objects would take longer. */
  static async fresh(name: string, operator?: string): Promise<Rig> {
    await downCluster(name, () => undefined);
    const wish = { name, kwokNodes: NODES, kwokGpus: 8, kwokOnly: true };
    const { layout, binaries } = await upCluster(wish, new Phases(() => undefined));
    const access = await kubeconfigAccess({ file: layout.kubeconfig, context: layout.id });
    const rig = new Rig(layout, binaries.kubectl, new KubeTransport(access, { userAgent: 'slipway-bench', timeoutMs: 120_000 }), operator);
    await rig.#installCrd();
    return rig;
  }

  async close(): Promise<void> {
    await this.transport.close();
    await downCluster(this.layout.name, () => undefined);
  }

  async makeNamespaces(names: readonly string[]): Promise<void> {
    for (const name of names) await this.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }

  /** What the API server has counted since it started. */
  async apiMetrics(names: readonly string[]): Promise<Metrics> {
    const args = ['--kubeconfig', this.layout.kubeconfig, 'get', '--raw', '/metrics'];
    return parseMetrics(await exec(this.kubectl, args), names);
  }

  async #installCrd(): Promise<void> {
    const crd = parseObject(parse(readFileSync(CRD_FILE, 'utf8')), CRDS);
    await this.client.apply(CRDS, crd, { fieldManager: 'slipway-bench' });
    const probe = { method: 'GET', path: '/apis/slipway.dev/v1alpha1/modeldeployments' } as const;
    await eventually(
      'the CRD to be served',
      PATIENCE_MS,
      () =>
        this.transport.request(probe).then(
          () => true,
          () => false,
        ),
      (isServed) => isServed,
    );
  }
}
