/** The controller in a simulated cluster: act as a user, let everything come to rest, look at what is. */
import { expect } from '@jest/globals';
import type { Statusz } from '../../contract/statusz.js';
import type { Termination } from '../../contract/termination.js';
import { SILENT_LOGGER } from '../../lib/logger.js';
import { KINDS, type KindName } from '../../operator/api/kinds.js';
import type { ModelDeployment, ModelDeploymentSpec, StatusCondition } from '../../operator/api/zz_generated.modeldeployment.js';
import { ModelDeploymentController } from '../../operator/controller/reconcile.js';
import { ServiceAccountController } from '../../operator/controller/service-account.js';
import { BUDGET_LIMITS, StatusBudget } from '../../operator/controller/status-budget.js';
import type { KubeObject, ReconcileResult } from '../../operator/ports.js';
import { SERVICE_ACCOUNT } from '../../operator/render/metadata.js';
import { findBrokenInvariants } from '../../operator/status/invariants.js';
import { asInteger, asRecord, asText } from '../../operator/view/json.js';
import { isModelDeployment } from '../../operator/view/model-view.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { FakeCluster } from '../fakes/fake-cluster.js';
import { FakeProbe } from '../fakes/fake-probe.js';
import { FakeRecorder } from '../fakes/fake-recorder.js';
import { DIGEST_A, DIGEST_B } from './model-deployment.js';
import { REPORT } from './report.js';
import { type PodFate, SimulatedKubernetes } from './simulated-kubernetes.js';
import { TEST_CONFIG } from './test-config.js';

export { REPORT, TEST_CONFIG };

const NAMESPACE = 'shop';

export class TestWorld {
  readonly clock = new FakeClock('2026-01-01T01:00:00Z');
  readonly cluster = new FakeCluster(this.clock);
  readonly recorder = new FakeRecorder();
  readonly probe = new FakeProbe<Statusz>();
  /** Answers of the source, by uri: tag 1 is digest A, every other B, until a test says otherwise. */
  readonly sources = new Map<string, Termination>();
  readonly fates = new Map<string, PodFate>();
  config = TEST_CONFIG;
  /** Of what waits, tests of their own speak: here every status is written when it is known. */
  budget = new StatusBudget({ ...BUDGET_LIMITS, intervalMs: 0, settleMs: 0 });
  readonly kubernetes = new SimulatedKubernetes(this.cluster, {
    resolve: (uri) => this.sources.get(uri) ?? { code: 'OK', stage: 'resolve', message: 'ok', digest: uri.endsWith(':1') ? DIGEST_A : DIGEST_B },
    serve: (digest) => this.fates.get(digest) ?? { kind: 'Ready' },
  });
  lastResult: ReconcileResult = { kind: 'Done' };
  #changes = 0;

  constructor() {
    this.cluster.subscribe(() => this.#changes++);
    this.probe.set('10.0.0.1', REPORT);
  }

  create(model: KubeObject): void {
    this.cluster.create(KINDS.modelDeployment, model);
  }

  edit(spec: Partial<ModelDeploymentSpec> | { readonly [field: string]: unknown }, name = 'reader'): void {
    this.cluster.update(KINDS.modelDeployment, { namespace: NAMESPACE, name }, { spec: { ...spec } });
  }

  /** A controller that knows nothing of what another one did. */
  newController(): ModelDeploymentController {
    const { modelDeployment, deployment, controllerRevision, pod, service, serviceAccount, podDisruptionBudget } = KINDS;
    return new ModelDeploymentController({
      caches: {
        modelDeployment: this.cluster.cache(modelDeployment),
        deployment: this.cluster.cache(deployment),
        controllerRevision: this.cluster.cache(controllerRevision),
        pod: this.cluster.cache(pod),
        service: this.cluster.cache(service),
        serviceAccount: this.cluster.cache(serviceAccount),
        podDisruptionBudget: this.cluster.cache(podDisruptionBudget),
      },
      writer: this.cluster.writer,
      recorder: this.recorder,
      probe: this.probe,
      clock: this.clock,
      config: this.config,
      log: SILENT_LOGGER,
      budget: this.budget,
    });
  }

  /** One pass over every model. */
  async reconcile(controller = this.newController()): Promise<void> {
    for (const { metadata } of this.cluster.objects(KINDS.modelDeployment)) {
      this.lastResult = await controller.reconcile({ namespace: metadata.namespace ?? '', name: metadata.name }, new AbortController().signal);
    }
    await this.settleAccounts();
    this.checkInvariants();
  }

  /** One pass over the ServiceAccount of every namespace, and over no model. */
  async settleAccounts(): Promise<void> {
    for (const namespace of this.#namespaces()) await this.#accounts.reconcile({ namespace, name: SERVICE_ACCOUNT }, new AbortController().signal);
  }

  #namespaces(): Set<string> {
    const objects = [KINDS.modelDeployment, KINDS.serviceAccount].flatMap((kind) => this.cluster.objects(kind));
    return new Set(objects.map(({ metadata }) => metadata.namespace ?? ''));
  }

  get #accounts(): ServiceAccountController {
    return new ServiceAccountController({
      models: this.cluster.cache(KINDS.modelDeployment),
      accounts: this.cluster.cache(KINDS.serviceAccount),
      writer: this.cluster.writer,
      census: { isEmpty: async (resource, namespace) => this.cluster.objects(resource, namespace).length === 0 },
    });
  }

  /** Passes and moves of the cluster, until neither changes anything. */
  async settle(watch: (world: TestWorld) => void = () => undefined): Promise<void> {
    for (let round = 0; round < 60; round++) {
      const before = this.#changes;
      await this.reconcile();
      watch(this);
      this.kubernetes.step();
      watch(this);
      if (this.#changes === before) return;
    }
    throw new Error('The world did not come to rest in 60 rounds');
  }

  checkInvariants(): void {
    for (const object of this.cluster.objects(KINDS.modelDeployment)) {
      if (isModelDeployment(object)) expect(findBrokenInvariants(object)).toEqual([]);
    }
  }

  get(kind: KindName, name: string): KubeObject | undefined {
    return this.cluster.get(KINDS[kind], { namespace: NAMESPACE, name });
  }

  names(kind: KindName): string[] {
    return this.cluster
      .objects(KINDS[kind])
      .map(({ metadata }) => metadata.name)
      .sort();
  }

  model(name = 'reader'): KubeObject & ModelDeployment {
    const object = this.get('modelDeployment', name);
    if (object === undefined || !isModelDeployment(object)) throw new Error(`There is no ModelDeployment "${name}"`);
    return object;
  }

  condition(type: StatusCondition['type'], name = 'reader'): StatusCondition | undefined {
    return this.model(name).status?.conditions?.find((condition) => condition.type === type);
  }

  /** `True Serving`. */
  ready(name = 'reader'): string {
    const ready = this.condition('Ready', name);
    return `${ready?.status} ${ready?.reason}`;
  }

  /** Revision that the model's Service selects. */
  serving(name = 'reader'): string | undefined {
    return asText(asRecord(asRecord(this.get('service', name)?.['spec'])['selector'])['slipway.dev/revision']);
  }

  replicasOf(revision: string): number | undefined {
    return asInteger(asRecord(this.get('deployment', revision)?.['spec'])['replicas']);
  }
}
