/** A namespace on a real API server with the operator of this tree looking after it, and the hands of everybody else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { exec } from '../../hack/exec.js';
import { KINDS, type KindName } from '../../operator/api/kinds.js';
import type { ModelDeploymentSpec, StatusCondition } from '../../operator/api/zz_generated.modeldeployment.js';
import type { KubeObject } from '../../operator/ports.js';
import { asList, asRecord, asText } from '../../operator/view/json.js';
import { DIGEST_A } from '../builders/model-deployment.js';
import { eventually } from '../contract/eventually.js';
import { clusterOfTests, KubeWorlds } from '../contract/kube-world.js';
import type { Hands, World } from '../contract/world.js';
import { OperatorProcess } from './operator-process.js';

export const PATIENCE_MS = 30_000;
const URI = 'oci://registry.invalid/models/reader:1';
const CRD_FILE = 'charts/slipway/crds/modeldeployments.slipway.dev.yaml';

export class OperatorWorld {
  readonly #folder: string;
  #running: OperatorProcess[] = [];
  #world: World | undefined;

  private constructor(
    readonly worlds: KubeWorlds,
    readonly kubectlPath: string,
  ) {
    this.#folder = mkdtempSync(join(tmpdir(), 'slipway-operator-'));
  }

  /** Installs the CRD of this tree: an operator refuses another one. Sends an installed operator to sleep: it would do the work twice. */
  static async open(): Promise<OperatorWorld> {
    const cluster = await clusterOfTests();
    const { kubectl } = cluster.binaries;
    const world = new OperatorWorld(await KubeWorlds.open(), kubectl);
    const view = ['config', 'view', '--raw', '--minify', '--flatten', '--kubeconfig', cluster.kubeconfig, '--context', cluster.context];
    writeFileSync(world.kubeconfig, await exec(kubectl, view), { mode: 0o600 });
    await world.kubectl(['apply', '--server-side', '--force-conflicts', '-f', CRD_FILE]);
    if (cluster.local !== undefined || process.env['SLIPWAY_ALLOW_DISRUPTION'] === '1') await world.#silenceInstalled();
    return world;
  }

  async close(): Promise<void> {
    await this.worlds.close();
    rmSync(this.#folder, { recursive: true });
  }

  async make(): Promise<void> {
    this.#world = await this.worlds.make();
  }

  async unmake(): Promise<void> {
    await Promise.all(this.#running.map((operator) => operator.stop('SIGKILL')));
    this.#running = [];
    await this.worlds.unmake();
  }

  get kubeconfig(): string {
    return join(this.#folder, 'kubeconfig');
  }

  get namespace(): string {
    return this.#made.namespace;
  }

  get hands(): Hands {
    return this.#made.hands;
  }

  kubectl(args: readonly string[], input?: string): Promise<string> {
    return exec(this.kubectlPath, ['--kubeconfig', this.kubeconfig, ...args], input === undefined ? {} : { input });
  }

  /** With `-n` of this test's namespace. */
  here(args: readonly string[], input?: string): Promise<string> {
    return this.kubectl(['-n', this.namespace, ...args], input);
  }

  async start(name = 'operator-a'): Promise<OperatorProcess> {
    const operator = new OperatorProcess({ kubeconfig: this.kubeconfig, namespace: this.namespace, name });
    this.#running.push(operator);
    await operator.leads(PATIENCE_MS);
    return operator;
  }

  create(name: string, spec: Partial<ModelDeploymentSpec> = {}): Promise<KubeObject> {
    const { apiVersion, kind } = KINDS.modelDeployment;
    const object = { apiVersion, kind, metadata: { name, namespace: this.namespace }, spec: { model: { uri: URI, digest: DIGEST_A }, ...spec } };
    return this.hands.create(KINDS.modelDeployment, object);
  }

  get(kind: KindName, name: string): Promise<KubeObject | undefined> {
    return this.hands.get(KINDS[kind], { namespace: this.namespace, name });
  }

  /** Merge patch. */
  patch(kind: KindName, name: string, patch: Readonly<Record<string, unknown>>): Promise<KubeObject> {
    return this.hands.update(KINDS[kind], { namespace: this.namespace, name }, patch);
  }

  remove(kind: KindName, name: string): Promise<void> {
    return this.hands.remove(KINDS[kind], { namespace: this.namespace, name });
  }

  /** Of the generation that the spec has now. */
  async condition(
    name: string,
    type: StatusCondition['type'],
  ): Promise<{ readonly status: string; readonly reason: string; readonly message: string } | undefined> {
    const model = await this.get('modelDeployment', name);
    const found = asList(asRecord(model?.['status'])['conditions'])
      .map(asRecord)
      .find((condition) => condition['type'] === type && condition['observedGeneration'] === model?.metadata.generation);
    if (found === undefined) return undefined;
    const [status = '', reason = '', message = ''] = ['status', 'reason', 'message'].map((field) => asText(found[field]));
    return { status, reason, message };
  }

  /** The revision that serves, once one does. */
  async revision(name: string): Promise<string> {
    const read = async () => asText(asRecord(asRecord((await this.get('modelDeployment', name))?.['status'])['columns'])['revision']) ?? '';
    return eventually(`a serving revision of ${name}`, PATIENCE_MS, read, (found) => found !== '');
  }

  async present(kind: KindName, name: string): Promise<KubeObject> {
    const found = await eventually(
      `${kind} ${name} to be there`,
      PATIENCE_MS,
      () => this.get(kind, name),
      (object) => object !== undefined,
    );
    if (found === undefined) throw new Error(`There is no ${kind} "${name}"`);
    return found;
  }

  /** All of that kind that name the model in their label. */
  async list(kinds: string, model: string): Promise<KubeObject[]> {
    const text = await this.here(['get', kinds, '-l', `slipway.dev/model=${model}`, '-o', 'json']);
    return asList(asRecord(JSON.parse(text))['items']).flatMap((item) => (isObject(item) ? [item] : []));
  }

  get #made(): World {
    if (this.#world === undefined) throw new Error('The world was not made: call make() first');
    return this.#world;
  }

  async #silenceInstalled(): Promise<void> {
    const args = ['-n', 'slipway-system'];
    if ((await this.kubectl([...args, 'get', 'deployment/slipway', '--ignore-not-found', '-o', 'name'])) === '') return;
    await this.kubectl([...args, 'scale', 'deployment/slipway', '--replicas=0']);
    await this.kubectl([...args, 'wait', '--for=delete', 'pod', '-l', 'app.kubernetes.io/component=operator', '--timeout=60s']);
  }
}

function isObject(value: unknown): value is KubeObject {
  return typeof asRecord(asRecord(value)['metadata'])['name'] === 'string';
}
