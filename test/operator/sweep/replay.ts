/** What must hold at every instant of a history, whoever died and whatever was lost on the way. Pure. */
import { ANNOTATIONS, LABELS } from '../../../contract/labels.js';
import type { ModelDeployment, ModelDeploymentSpec } from '../../../operator/api/zz_generated.modeldeployment.js';
import type { KubeObject } from '../../../operator/ports.js';
import { findBrokenInvariants } from '../../../operator/status/invariants.js';
import { asInteger, asList, asRecord } from '../../../operator/view/json.js';
import { isModelDeployment } from '../../../operator/view/model-view.js';
import type { Change, RecordedKind } from './recorder.js';

/** The model of every journey, and the prefix of objects that belong to others. */
export const MODEL = 'reader';
export const FOREIGN = 'foreign';

const MAX_SENTENCES = 6;

/** Sentences about what was broken and when; empty when nothing was. `history` is in the order of the store. */
export function findBroken(history: readonly Change[]): string[] {
  const replay = new Replay();
  const found = history.flatMap((change) => replay.take(change));
  return found.length <= MAX_SENTENCES ? found : [...found.slice(0, MAX_SENTENCES), `… and ${found.length - MAX_SENTENCES} more`];
}

class Replay {
  readonly #objects = new Map<string, KubeObject>();
  readonly #specs = new Map<number, ModelDeploymentSpec>();
  /** Pods that were ready once, by digest. */
  readonly #everReady = new Map<string, Set<string>>();
  /** Ready pods behind the address that nothing may go below. */
  #promised = 0;
  #most = 0;

  take(change: Change): string[] {
    const { kind, object, isDeleted, version } = change;
    const id = `${kind}/${object.metadata.name}`;
    const old = this.#objects.get(id);
    if (isDeleted) this.#objects.delete(id);
    else this.#objects.set(id, object);
    if (kind === 'pod') this.#notePod(object);
    const broken = [
      ...this.#checkForeign(change, old),
      ...(kind === 'modelDeployment' && object.metadata.name === MODEL ? this.#takeModel(object, isDeleted) : []),
      ...this.#checkServed(),
      ...(kind === 'deployment' ? this.#checkSurge() : []),
    ];
    return broken.map((sentence) => `${sentence} (at version ${version}, when ${id} ${isDeleted ? 'went' : 'changed'})`);
  }

  #notePod(pod: KubeObject): void {
    const digest = pod.metadata.annotations?.[ANNOTATIONS.digest] ?? '';
    const ready = this.#everReady.get(digest) ?? new Set();
    if (isReady(pod)) ready.add(pod.metadata.uid ?? '');
    this.#everReady.set(digest, ready);
  }

  #checkForeign({ object, isDeleted }: Change, old: KubeObject | undefined): string[] {
    if (!object.metadata.name.startsWith(FOREIGN) || (old === undefined && !isDeleted)) return [];
    return [`${object.kind} ${object.metadata.name} of somebody else was touched`];
  }

  #takeModel(model: KubeObject, isDeleted: boolean): string[] {
    if (isDeleted || model.metadata.deletionTimestamp !== undefined) {
      this.#promised = 0;
      this.#specs.clear(); // a namesake begins to count anew
      return [];
    }
    if (!isModelDeployment(model)) return ['The ModelDeployment is none'];
    const { generation = 0 } = model.metadata;
    this.#specs.set(generation, model.spec);
    this.#promised = Math.min(this.#promised, replicasOf(model.spec));
    this.#most = Math.max(this.#most, replicasOf(model.spec));
    return [...findBrokenInvariants(model), ...this.#checkReady(model, generation)];
  }

  /** Ready of a generation is about that generation: as many pods as it asks for were ready with its digest. */
  #checkReady({ status }: ModelDeployment, generation: number): string[] {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status !== 'True') return [];
    const spec = this.#specs.get(ready.observedGeneration ?? 0);
    if (spec === undefined) return [`Ready speaks of generation ${ready.observedGeneration}, which this object never had`];
    const count = this.#everReady.get(spec.model.digest ?? '')?.size ?? 0;
    if (ready.observedGeneration === generation) this.#promised = replicasOf(spec);
    return count >= replicasOf(spec) ? [] : [`Ready with ${count} of ${replicasOf(spec)} pods of its digest ever ready`];
  }

  #checkServed(): string[] {
    if (this.#promised === 0) return [];
    const selector = asRecord(asRecord(this.#objects.get(`service/${MODEL}`)?.['spec'])['selector']);
    const behind = this.#of('pod').filter((pod) => isReady(pod) && matches(pod, selector)).length;
    return behind >= this.#promised ? [] : [`${behind} ready pods behind the address where ${this.#promised} were promised`];
  }

  /** A new revision stands beside the old with all its pods, and no third one beside them. */
  #checkSurge(): string[] {
    const asked = this.#of('deployment')
      .filter(({ metadata }) => metadata.labels?.[LABELS.model] === MODEL && metadata.deletionTimestamp === undefined)
      .reduce((sum, deployment) => sum + (asInteger(asRecord(deployment['spec'])['replicas']) ?? 1), 0);
    return asked <= 2 * this.#most ? [] : [`${asked} pods are asked for where the spec never wanted more than ${this.#most}`];
  }

  #of(kind: RecordedKind): KubeObject[] {
    return [...this.#objects].filter(([id]) => id.startsWith(`${kind}/`)).map(([, object]) => object);
  }
}

function replicasOf({ replicas = 1, suspend = false }: ModelDeploymentSpec): number {
  return suspend ? 0 : replicas;
}

function isReady(pod: KubeObject): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const conditions = asList(asRecord(pod['status'])['conditions']).map(asRecord);
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

function matches({ metadata: { labels = {} } }: KubeObject, selector: Readonly<Record<string, unknown>>): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
