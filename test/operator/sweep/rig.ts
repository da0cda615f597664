/** One real cluster for many journeys side by side: proxy, fake nodes, player and recorder, and a namespace for each journey. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIELD_MANAGER, LABELS } from '../../../contract/labels.js';
import { exec } from '../../../hack/exec.js';
import { kubeconfigAccess } from '../../../lib/kube/cluster-access.js';
import { KubeClient } from '../../../lib/kube/kube-client.js';
import { KubeTransport } from '../../../lib/kube/transport.js';
import { KINDS } from '../../../operator/api/kinds.js';
import type { KubeObject, ResourceKind } from '../../../operator/ports.js';
import { eventually } from '../../contract/eventually.js';
import { clusterOfTests } from '../../contract/kube-world.js';
import { FaultProxy } from '../../rigs/fault-proxy/fault-proxy.js';
import { OperatorProcess } from '../operator-process.js';
import { FakeNodes } from './fake-nodes.js';
import { PRODUCTS } from './journeys.js';
import { Player } from './player.js';
import { Recorder } from './recorder.js';
import { FOREIGN, MODEL } from './replay.js';
import { StatuszResponder } from './statusz-responder.js';

const NAMESPACES: ResourceKind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces' };
const CRD_FILE = 'charts/slipway/crds/modeldeployments.slipway.dev.yaml';
/** Where nobody answers: of a cluster whose pods cannot be played from here. */
const NOWHERE = '192.0.2.1';

export interface StartOptions {
  readonly namespace: string;
  /** In rules and records of the proxy. */
  readonly who: string;
  readonly elects?: boolean;
}

export class SweepRig {
  readonly #folder = mkdtempSync(join(tmpdir(), 'slipway-sweep-'));
  readonly #running = new Set<OperatorProcess>();
  readonly #used = new Set<string>();

  private constructor(
    readonly client: KubeClient,
    readonly transport: KubeTransport,
    readonly proxy: FaultProxy,
    readonly nodes: FakeNodes,
    readonly recorder: Recorder,
    readonly player: Player,
    readonly responder: StatuszResponder | undefined,
  ) {}

  static async open(): Promise<SweepRig> {
    const { kubeconfig, context, binaries, local } = await clusterOfTests();
    // the CRD of this tree: an operator refuses another one
    const target = ['--kubeconfig', kubeconfig, '--context', context];
    await exec(binaries.kubectl, [...target, 'apply', '--server-side', '--force-conflicts', '-f', CRD_FILE]);
    const access = await kubeconfigAccess({ file: kubeconfig, context });
    const transport = new KubeTransport(access, { userAgent: 'slipway-sweep' });
    const client = new KubeClient(transport);
    const responder = local === undefined ? undefined : await StatuszResponder.start(local.hostAddress);
    const nodes = new FakeNodes(client, PRODUCTS);
    await nodes.start();
    const recorder = new Recorder(transport);
    const player = new Player({ client, transport, nodes: nodes.names, podIp: local?.hostAddress ?? NOWHERE });
    player.play(recorder);
    await recorder.start();
    const { tls, headers } = await access.credentials();
    const proxy = await FaultProxy.start({ server: access.server, tls, headers });
    return new SweepRig(client, transport, proxy, nodes, recorder, player, responder);
  }

  async close(): Promise<void> {
    for (const operator of this.#running) operator.kill();
    await Promise.all([...this.#running].map((operator) => operator.stop('SIGKILL')));
    await this.proxy.stop();
    const left = () => [...this.#used].flatMap((namespace) => this.recorder.objects('pod', namespace)).length;
    await eventually('the last pods to go', 60_000, left, (count) => count === 0);
    await this.nodes.stop();
    await this.recorder.stop();
    await this.responder?.stop();
    await this.transport.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** A new namespace with some things of other people in it. */
  async enter(): Promise<string> {
    const namespace = `sweep-${randomBytes(4).toString('hex')}`;
    this.recorder.open(namespace);
    this.#used.add(namespace);
    await this.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await Promise.all(foreigners(namespace).map(([resource, object]) => this.client.create(resource, object)));
    await eventually('the default ServiceAccount', 30_000, () => this.recorder.get('serviceAccount', namespace, 'default'), Boolean);
    return namespace;
  }

  async leave(namespace: string): Promise<void> {
    this.recorder.close(namespace);
    await this.client.delete(NAMESPACES, { name: namespace });
  }

  startOperator({ namespace, who, elects = false }: StartOptions): OperatorProcess {
    const file = join(this.#folder, who);
    this.proxy.writeKubeconfig({ who, file, namespace });
    const env = { SLIPWAY_LEADER_ELECTION: String(elects) };
    const operator = new OperatorProcess({ kubeconfig: file, namespace, name: who, env });
    this.#running.add(operator);
    return operator;
  }

  async stopOperator(operator: OperatorProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    await operator.stop(signal);
    this.#running.delete(operator);
  }
}

/** They look like ours as much as they can without being owned by the model. */
function foreigners(namespace: string): (readonly [ResourceKind, KubeObject])[] {
  const labels = { [LABELS.model]: MODEL, [LABELS.managedBy]: FIELD_MANAGER };
  const object = ({ apiVersion, kind }: ResourceKind, body: Readonly<Record<string, unknown>>): KubeObject => ({
    ...{ apiVersion, kind, metadata: { name: FOREIGN, namespace, labels } },
    ...body,
  });
  const { service, controllerRevision, serviceAccount } = KINDS;
  return [
    [service, object(service, { spec: { ports: [{ port: 80 }], selector: { app: 'theirs' } } })],
    [controllerRevision, object(controllerRevision, { revision: 1, data: { theirs: true } })],
    [serviceAccount, object(serviceAccount, {})],
  ];
}
