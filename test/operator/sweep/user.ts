/** The user of one namespace, with the rights of an administrator and no proxy in between. */
import { KINDS } from '../../../operator/api/kinds.js';
import type { ModelDeploymentSpec } from '../../../operator/api/zz_generated.modeldeployment.js';
import type { KubeObject, ResourceKind } from '../../../operator/ports.js';
import { asList, asRecord } from '../../../operator/view/json.js';
import { eventually } from '../../contract/eventually.js';
import type { User } from './journeys.js';
import { MODEL } from './replay.js';
import type { SweepRig } from './rig.js';

const QUOTAS: ResourceKind = { apiVersion: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas' };
const PATIENCE_MS = 90_000;

export class KubeUser implements User {
  constructor(
    readonly rig: SweepRig,
    readonly namespace: string,
  ) {}

  async create(spec: ModelDeploymentSpec): Promise<void> {
    const { apiVersion, kind } = KINDS.modelDeployment;
    await this.rig.client.create(KINDS.modelDeployment, { apiVersion, kind, metadata: { name: MODEL, namespace: this.namespace }, spec });
  }

  async edit(spec: Partial<ModelDeploymentSpec>): Promise<void> {
    await this.rig.client.mergePatch(KINDS.modelDeployment, { namespace: this.namespace, name: MODEL }, { spec });
  }

  async remove(): Promise<void> {
    await this.rig.client.delete(KINDS.modelDeployment, { namespace: this.namespace, name: MODEL });
  }

  async limitPods(count: number): Promise<void> {
    const ref = { namespace: this.namespace, name: 'pods' };
    await this.rig.client.create(QUOTAS, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: ref, spec: { hard: { pods: String(count) } } });
    const isCounted = (quota: KubeObject) => asRecord(asRecord(quota['status'])['used'])['pods'] !== undefined;
    await eventually('the quota to be counted', PATIENCE_MS, () => this.rig.client.get(QUOTAS, ref), isCounted);
  }

  /** The operator has said something about the newest spec, if there is one. */
  isSeen(): boolean {
    const model = this.rig.recorder.get('modelDeployment', this.namespace, MODEL);
    return model === undefined || asRecord(model['status'])['observedGeneration'] === model.metadata.generation;
  }

  untilStalled(): Promise<void> {
    return this.#untilCondition('Stalled');
  }

  untilReady(): Promise<void> {
    return this.#untilCondition('Ready');
  }

  async #untilCondition(type: string): Promise<void> {
    const isSo = (model: KubeObject | undefined) => {
      const conditions = asList(asRecord(model?.['status'])['conditions']).map(asRecord);
      const { generation } = model?.metadata ?? {};
      return conditions.some((each) => each['type'] === type && each['status'] === 'True' && each['observedGeneration'] === generation);
    };
    await eventually(`the model to be ${type}`, PATIENCE_MS, () => this.rig.recorder.get('modelDeployment', this.namespace, MODEL), isSo);
  }
}
