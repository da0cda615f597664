/** Nodes without a kubelet that only our pods want: they offer GPUs of products that no real node has, and are tainted for all others. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../../lib/kube/kube-client.js';
import { isNotFound } from '../../../lib/kube/kube-error.js';
import type { ResourceKind } from '../../../operator/ports.js';

const NODES: ResourceKind = { apiVersion: 'v1', kind: 'Node', plural: 'nodes' };
const LEASES: ResourceKind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };
const GPU = 'nvidia.com/gpu';
const BEAT_MS = 8000;
const CAPACITY = { cpu: '1000', memory: '4000Gi', pods: '2000', 'ephemeral-storage': '4000Gi', [GPU]: '2000' };

export class FakeNodes {
  readonly #stop = new AbortController();
  #beating: Promise<void> = Promise.resolve();

  /** One node of each product, named after it in lower case. */
  constructor(
    readonly client: KubeClient,
    readonly products: readonly string[],
  ) {}

  get names(): string[] {
    return this.products.map((product) => product.toLowerCase());
  }

  async start(): Promise<void> {
    await this.#remove(); // of a run that was cut off
    for (const product of this.products) await this.#create(product);
    this.#beating = this.#beat();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#beating;
    await this.#remove();
  }

  async #create(product: string): Promise<void> {
    const name = product.toLowerCase();
    const labels = { 'kubernetes.io/hostname': name, 'nvidia.com/gpu.product': product };
    const spec = { taints: [{ key: GPU, value: 'present', effect: 'NoSchedule' }] };
    await this.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec });
    await this.#report(name);
    await this.#renew(name);
  }

  async #report(name: string): Promise<void> {
    const now = new Date().toISOString();
    const ready = { type: 'Ready', status: 'True', reason: 'Fake', message: 'no kubelet', lastHeartbeatTime: now, lastTransitionTime: now };
    const status = { capacity: CAPACITY, allocatable: CAPACITY, conditions: [ready] };
    await this.client.mergePatch(NODES, { name, subresource: 'status' }, { status });
  }

  async #renew(name: string): Promise<void> {
    const ref = { namespace: 'kube-node-lease', name };
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: new Date().toISOString().replace('Z', '000Z') };
    if ((await this.client.find(LEASES, ref)) !== undefined) await this.client.mergePatch(LEASES, ref, { spec });
    else await this.client.create(LEASES, { apiVersion: LEASES.apiVersion, kind: 'Lease', metadata: ref, spec });
  }

  async #beat(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await sleep(BEAT_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      // an API server that is away hears of it at the next beat
      await Promise.all(this.names.flatMap((name) => [this.#report(name), this.#renew(name)])).catch(() => undefined);
    }
  }

  async #remove(): Promise<void> {
    for (const name of this.names) {
      await this.client.delete(NODES, { name }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }
}
