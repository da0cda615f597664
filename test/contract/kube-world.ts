/** The contract suite's world on a real API server: a namespace per test, removed with all that is in it. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type ClusterHandle, externalCluster, findCluster } from '../../cluster/cluster.js';
import { STEADY_CLOCK, SYSTEM_CLOCK } from '../../lib/clock.js';
import { kubeconfigAccess } from '../../lib/kube/cluster-access.js';
import { readArray, readRecord, readString } from '../../lib/kube/json.js';
import { KubeClient } from '../../lib/kube/kube-client.js';
import { isAlreadyExists } from '../../lib/kube/kube-error.js';
import { parseObject } from '../../lib/kube/kube-object.js';
import { KubeTransport } from '../../lib/kube/transport.js';
import { Informer } from '../../operator/kube/informer.js';
import { OwnWrites } from '../../operator/kube/own-writes.js';
import { ShowingWriter } from '../../operator/kube/showing-writer.js';
import { KubeWriter } from '../../operator/kube/writer.js';
import type { ResourceKind } from '../../operator/ports.js';
import type { ApiWorld, ApiWorldMaker } from './api-world.js';
import { eventually } from './eventually.js';
import { handsOn } from './hands-on.js';
import { DEPLOYMENTS, MODELS, REVISIONS, SERVICE_ACCOUNTS } from './objects.js';

const NAMESPACES: ResourceKind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces' };
export const CRDS: ResourceKind = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', plural: 'customresourcedefinitions' };
/** The garbage collector looks for new kinds every 30 s, and finds no owner of a kind that it does not know yet. */
const PATIENCE_MS = 75_000;
const WRITTEN = [MODELS, DEPLOYMENTS, REVISIONS, SERVICE_ACCOUNTS];

export class KubeWorlds implements ApiWorldMaker {
  readonly client: KubeClient;
  #stop = new AbortController();
  #running: Promise<void>[] = [];
  #namespace = '';

  private constructor(readonly transport: KubeTransport) {
    this.client = new KubeClient(transport);
  }

  /** On the cluster that SLIPWAY_TEST_CLUSTER names, or the one of SLIPWAY_CLUSTER_CONTEXT. */
  static async open(): Promise<KubeWorlds> {
    const { kubeconfig, context } = await clusterOfTests();
    const access = await kubeconfigAccess({ file: kubeconfig, context });
    const worlds = new KubeWorlds(new KubeTransport(access, { userAgent: 'slipway-contract' }));
    await ensureCrd(worlds.client);
    return worlds;
  }

  async close(): Promise<void> {
    await this.transport.close();
  }

  /** With `cached`, the writer sees through synced caches what it writes over. */
  async make({ cached = false } = {}): Promise<ApiWorld> {
    this.#stop = new AbortController();
    this.#namespace = `contract-${randomBytes(4).toString('hex')}`;
    await this.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.#namespace } });
    const caches = new Map(cached ? await Promise.all(WRITTEN.map(async (kind) => [kind.plural, await this.#ownCache(kind)] as const)) : []);
    const writer = new KubeWriter(this.client, ({ plural }, key) => caches.get(plural)?.get(key));
    return {
      ...{ namespace: this.#namespace, client: this.client, transport: this.transport },
      forgottenVersion: async () => '1',
      time: SYSTEM_CLOCK,
      patienceMs: PATIENCE_MS,
      writer: cached ? new ShowingWriter(writer, ({ plural }) => caches.get(plural)) : writer,
      hands: handsOn(this.client),
      cache: async (resource) => caches.get(resource.plural) ?? this.#cache(resource),
    };
  }

  async unmake(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
    this.#running = [];
    await this.client.delete(NAMESPACES, { name: this.#namespace });
  }

  async #ownCache(resource: ResourceKind): Promise<OwnWrites> {
    return new OwnWrites({ cache: await this.#cache(resource), clock: STEADY_CLOCK });
  }

  async #cache(resource: ResourceKind): Promise<Informer> {
    const informer = new Informer({ transport: this.transport, resource });
    this.#running.push(informer.run(this.#stop.signal));
    await informer.synced();
    return informer;
  }
}

export async function clusterOfTests(): Promise<ClusterHandle> {
  const name = process.env['SLIPWAY_TEST_CLUSTER'] ?? 'test';
  const cluster = (await externalCluster(process.env, () => undefined)) ?? (await findCluster(name));
  if (cluster === undefined) throw new Error(`No local cluster "${name}" runs: start it with \`npm run cluster:up -- --name ${name}\``);
  return cluster;
}

/** An installed CRD is left as it is: others may work with it. */
async function ensureCrd(client: KubeClient): Promise<void> {
  const crd = parseObject(parse(readFileSync('crds/modeldeployments.slipway.dev.yaml', 'utf8')), CRDS);
  if ((await client.find(CRDS, { name: crd.metadata.name })) === undefined) {
    await client.create(CRDS, crd).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }
  const isEstablished = (found: unknown) =>
    readArray(readRecord(found, 'status'), 'conditions').some(
      (condition) => readString(condition, 'type') === 'Established' && readString(condition, 'status') === 'True',
    );
  await eventually('the CRD to be served', PATIENCE_MS, () => client.get(CRDS, { name: crd.metadata.name }), isEstablished);
}
